package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ChildCommand is how a child process for isolated handlers is started.
type ChildCommand struct {
	Path   string    // the program; empty: this one
	Args   []string  // its arguments, without the name
	Env    []string  // beside those of this process
	Output io.Writer // gets what the child writes to its output; nil: only the end of it is kept, for errors
}

// childMark is the variable that tells a program that it is a child.
const childMark = "QUEUE_CHILD"

// child is the process that does the isolated jobs of one worker, one after another.
type child struct {
	cmd    *exec.Cmd
	in     io.Closer
	out    io.Closer
	to     *writer
	frames chan frame    // closed when it says nothing any more
	exited chan struct{} // closed when it is waited for
	tail   *tail
}

// lingering is how long what a process wrote is waited for once it has ended: a process that
// it started itself may hold the same error output, for as long as it likes.
const lingering = time.Second

// startChild starts a process and waits until it is ready.
func startChild(ctx context.Context, c ChildCommand) (*child, error) {
	path := c.Path
	if path == "" {
		var err error
		if path, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("starting a child process: %w", err)
		}
	}
	p := &child{cmd: exec.Command(path, c.Args...), frames: make(chan frame), exited: make(chan struct{}), tail: &tail{also: c.Output}}
	p.cmd.Env = append(append(os.Environ(), c.Env...), childMark+"=1")
	p.cmd.Stderr, p.cmd.WaitDelay = p.tail, lingering
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	p.in, p.out, p.to = in, out, newWriter(in)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	go func() {
		d := json.NewDecoder(out)
		for {
			var f frame
			if d.Decode(&f) != nil {
				break
			}
			p.frames <- f
		}
		close(p.frames)
		p.cmd.Wait()
		close(p.exited)
	}()
	select {
	case f, ok := <-p.frames:
		if ok && f.Do == "ready" {
			return p, nil
		}
		p.kill()
		return nil, fmt.Errorf("the child process %s does not say that it is ready; does it call queue.ServeChild? %s", path, p.tail)
	case <-ctx.Done():
		p.kill()
		return nil, fmt.Errorf("starting a child process: %w", context.Cause(ctx))
	}
}

// kill ends it at once. What it said is thrown away.
func (p *child) kill() {
	p.in.Close()
	p.cutOff()
	for range p.frames {
	}
	<-p.exited
}

// cutOff ends the process, and hears no more of whoever else may hold its output.
func (p *child) cutOff() {
	p.cmd.Process.Kill()
	p.out.Close()
}

// end lets it go, and kills it if it does not go in time.
func (p *child) end(grace time.Duration) {
	p.in.Close()
	late := time.AfterFunc(grace, p.cutOff)
	defer late.Stop()
	for range p.frames {
	}
	<-p.exited
}

// isolated runs a job in the worker's child process. A child that ends, or had to be
// ended, is replaced for the next job.
func (w *worker) isolated(ctx context.Context, t *Task) error {
	if w.child == nil {
		c, err := startChild(ctx, w.m.c.Child)
		if err != nil {
			return err
		}
		w.child = c
		w.show(func(s *Worker) { s.Process = c.cmd.Process.Pid })
	}
	err, alive := w.child.run(ctx, t, w.m.c.Grace)
	if !alive {
		w.child.kill()
		w.child = nil
		w.show(func(s *Worker) { s.Process = 0 })
	}
	return err
}

// run does one job, and says whether the child is good for another one.
func (p *child) run(ctx context.Context, t *Task, grace time.Duration) (err error, alive bool) {
	killed, off := p.killLate(ctx, grace)
	defer func() {
		off()
		select {
		case <-killed:
			err, alive = fmt.Errorf("the child process was killed, since the job did not end when its context did: %w", context.Cause(ctx)), false
		default:
		}
	}()
	var answers sync.WaitGroup
	defer answers.Wait()
	answering, stop := context.WithCancel(ctx)
	defer stop()
	if err := p.to.write(frame{Do: "run", Job: &t.Job, Grace: grace}); err != nil {
		return fmt.Errorf("handing the job to its child process: %w %s", err, p.tail), false
	}
	over := ctx.Done()
	for {
		select {
		case f, ok := <-p.frames:
			if !ok {
				<-p.exited
				return fmt.Errorf("the child process ended in the job: %v %s", p.cmd.ProcessState, p.tail), false
			}
			switch f.Do {
			case "end":
				if f.Data != nil {
					t.value.Store(&f.Data)
				}
				return f.Error.err(), true
			case "note":
				t.Note(f.Text)
			case "call":
				answers.Go(func() {
					reply, err := t.call(answering, f.Data)
					p.to.write(frame{Do: "reply", Call: f.Call, Data: reply, Error: failureOf(err)})
				})
			}
		case <-over:
			over = nil
			if err := p.to.write(frame{Do: "cancel", Error: failureOf(context.Cause(ctx))}); err != nil {
				return fmt.Errorf("the child process does not listen: %w %s", err, p.tail), false
			}
		case <-killed:
			return nil, false // the error is made at the end
		}
	}
}

