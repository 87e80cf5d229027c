package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
)

// Task is a job in the hands of its handler.
type Task struct {
	Job   Job
	note  *atomic.Pointer[string]
	value *atomic.Pointer[json.RawMessage]
	call  func(ctx context.Context, message json.RawMessage) (json.RawMessage, error)
	say   func(text string)
}

// NewTask is a job for a handler under test. answer takes its messages; it may be nil.
func NewTask(j Job, answer func(ctx context.Context, message json.RawMessage) (json.RawMessage, error)) *Task {
	return &Task{Job: j, note: &atomic.Pointer[string]{}, value: &atomic.Pointer[json.RawMessage]{}, call: answer}
}

// Call sends a message to the master that runs the job and waits for its reply, which
// is read into reply unless that is nil. Both are JSON. A handler may ask as often as
// it likes; the master never begins. Config.Messages answers.
func (t *Task) Call(ctx context.Context, message, reply any) error {
	if t.call == nil {
		return errors.New("nobody answers the messages of jobs here: set Config.Messages")
	}
	raw, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("writing a message to the master: %w", err)
	}
	got, err := t.call(ctx, raw)
	if err != nil {
		return fmt.Errorf("asking the master: %w", err)
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(got, reply); err != nil {
		return fmt.Errorf("reading the master's reply: %w", err)
	}
	return nil
}

// Note says what the job does now: "page 3 of 7". Master.Workers shows the newest.
func (t *Task) Note(text string) {
	text = Cut(text)
	t.note.Store(&text)
	if t.say != nil {
		t.say(text)
	}
}

// Return says what the job found out: Event.Value of EventDone has it, as JSON, for those who
// listen to the Master that ran the job. The last call counts. It is not stored.
func (t *Task) Return(value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing what job %s returns: %w", t.Job.ID, err)
	}
	t.value.Store((*json.RawMessage)(&raw))
	return nil
}

// returned is what Return was given; nil: nothing.
func (t *Task) returned() json.RawMessage {
	if v := t.value.Load(); v != nil {
		return *v
	}
	return nil
}

// Message is what a running job sent.
type Message struct {
	Job  Job
	Data json.RawMessage
}

// Read reads the message.
func (m Message) Read(into any) error {
	if err := json.Unmarshal(m.Data, into); err != nil {
		return fmt.Errorf("reading the message of job %s: %w", m.Job.ID, err)
	}
	return nil
}
