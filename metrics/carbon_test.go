//go:build graphite

package metrics

import (
	"cmp"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// freePort is one that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// realCarbon starts a carbon in a folder and returns what ends it.
func realCarbon(t *testing.T, folder string, port int) (end func()) {
	t.Helper()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("carbon.conf", fmt.Sprintf(`[cache]
STORAGE_DIR = %[1]s
CONF_DIR = %[1]s
LOG_DIR = %[1]s
PID_DIR = %[1]s
LOCAL_DATA_DIR = %[1]s/whisper
USER =
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[2]d
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[3]d
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = %[4]d
ENABLE_TAGS = False
`, folder, port, freePort(t), freePort(t)))
	write("storage-schemas.conf", "[all]\npattern = .*\nretentions = 1s:1h\n")
	path, err := osexec.LookPath(cmp.Or(os.Getenv("COLLECTOR_TEST_CARBON"), "carbon-cache"))
	if err != nil {
		t.Fatal("carbon-cache is missing: scripts/unpack graphite-carbon carbon-cache")
	}
	c := osexec.CommandContext(t.Context(), path, "--config="+folder+"/carbon.conf", "--pidfile="+folder+"/carbon.pid", "--nodaemon", "start")
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	c.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(filepath.Dir(path), "../lib/python3/dist-packages")) // where it is unpacked
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "carbon listens", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait() // killed
		_ = os.Remove(filepath.Join(folder, "carbon.pid"))
		if t.Failed() {
			t.Log(said.String())
		}
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	late := time.After(2 * time.Minute)
	for !is() {
		select {
		case <-late:
			t.Fatal("not within two minutes: " + what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stored reads what Graphite keeps of one metric: "second value" for each.
func stored(t *testing.T, folder, metric string, from time.Time) string {
	t.Helper()
	const script = `
import sys, whisper
path, since = sys.argv[1], int(sys.argv[2])
try:
    (start, _, step), values = whisper.fetch(path, since)
except Exception:
    sys.exit(0)
print("".join("%d %g\n" % (start + i * step, v) for i, v in enumerate(values) if v is not None), end="")
`
	path := filepath.Join(folder, "whisper", strings.ReplaceAll(metric, ".", "/")+".wsp")
	out, err := osexec.CommandContext(t.Context(), "/usr/bin/python3", "-c", script, path, fmt.Sprint(from.Unix())).CombinedOutput()
	if err != nil {
		t.Fatalf("reading %s: %v\n%s", path, err, out)
	}
	return string(out)
}

// TestRealGraphite keeps what it is sent, and what it missed while it was away.
func TestRealGraphite(t *testing.T) {
	folder, port := t.TempDir(), freePort(t)
	now := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	began := now.Add(-time.Second)
	m := made(func() time.Time { return now })
	running := 6
	m.Show(Instance{Running: func() int { running++; return running }, Turned: func() time.Time { return now }, Leads: func() bool { return true }})
	p := pushing(m, fmt.Sprintf("127.0.0.1:%d", port))
	var want string
	turn := func(sent bool) {
		t.Helper()
		want += fmt.Sprintf("%d %d\n", now.Unix(), running+1)
		p.gather()
		p.sendAll(t.Context())
		if (len(p.waiting) == 0) != sent {
			t.Errorf("%d gatherings wait", len(p.waiting))
		}
		now = now.Add(time.Minute)
	}
	const metric = "collector.box.both.collector_running"
	end := realCarbon(t, folder, port)
	turn(true)
	eventually(t, "carbon writes", func() bool { return stored(t, folder, metric, began) == want })
	end()
	turn(false)
	turn(false)
	defer realCarbon(t, folder, port)()
	turn(true)
	eventually(t, "what was missed is there", func() bool { return stored(t, folder, metric, began) == want })
	if got := strings.Count(stored(t, folder, metric, began), "\n"); got != 4 {
		t.Errorf("%d points, want 4", got)
	}
	if stored(t, folder, "collector.box.both.collector_store_seconds_bucket.le._Inf.op.commit", began) != "" {
		t.Error("what was never observed is there")
	}
}
