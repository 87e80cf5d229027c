package queue_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

// TestMain lets the test binary be the child process of its own Masters.
func TestMain(m *testing.M) {
	if queue.IsChild() {
		if err := queue.ServeChild(isolated()...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// isolated are handlers of child processes. Each tells its process id first.
func isolated() []queue.Handler {
	kind := func(name string, do func(ctx context.Context, t *queue.Task) error) queue.Handler {
		return queue.Handler{Kind: name, Isolated: true, Do: func(ctx context.Context, t *queue.Task) error {
			fmt.Println(`{"Do":"end"}`) // what a handler prints is not for the master
			if err := t.Call(ctx, os.Getpid(), nil); err != nil {
				return err
			}
			return do(ctx, t)
		}}
	}
	// Those whose time runs out ask for nothing: it may be over before they are answered.
	brief := func(name string, do func(ctx context.Context, t *queue.Task) error) queue.Handler {
		return queue.Handler{Kind: name, Isolated: true, Do: do, Policy: queue.Policy{Timeout: 100 * time.Millisecond, MaxAttempts: 1}}
	}
	number := queue.Kind[int]{Name: "double"}
	double := number.Handle(func(ctx context.Context, t *queue.Task, n int) error {
		var twice int
		if err := t.Call(ctx, -n, &twice); err != nil {
			return err
		}
		t.Note(fmt.Sprint("twice is ", twice))
		if err := t.Call(ctx, 0, nil); err == nil || !strings.Contains(err.Error(), "nothing is no number") {
			return fmt.Errorf("a refusal is %v", err)
		}
		if twice != 2*n {
			return queue.Permanent(fmt.Errorf("twice %d is %d", n, twice))
		}
		return t.Return(twice)
	})
	double.Do = kind("", double.Do).Do
	double.Isolated = true
	waits := brief("waits", func(ctx context.Context, _ *queue.Task) error {
		<-ctx.Done()
		return fmt.Errorf("in the child: %w", context.Cause(ctx))
	})
	deaf := brief("deaf", func(_ context.Context, t *queue.Task) error {
		t.Note("does not listen")
		select {}
	})
	loses := queue.Kind[string]{Name: "loses"}.Handle(func(ctx context.Context, t *queue.Task, file string) error {
		if err := t.Call(ctx, os.Getpid(), nil); err != nil {
			return err
		}
		<-ctx.Done()
		return os.WriteFile(file, fmt.Append(nil, errors.Is(context.Cause(ctx), queue.ErrLeaseLost)), 0o600)
	})
	loses.Isolated = true
	dies := kind("dies", func(_ context.Context, t *queue.Task) error {
		if t.Job.Attempts == 1 {
			fmt.Fprintln(os.Stderr, "last words")
			os.Exit(3)
		}
		return nil
	})
	dies.Policy.Backoff = queue.Constant(0)
	return []queue.Handler{
		double, waits, deaf, dies, loses,
		kind("panics", func(context.Context, *queue.Task) error { panic("oh") }),
		kind("litters", func(ctx context.Context, t *queue.Task) error {
			left := exec.Command("sleep", "600") // with the same error output, and it outlives this process
			left.Stderr = os.Stderr
			if err := left.Start(); err != nil {
				return err
			}
			return t.Call(ctx, left.Process.Pid, nil)
		}),
		kind("snoozes", func(context.Context, *queue.Task) error { return queue.SnoozeFor(time.Hour) }),
		kind("permanent", func(context.Context, *queue.Task) error { return queue.Permanent(errors.New("no")) }),
	}
}

// parent is a Master with child processes, in real time.
type parent struct {
	*testing.T
	*queue.Master
	store  queue.Store
	events chan queue.Event
	pids   chan int
}

func newParent(t *testing.T, c queue.Config) *parent {
	t.Helper()
	p := &parent{T: t, store: memory.New(), events: make(chan queue.Event, 100), pids: make(chan int, 100)}
	c.Store, c.Workers, c.Handlers = p.store, 1, isolated()
	c.Messages = func(_ context.Context, m queue.Message) (any, error) {
		var n int
		if err := m.Read(&n); err != nil {
			return nil, err
		}
		switch {
		case n == 0:
			return nil, errors.New("nothing is no number")
		case n < 0:
			return -2 * n, nil
		}
		p.pids <- n
		return nil, nil
	}
	m, err := queue.New(c)
	if err != nil {
		t.Fatal(err)
	}
	p.Master = m
	m.Listen(queue.Events{}, func(e queue.Event) { p.events <- e })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return p
}

// does adds a job and waits for an event of it.
func (p *parent) does(kind, data string, want queue.EventType) queue.Event {
	p.Helper()
	if err := p.Add(context.Background(), queue.Job{ID: kind, Kind: kind, Data: []byte(data)}); err != nil {
		p.Fatal(err)
	}
	return p.waits(kind, want)
}

func (p *parent) waits(id string, want queue.EventType) queue.Event {
	p.Helper()
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	for {
		select {
		case e := <-p.events:
			if e.Job.ID == id && e.Type == want {
				return e
			}
			if e.Job.ID == id && e.Type == queue.EventDead {
				p.Fatalf("job %s is dead: %v", id, e.Err)
			}
		case <-patience.C:
			p.Fatalf("job %s: no event %s", id, want)
		}
	}
}

func TestIsolatedJobsRunInAChildProcessThatIsKept(t *testing.T) {
	p := newParent(t, queue.Config{KeepAlive: -1})
	var pids []int
	for i := range 3 {
		if e := p.does("double", fmt.Sprint(i+1), queue.EventDone); string(e.Value) != fmt.Sprint(2*i+2) {
			t.Errorf("it returned %s", e.Value)
		}
		pids = append(pids, <-p.pids)
	}
	if pids[0] == os.Getpid() || pids[0] != pids[1] || pids[1] != pids[2] {
		t.Errorf("process %d ran its jobs in the processes %v", os.Getpid(), pids)
	}
	if w := p.Workers(); len(w) != 1 || w[0].Process != pids[0] || w[0].Jobs != 3 {
		t.Errorf("workers %+v, want one with the process %d", w, pids[0])
	}
}

func TestAWorkerThatGoesTakesItsProcessAlong(t *testing.T) {
	p := newParent(t, queue.Config{})
	p.does("double", "1", queue.EventDone)
	one := <-p.pids
	p.does("double", "2", queue.EventDone)
	if two := <-p.pids; one == two {
		t.Errorf("the process %d was kept", one)
	}
}

func TestErrorsOfChildProcesses(t *testing.T) {
	p := newParent(t, queue.Config{KeepAlive: -1, Grace: 200 * time.Millisecond})
	if e := p.does("panics", "", queue.EventRetry); !strings.Contains(e.Err.Error(), "panicked: oh") {
		t.Errorf("a panic: %v", e.Err)
	}
	if e := p.does("permanent", "", queue.EventError); e.Err.Error() != "no" {
		t.Errorf("a permanent error: %v", e.Err)
	}
	p.waits("permanent", queue.EventDead)
	before := p.Workers()[0].Process
	if e := p.does("deaf", "", queue.EventError); !errors.Is(e.Err, queue.ErrTimeout) || !strings.Contains(e.Err.Error(), "was killed") {
		t.Errorf("a job that does not hear: %v", e.Err)
	}
	p.does("double", "4", queue.EventDone)
	if now := p.Workers()[0].Process; now == before || now == 0 {
		t.Errorf("the process %d is in place of %d", now, before)
	}
	if e := p.does("dies", "", queue.EventError); !strings.Contains(e.Err.Error(), "exit status 3") || !strings.Contains(e.Err.Error(), "last words") {
		t.Errorf("a process that ends: %v", e.Err)
	}
	p.waits("dies", queue.EventDone)
	if err := p.Add(context.Background(), queue.Job{ID: "snoozes", Kind: "snoozes"}, queue.Job{ID: "double", Kind: "double", Data: []byte("9"), Priority: -1}); err != nil {
		t.Fatal(err)
	}
	p.waits("double", queue.EventDone)
	if j, err := p.store.Job(context.Background(), "snoozes"); err != nil || j.State != queue.Scheduled || j.Attempts != 0 {
		t.Errorf("a snooze: %+v, %v", j, err)
	}
}

// TestATimeoutIsToldInTheChild that runs: what its handler says then is what went wrong.
func TestATimeoutIsToldInTheChild(t *testing.T) {
	p := newParent(t, queue.Config{KeepAlive: -1, Grace: time.Minute})
	p.does("double", "1", queue.EventDone) // so that a process is ready
	if e := p.does("waits", "", queue.EventError); !errors.Is(e.Err, queue.ErrTimeout) || !strings.HasPrefix(e.Err.Error(), "in the child: ") {
		t.Errorf("a timeout: %v", e.Err)
	}
}

// TestALostLeaseIsToldInTheChild: somebody else may have the job, and its handler ends.
func TestALostLeaseIsToldInTheChild(t *testing.T) {
	p := newParent(t, queue.Config{Lease: time.Second, Grace: time.Minute})
	file := filepath.Join(t.TempDir(), "cause")
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Add(context.Background(), queue.Job{ID: "loses", Kind: "loses", Data: data, MaxAttempts: 1}); err != nil {
		t.Fatal(err)
	}
	<-p.pids // it runs
	if _, err := p.store.Rescue(context.Background(), time.Now().Add(time.Hour), 10); err != nil {
		t.Fatal(err)
	}
	if e := p.waits("loses", queue.EventLeaseLost); !errors.Is(e.Err, queue.ErrLeaseLost) {
		t.Errorf("the master is told %v", e.Err)
	}
	p.waits("", queue.EventWorkerRemoved) // the handler has ended
	if cause, err := os.ReadFile(file); err != nil || string(cause) != "true" {
		t.Errorf("the child is told of the lost lease: %q, %v", cause, err)
	}
}

func TestAProgramThatServesNoChild(t *testing.T) {
	p := newParent(t, queue.Config{Child: queue.ChildCommand{Path: "/bin/echo", Args: []string{"hello"}}})
	if e := p.does("double", "1", queue.EventRetry); !strings.Contains(e.Err.Error(), "queue.ServeChild") {
		t.Errorf("a program that is no child: %v", e.Err)
	}
	p = newParent(t, queue.Config{Child: queue.ChildCommand{Path: "/nowhere/at/all"}})
	if e := p.does("double", "1", queue.EventRetry); !strings.Contains(e.Err.Error(), "starting a child process") {
		t.Errorf("a program that is not there: %v", e.Err)
	}
}

// TestWhatAChildLeavesBehindHoldsNobodyUp has a process that the child started and that goes on.
func TestWhatAChildLeavesBehindHoldsNobodyUp(t *testing.T) {
	p := newParent(t, queue.Config{Grace: 200 * time.Millisecond})
	p.does("litters", "", queue.EventDone)
	<-p.pids
	left, err := os.FindProcess(<-p.pids)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { left.Kill() }) // before the master is waited for
	p.waits("", queue.EventWorkerRemoved)
}

// TestAChildThatDoesNotReadIsKilled although there is more for it than a pipe holds.
func TestAChildThatDoesNotReadIsKilled(t *testing.T) {
	p := newParent(t, queue.Config{
		KeepAlive: -1, Grace: 200 * time.Millisecond,
		Child: queue.ChildCommand{Path: "/bin/sh", Args: []string{"-c", `echo '{"Do":"ready"}'; read job; echo '{"Do":"end"}'; exec sleep 600`}},
	})
	p.does("double", "1", queue.EventDone) // so that a process is ready before the time of the next one begins
	e := p.does("waits", strings.Repeat(" ", 1<<20), queue.EventError)
	if !errors.Is(e.Err, queue.ErrTimeout) || !strings.Contains(e.Err.Error(), "was killed") {
		t.Errorf("a process that does not read: %v", e.Err)
	}
}

// TestAnOutputThatFailsEndsNoChild: what a process writes is not worth its life.
func TestAnOutputThatFailsEndsNoChild(t *testing.T) {
	p := newParent(t, queue.Config{KeepAlive: -1, Child: queue.ChildCommand{Output: full{}}})
	p.does("double", "1", queue.EventDone)
	first := <-p.pids
	for i := range 3 {
		p.does("double", fmt.Sprint(i+1), queue.EventDone)
		if pid := <-p.pids; pid != first {
			t.Fatalf("the process %d is in place of %d", pid, first)
		}
	}
}

// full is an output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestAChildWhoseMasterWasKilledEnds although its handler does not listen.
func TestAChildWhoseMasterWasKilledEnds(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "QUEUE_CHILD=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { child.Process.Kill() })
	defer late.Stop()
	to := json.NewEncoder(in)
	to.Encode(map[string]any{"Do": "run", "Grace": 100 * time.Millisecond, "Job": queue.Job{ID: "a", Kind: "deaf"}})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), `"call"`) {
			to.Encode(map[string]any{"Do": "reply", "Call": 1})
		}
		if strings.Contains(lines.Text(), `"note"`) {
			break // it does not listen any more
		}
	}
	in.Close() // as a death does
	err = child.Wait()
	if ended := (*exec.ExitError)(nil); !errors.As(err, &ended) || ended.ExitCode() != 1 {
		t.Errorf("the child ended with %v, want it to say that a handler goes on", err)
	}
}
