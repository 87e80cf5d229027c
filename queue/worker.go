package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// worker does one job after another, in a goroutine of its own.
type worker struct {
	m      *Master
	number int
	jobs   chan *held     // closed to end it
	ended  chan<- *worker // where it says that it has ended a job
	gone   chan struct{}  // closed when it has ended
	child  *child         // of isolated jobs; nil: none

	// Of the dispatcher.
	job  *held
	idle time.Time
}

func newWorker(m *Master, number int, ended chan<- *worker) *worker {
	w := &worker{m: m, number: number, jobs: make(chan *held, 1), ended: ended, gone: make(chan struct{})}
	m.mu.Lock()
	m.workers[number] = &Worker{Number: number, Since: m.c.Now()}
	m.mu.Unlock()
	go w.run()
	return w
}

func (w *worker) isGone() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

func (w *worker) run() {
	defer close(w.gone)
	defer w.leave()
	for {
		select {
		case h, ok := <-w.jobs:
			if !ok {
				return
			}
			w.do(h)
			w.ended <- w
		case <-w.m.ended: // it was given up
			return
		}
	}
}

func (w *worker) leave() {
	if w.child != nil {
		w.child.end(w.m.c.Grace)
	}
	w.m.mu.Lock()
	delete(w.m.workers, w.number)
	w.m.mu.Unlock()
	w.m.tell(Event{Type: EventWorkerRemoved, Worker: w.number})
}

// show changes what is shown of the worker.
func (w *worker) show(change func(*Worker)) {
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	if shown := w.m.workers[w.number]; shown != nil {
		change(shown)
	}
}

// do runs the handler of a job and says what becomes of it.
func (w *worker) do(h *held) {
	handler := w.m.handlers[h.job.Kind]
	begun := w.m.c.Now()
	job := h.job
	w.show(func(s *Worker) { s.Job, s.Note = &job, "" })
	w.m.c.Log.Info("job started", "job", job.ID, "kind", job.Kind, "queue", job.Queue, "attempt", job.Attempts, "worker", w.number)
	w.m.tell(Event{Type: EventStarted, Job: h.job, Worker: w.number})
	ctx := h.ctx
	if handler.Policy.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, handler.Policy.Timeout, ErrTimeout)
		defer cancel()
	}
	t := NewTask(h.job, func(ctx context.Context, message json.RawMessage) (json.RawMessage, error) {
		return w.m.answer(ctx, h.job, message)
	})
	t.say = func(text string) { w.show(func(s *Worker) { s.Note = text }) }
	var err error
	if handler.Isolated {
		err = w.isolated(ctx, t)
	} else {
		err = guarded(ctx, handler, t)
	}
	now := w.m.c.Now()
	w.show(func(s *Worker) { s.Job, s.Note = nil, ""; s.Jobs++ })
	h.err, h.took, h.value = err, now.Sub(begun), t.returned()
	h.outcome = handler.Policy.next(h.job, err, now, errors.Is(context.Cause(h.ctx), ErrStopped))
}

// guarded runs a handler in a goroutine of its own, so that neither a panic nor
// runtime.Goexit ends the worker.
func guarded(ctx context.Context, handler Handler, t *Task) error {
	ended := make(chan error, 1)
	go func() {
		err := errors.New("the handler ended its goroutine")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the handler panicked: %v\n%s", p, debug.Stack())
			}
			ended <- err
		}()
		err = handler.Do(ctx, t)
		read(err)
	}()
	return <-ended
}

// read reads an error as it is read later: one that panics then, as a nil pointer does that
// became an error, is to do so in the handler's goroutine.
func read(err error) {
	if err != nil {
		_ = err.Error()
		_ = verdictOf(err)
	}
}

// answer lets Config.Messages answer a job.
func (m *Master) answer(ctx context.Context, j Job, message json.RawMessage) (reply json.RawMessage, err error) {
	if m.c.Messages == nil {
		return nil, errors.New("nobody answers the messages of jobs here: set Config.Messages")
	}
	defer func() {
		if p := recover(); p != nil {
			reply, err = nil, fmt.Errorf("answering panicked: %v", p)
			m.c.Log.Error("answering the message of a job panicked", "job", j.ID, "panic", fmt.Sprint(p))
		}
	}()
	answer, err := m.c.Messages(ctx, Message{Job: j, Data: message})
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}
