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
	to     *writer
	frames chan frame    // closed when it says nothing any more
	exited chan struct{} // closed when it is waited for
	tail   *tail
}

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
	p.cmd.Stderr = p.tail
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a child process: %w", err)
	}
	p.in, p.to = in, newWriter(in)
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
	p.cmd.Process.Kill()
	for range p.frames {
	}
	<-p.exited
}

// end lets it go, and kills it if it does not go in time.
func (p *child) end(grace time.Duration) {
	p.in.Close()
	late := time.AfterFunc(grace, func() { p.cmd.Process.Kill() })
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
	var answers sync.WaitGroup
	defer answers.Wait()
	answering, stop := context.WithCancel(ctx)
	defer stop()
	if err := p.to.write(frame{Do: "run", Job: &t.Job}); err != nil {
		return fmt.Errorf("handing the job to its child process: %w %s", err, p.tail), false
	}
	over := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case f, ok := <-p.frames:
			if !ok {
				<-p.exited
				return fmt.Errorf("the child process ended in the job: %v %s", p.cmd.ProcessState, p.tail), false
			}
			switch f.Do {
			case "end":
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
			timer := time.NewTimer(grace)
			defer timer.Stop()
			late = timer.C
		case <-late:
			return fmt.Errorf("the child process was killed, since the job did not end when its context did: %w", context.Cause(ctx)), false
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
		return t.also.Write(b)
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
// closes its end. Handlers are the same that the master has. What they print goes to
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
}

func serve(in io.Reader, out io.Writer, handlers []Handler) error {
	s := &serving{to: newWriter(out), handlers: map[string]Handler{}, waiting: map[int]chan frame{}}
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
			jobs.Wait()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("hearing the master: %w", err)
		}
		switch f.Do {
		case "run":
			ctx, cancel := context.WithCancelCause(context.Background())
			s.mu.Lock()
			s.cancel = cancel
			s.mu.Unlock()
			jobs.Go(func() {
				err := s.do(ctx, *f.Job)
				cancel(context.Canceled)
				s.to.write(frame{Do: "end", Error: failureOf(err)})
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

// stop cancels the job that runs.
func (s *serving) stop(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(cause)
	}
}

func (s *serving) do(ctx context.Context, j Job) error {
	h, ok := s.handlers[j.Kind]
	if !ok {
		return fmt.Errorf("the child process has no handler for the kind %q: give queue.ServeChild the handlers of the master", j.Kind)
	}
	t := NewTask(j, s.call)
	t.say = func(text string) { s.to.write(frame{Do: "note", Text: text}) }
	return guarded(ctx, h, t)
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
