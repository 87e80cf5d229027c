package torture

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"collector/broker/stomp/frame"
	"collector/broker/stomp/stomptest"
	"collector/simulate"
)

var (
	idlers  = flag.Int("torture.stomp", 500, "STOMP connections that are there and say nothing")
	flooded = flag.Int("torture.stomp.flood", 128, "MiB of messages that one slow subscriber does not keep up with")
)

const (
	floodBody = 16 << 10 // bytes of a message
	// perIdler is what a connection that says nothing may take of the daemon's memory: its
	// session, two stacks, a buffer, and as much again that is garbage.
	perIdler = 32 << 10
	// floodMost is what a flood may take: what is kept for subscribers and what waits to be
	// stored (16 MiB each), the database's cache, and as much again that is garbage.
	floodMost = 80 << 20
)

// subscriber takes a message now and then until it is told to hurry, and holds the
// positions against each other: a topic leaves nothing out.
type subscriber struct {
	c     *stomptest.Client
	hurry chan struct{}
	taken atomic.Int64
}

func (s *subscriber) run(n int) error {
	var last int64
	for range n {
		select {
		case <-s.hurry:
		case <-time.After(100 * time.Millisecond):
		}
		f, err := s.c.Want(frame.Message)
		if err != nil {
			return fmt.Errorf("after %d messages: %w", s.taken.Load(), err)
		}
		at, err := strconv.ParseInt(f.Value("position"), 10, 64)
		if err != nil || last > 0 && at != last+1 || len(f.Body) != floodBody {
			return fmt.Errorf("position %q of %d bytes follows %d", f.Value("position"), len(f.Body), last)
		}
		last = at
		s.taken.Add(1)
	}
	return nil
}