// killLate kills the process when the grace after ctx is over, whatever is done with it
// meanwhile: a process that does not read holds up who writes to it. killed is closed
// before; off ends that.
func (p *child) killLate(ctx context.Context, grace time.Duration) (killed <-chan struct{}, off func()) {
	late, ended, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-t.C:
			close(late)
			p.cutOff()
		case <-ended:
		}
	})
	return late, func() {
		if !stop() {
			close(ended)
			<-done
		}
	}
}

// tail keeps the end of what a process writes.
type tail struct {
	also io.Writer
	mu   sync.Mutex
	text []byte
}

const tailMax = 2 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - tailMax; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	if t.also != nil {
		_, _ = t.also.Write(b) // where it fails the process goes on: it would die of a closed output
	}
	return len(b), nil
}

// String is "" or "(its last output: …)".
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := strings.TrimSpace(strings.ToValidUTF8(string(t.text), "?")); text != "" {
		return "(its last output: " + text + ")"
	}
	return ""
}

// IsChild says whether this process is a child that a Master started: then main calls
// ServeChild, before it does anything else, and returns.
func IsChild() bool { return os.Getenv(childMark) != "" }

// ServeChild runs the jobs of isolated handlers in a child process, until the master
// closes its end, or is gone: a handler that does not return then within the master's grace
// is left to the end of the program, which is to follow. Handlers are the same that the master has. What they print goes to
// the standard error output: the standard output belongs to the master.
func ServeChild(handlers ...Handler) error {
	in, out := os.Stdin, os.Stdout
	os.Stdout = os.Stderr
	os.Unsetenv(childMark) // the children of this process are no children of the master
	return serve(in, out, handlers)
}

// serving is the child's side.
type serving struct {
	to       *writer
	handlers map[string]Handler

	mu      sync.Mutex
	calls   int
	waiting map[int]chan frame
	cancel  context.CancelCauseFunc // of the job that runs
	grace   time.Duration           // how long a job has to end once nobody waits for it
}

func serve(in io.Reader, out io.Writer, handlers []Handler) error {
	s := &serving{to: newWriter(out), handlers: map[string]Handler{}, waiting: map[int]chan frame{}, grace: 10 * time.Second}
	for _, h := range handlers {
		s.handlers[h.Kind] = h
	}
	if err := s.to.write(frame{Do: "ready"}); err != nil {
		return fmt.Errorf("telling the master: %w", err)
	}
	var jobs sync.WaitGroup
	d := json.NewDecoder(in)
	for {
		var f frame
		if err := d.Decode(&f); err != nil {
			s.stop(ErrStopped) // the master is gone, or wants this process to go
			if !allEnd(&jobs, s.grace) {
				return errors.New("a handler does not return although the master is gone")
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("hearing the master: %w", err)
		}
		switch f.Do {
		case "run":
			ctx, cancel := context.WithCancelCause(context.Background())
			s.mu.Lock()
			s.cancel, s.grace = cancel, f.Grace
			s.mu.Unlock()
			jobs.Go(func() {
				value, err := s.do(ctx, *f.Job)
				cancel(context.Canceled)
				s.to.write(frame{Do: "end", Data: value, Error: failureOf(err)})
			})
		case "cancel":
			s.stop(f.Error.err())
		case "reply":
			s.mu.Lock()
			c := s.waiting[f.Call]
			delete(s.waiting, f.Call)
			s.mu.Unlock()
			if c != nil {
				c <- f
			}
		}
	}
}

// allEnd waits for jobs, so long at most, and says whether they have ended.
func allEnd(jobs *sync.WaitGroup, patience time.Duration) bool {
	all := make(chan struct{})
	go func() {
		jobs.Wait()
		close(all)
	}()
	select {
	case <-all:
		return true
	case <-time.After(patience):
		return false
	}
}

// stop cancels the job that runs.
func (s *serving) stop(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(cause)
	}
}

func (s *serving) do(ctx context.Context, j Job) (json.RawMessage, error) {
	h, ok := s.handlers[j.Kind]
	if !ok {
		return nil, fmt.Errorf("the child process has no handler for the kind %q: give queue.ServeChild the handlers of the master", j.Kind)
	}
	t := NewTask(j, s.call)
	t.say = func(text string) { s.to.write(frame{Do: "note", Text: text}) }
	err := guarded(ctx, h, t)
	return t.returned(), err
}

// call asks the master.
func (s *serving) call(ctx context.Context, message json.RawMessage) (json.RawMessage, error) {
	c := make(chan frame, 1)
	s.mu.Lock()
	s.calls++
	n := s.calls
	s.waiting[n] = c
	s.mu.Unlock()
	if err := s.to.write(frame{Do: "call", Call: n, Data: message}); err != nil {
		return nil, err
	}
	select {
	case f := <-c:
		return f.Data, f.Error.err()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
