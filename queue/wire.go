package queue

import (
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"
)

// frame is what master and child process tell each other, one JSON value a line.
//
//	master: run, cancel, reply        child: ready, call, note, end
type frame struct {
	Do    string
	Job   *Job            `json:",omitempty"` // of run
	Grace time.Duration   `json:",omitempty"` // of run: how long it has to end once it is cancelled
	Call  int             `json:",omitempty"` // numbers calls and their replies
	Data  json.RawMessage `json:",omitempty"` // of call and reply; of end: what Task.Return was given
	Text  string          `json:",omitempty"` // of note
	Error *failure        `json:",omitempty"` // of cancel, reply and end; nil is none
}

// failure is an error between processes: its text, and what its kind decides.
type failure struct {
	Text  string
	Verb  Verb          `json:",omitempty"` // of a verdict
	Wait  time.Duration `json:",omitempty"`
	Cause string        `json:",omitempty"` // one of causes
}

// causes are the errors that are the same in both processes.
var causes = map[string]error{"lease": ErrLeaseLost, "stopped": ErrStopped, "timeout": ErrTimeout}

// failureOf is nil for nil.
func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Text: Cut(err.Error())}
	if v := verdictOf(err); v != nil {
		f.Verb, f.Wait = v.verb, v.wait
	}
	for name, cause := range causes {
		if errors.Is(err, cause) {
			f.Cause = name
		}
	}
	return f
}

// err is the failure as an error again.
func (f *failure) err() error {
	if f == nil {
		return nil
	}
	var err error = errors.New(f.Text)
	if cause := causes[f.Cause]; cause != nil {
		err = &caused{f.Text, cause}
	}
	if f.Verb != "" {
		return &verdict{error: err, verb: f.Verb, wait: f.Wait}
	}
	return err
}

// caused is a text that wraps an error of this process.
type caused struct {
	text  string
	cause error
}

func (c *caused) Error() string { return c.text }
func (c *caused) Unwrap() error { return c.cause }

// writer writes frames, one at a time.
type writer struct {
	mu sync.Mutex
	to *json.Encoder
}

func newWriter(to io.Writer) *writer { return &writer{to: json.NewEncoder(to)} }

func (w *writer) write(f frame) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Encode(f)
}
