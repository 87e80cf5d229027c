package torture

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/simulate"
)

// manager is systemd's side of a NOTIFY_SOCKET.
type manager struct {
	mu   sync.Mutex
	said []said
}

// said is one line of a message, and when it came.
type said struct {
	at   time.Time
	line string
}

// listens makes the socket, and gives the daemons of the rig its environment.
func (r *rig) listens(watchdog string) *manager {
	r.t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path has at most 107 characters
	if err != nil {
		r.t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		r.t.Fatal(err)
	}
	m := &manager{}
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := socket.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			m.mu.Lock()
			for line := range strings.Lines(string(buf[:n])) {
				m.said = append(m.said, said{time.Now(), strings.TrimSpace(line)})
			}
			m.mu.Unlock()
		}
	})
	r.t.Cleanup(func() { socket.Close(); done.Wait(); os.RemoveAll(dir) })
	r.env = append(r.env, "NOTIFY_SOCKET="+path, "WATCHDOG_USEC="+watchdog)
	return m
}

// times are when a line came that begins so.
func (m *manager) times(begin string) (out []time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.said {
		if strings.HasPrefix(s.line, begin) {
			out = append(out, s.at)
		}
	}
	return out
}

// The daemon tells systemd that it is ready, how it fares, that it lives, and that
// it stops.
func TestTellsTheServiceManager(t *testing.T) {
	r := newRig(t, unlimited())
	r.add(simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	m := r.listens("4000000") // four seconds
	begun := time.Now()
	d := r.start()
	r.await("five signs of life", patience, func() bool { return len(m.times("WATCHDOG=1")) >= 5 })
	ready, alive := m.times("READY=1"), m.times("WATCHDOG=1")
	if len(ready) != 1 || ready[0].After(alive[0]) || len(m.times("STOPPING=1")) > 0 {
		t.Errorf("ready %v, alive %v after the start", ready, alive)
	}
	if took := alive[4].Sub(begun); took < 4*time.Second {
		t.Errorf("five signs of life within %v: more than systemd asks for", took)
	}
	r.await("a status with what was read", patience, func() bool {
		return len(m.times("STATUS=0 in work; since the start ")) > 0 || len(m.times("STATUS=1 in work; since the start ")) > 0
	})
	if _, err := r.stop(d); err != nil {
		t.Fatal(err)
	}
	if stopping := m.times("STOPPING=1"); len(stopping) != 1 {
		t.Errorf("%d times STOPPING=1 at SIGTERM", len(stopping))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := m.said[len(m.said)-1]; !strings.HasPrefix(last.line, "STATUS=stopping") {
		t.Errorf("last words: %q", last.line)
	}
	if slices.ContainsFunc(m.said, func(s said) bool { return strings.Contains(s.line, "octocat") }) {
		t.Error("the status of the service names an account")
	}
}

// A scheduler that hangs gives no sign of life, although the process lives.
func TestAHangingSchedulerGivesNoSignOfLife(t *testing.T) {
	r := newRig(t, unlimited())
	m := r.listens("2000000")
	r.env = append(r.env, "COLLECTOR_FAILPOINT=loop.turn=sleep:1h@4") // within the first seconds
	d := r.start()
	r.await("a sign of life", patience, func() bool { return len(m.times("WATCHDOG=1")) > 0 })
	r.await("silence of two seconds", patience, func() bool {
		alive := m.times("WATCHDOG=1")
		return time.Since(alive[len(alive)-1]) > 2*time.Second && len(m.times("STATUS=")) > len(alive)+2
	})
	if !strings.Contains(r.tail(), "the scheduler hangs") {
		t.Errorf("the log does not say why\n%s", r.tail())
	}
	if err := d.Process.Kill(); err != nil { // as systemd does
		t.Fatal(err)
	}
}