// Promise S10: thousands of STOMP connections that say nothing, and one subscriber that is
// much slower than what is sent to it, cost the real program a bounded memory over real
// sockets; who is quick is not held up, who is slow misses nothing, and all who said nothing
// are still served.
func TestManyStompClients(t *testing.T) {
	enoughFiles(t, *idlers+100)
	r := newRig(t, simulate.Options{})
	r.env = append(r.env, "COLLECTOR_STOMP=127.0.0.1:0")
	daemon := r.start()
	address := r.stompAddress()
	pid := daemon.Process.Pid
	ctx, cancel := context.WithTimeout(t.Context(), patience+time.Duration(*flooded)*time.Second)
	defer cancel()
	dial := func() *stomptest.Client {
		t.Helper()
		c, err := stomptest.Dial(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	empty := status(t, pid, "VmRSS:")
	idle := make([]*stomptest.Client, *idlers)
	for i := range idle {
		idle[i] = dial()
		if i%2 == 0 {
			continue
		}
		if err := idle[i].Say(fmt.Sprintf("SUBSCRIBE\nid:1\ndestination:/topic/quiet%d\nreceipt:1\n\n^", i%10)); err != nil {
			t.Fatal(err)
		}
		if _, err := idle[i].Want(frame.Receipt); err != nil {
			t.Fatal(err)
		}
	}
	full, cpu := status(t, pid, "VmRSS:"), cpuOf(t, pid)
	t.Logf("%d connections that say nothing: %d bytes of memory each", *idlers, (full-empty) / *idlers)
	if most := *idlers*perIdler + 16<<20; full-empty > most {
		t.Errorf("%d connections that say nothing take %d bytes, at most %d are promised", *idlers, full-empty, most)
	}

	messages := *flooded << 20 / floodBody
	lazy, quick := &subscriber{c: dial(), hurry: make(chan struct{})}, &subscriber{c: dial(), hurry: make(chan struct{})}
	close(quick.hurry)
	room := func(bytes int) { // that the system holds for the slow one
		t.Helper()
		if err := lazy.c.Conn.(interface{ SetReadBuffer(int) error }).SetReadBuffer(bytes); err != nil {
			t.Fatal(err)
		}
	}
	room(16 << 10)
	for _, s := range []*subscriber{lazy, quick} {
		if err := s.c.Say("SUBSCRIBE\nid:1\ndestination:/topic/flood\nreceipt:1\n\n^"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.c.Want(frame.Receipt); err != nil {
			t.Fatal(err)
		}
	}
	var work sync.WaitGroup
	try := func(what string, fn func() error) {
		work.Go(func() {
			if err := fn(); err != nil {
				t.Errorf("%s: %v", what, err)
				cancel()
			}
		})
	}
	done := make(chan struct{}) // the quick one has all
	try("the slow subscriber", func() error { return lazy.run(messages) })
	try("the quick subscriber", func() error { defer close(done); return quick.run(messages) })
	try("the producer", func() error { return flood(dial(), messages) })
	peak := 0
	for flowing := true; flowing; {
		select {
		case <-done:
			flowing = false
		case <-time.After(50 * time.Millisecond):
		}
		peak = max(peak, status(t, pid, "VmRSS:"))
	}
	behind := messages - int(lazy.taken.Load())
	t.Logf("%d MiB to a subscriber that was %d of %d messages behind: %d MiB of memory more; %v of processor time since the connections stood", *flooded, behind, messages, (peak-full)>>20, cpuOf(t, pid)-cpu)
	if behind < messages/2 {
		t.Errorf("the slow subscriber was %d of %d messages behind: it was not slow", behind, messages)
	}
	// What is collected less often for what the idle ones hold is part of what they may take.
	if most := floodMost + max(0, *idlers*perIdler-(full-empty)); peak-full > most {
		t.Errorf("the flood took %d bytes of memory, at most %d are promised", peak-full, most)
	}
	room(4 << 20) // with less than some messages TCP would wait for its timers between two
	close(lazy.hurry)
	work.Wait()
	if n := int(lazy.taken.Load()); n != messages {
		t.Errorf("the slow subscriber got %d of %d messages", n, messages)
	}

	for i, c := range idle {
		if err := c.Say("DISCONNECT\nreceipt:bye\n\n^"); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		if f, err := c.Want(frame.Receipt); err != nil || f.Value("receipt-id") != "bye" {
			t.Fatalf("connection %d was not served to its end: %v", i, err)
		}
		c.Close()
	}
	if _, err := r.stop(daemon); err != nil {
		t.Error(err)
	}
}

// flood sends messages to a topic without receipts but for the last one.
func flood(c *stomptest.Client, messages int) error {
	out := bufio.NewWriterSize(c, 64<<10)
	body := strings.Repeat("x", floodBody)
	for i := range messages {
		receipt := ""
		if i == messages-1 {
			receipt = "receipt:last\n"
		}
		if _, err := fmt.Fprintf(out, "SEND\ndestination:/topic/flood\n%scontent-length:%d\n\n%s\x00", receipt, floodBody, body); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := c.Want(frame.Receipt)
	return err
}

var offered = regexp.MustCompile(`"STOMP is offered","address":"([^"]+)"`)

// stompAddress waits until the daemon says where it offers STOMP.
func (r *rig) stompAddress() (address string) {
	r.t.Helper()
	r.await("STOMP is offered", patience, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if found := offered.FindSubmatch(r.output.Bytes()); found != nil {
			address = string(found[1])
		}
		return address != ""
	})
	return address
}

// enoughFiles says what to raise where a process may not open so many files. Go raises the
// limit of a process as far as the system lets it; the connections' other ends are the
// daemon's, which has a limit of its own.
func enoughFiles(t *testing.T, n int) {
	t.Helper()
	var is syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &is); err != nil {
		t.Fatal(err)
	}
	if is.Cur < uint64(n) {
		t.Fatalf("%d connections need as many open files, and %d are allowed: raise the hard limit (ulimit -Hn)", n, is.Cur)
	}
}
