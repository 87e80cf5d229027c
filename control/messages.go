package control

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"collector/broker"
	"collector/control/words"
	"collector/queue"
)

// Queue is one queue, with what waits in it and what became of what was there.
type Queue struct {
	Queue     string `json:"queue"`
	Paused    bool   `json:"paused"`
	Scheduled int64  `json:"scheduled"` // due later
	Ready     int64  `json:"ready"`     // the next consumer gets them
	Running   int64  `json:"running"`   // in the hands of consumers
	Dead      int64  `json:"dead"`      // kept until somebody requeues or removes them
	Done      int64  `json:"done"`      // done, and kept so that their ids stay taken
	Added     int64  `json:"added"`     // this and what follows: since the store was made
	Completed int64  `json:"completed"`
	Retried   int64  `json:"retried"`
	Buried    int64  `json:"buried"`
	Rescued   int64  `json:"rescued"` // consumers that vanished
	Requeued  int64  `json:"requeued"`
}

// QueuesOf is what is shown of queues.
func QueuesOf(stats []queue.Stats) []Queue {
	views := make([]Queue, len(stats))
	for i, s := range stats {
		views[i] = Queue(s)
	}
	return views
}

// Message is one message of a queue; headers and body only where they are asked for, since
// they may be private.
type Message struct {
	ID         string      `json:"id"`
	Queue      string      `json:"queue"`
	Kind       string      `json:"kind"` // "message", or that of another job
	State      queue.State `json:"state"`
	Priority   int         `json:"priority"`
	Sent       *time.Time  `json:"sent"`
	Due        *time.Time  `json:"due"`
	Deliveries int         `json:"deliveries"`
	Owner      string      `json:"owner,omitempty"` // in whose hands it is
	Lease      *time.Time  `json:"lease_until,omitempty"`
	Error      string      `json:"error,omitempty"` // of the last delivery
	Bytes      int         `json:"bytes"`           // headers and body
	Headers    []Header    `json:"headers,omitempty"`
	Body       string      `json:"body,omitempty"`
	Base64     string      `json:"body_base64,omitempty"` // of a body that is no UTF-8
}

// Header is one header of a message.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MessageOf is what is shown of a message.
func MessageOf(j queue.Job, content bool) Message {
	v := Message{
		ID: j.ID, Queue: j.Queue, Kind: j.Kind, State: j.State, Priority: j.Priority, Sent: words.Stamp(j.Added), Due: words.Stamp(j.Due),
		Deliveries: j.Deliveries, Owner: j.Owner, Lease: words.Stamp(j.LeaseUntil), Error: j.LastError, Bytes: len(j.Data),
	}
	body := j.Data
	if j.Kind == broker.KindMessage {
		if m, err := broker.FromJob(j); err == nil { // else it is shown as the job that it is
			v.ID, body = m.ID, m.Body
			for _, h := range m.Headers {
				v.Headers = append(v.Headers, Header(h))
			}
		}
	}
	switch {
	case !content:
		v.Headers = nil
	case utf8.Valid(body):
		v.Body = string(body)
	default:
		v.Base64 = base64.StdEncoding.EncodeToString(body)
	}
	return v
}

// QueueCalled finds a queue by its name, with or without /queue/ before it.
func QueueCalled(ctx context.Context, jobs queue.Store, name string) (queue.Stats, error) {
	all, err := jobs.Stats(ctx)
	if err != nil {
		return queue.Stats{}, err
	}
	q, err := QueueAmong(QueuesOf(all), name)
	return queue.Stats(q), err
}

// QueueAmong is QueueCalled among queues that were read.
func QueueAmong(all []Queue, name string) (Queue, error) {
	var known []string
	for _, want := range []string{name, "/" + string(broker.Queue) + "/" + name} {
		for _, s := range all {
			if s.Queue == want {
				return s, nil
			}
			known = append(known, s.Queue)
		}
	}
	next := "collector queue list   shows them"
	if near := words.Nearest(name, known); near != "" {
		next = fmt.Sprintf("did you mean %q?", near)
	}
	return Queue{}, you(Unknown, next, "there is no queue %q", words.Plain(name))
}

// MessageChoice chooses among the messages of a queue: one, or all that match.
type MessageChoice struct {
	Queue   string
	Message string // "" for all
	State   string
	Error   string        // letters of the last error
	Older   time.Duration // sent so long ago
}

// Filter says which messages are meant.
func (ch MessageChoice) Filter(ctx context.Context, jobs queue.Store, now time.Time) (queue.Filter, error) {
	q, err := QueueCalled(ctx, jobs, ch.Queue)
	if err != nil {
		return queue.Filter{}, err
	}
	f := queue.Filter{Queue: q.Queue, State: queue.State(ch.State), Error: ch.Error}
	if ch.Older > 0 {
		f.AddedBefore = now.Add(-ch.Older)
	}
	if ch.Message == "" {
		return f, nil
	}
	for _, id := range []string{broker.JobID(q.Queue, ch.Message), ch.Message} {
		j, err := jobs.Job(ctx, id)
		if err == nil && j.Queue == q.Queue {
			f.ID = id
			return f, nil
		}
		if err != nil && !errors.Is(err, queue.ErrNotFound) {
			return f, err
		}
	}
	return f, you(Unknown, "collector queue peek "+words.Line(q.Queue)+"   shows what is there", "there is no message %q in %s", words.Plain(ch.Message), words.Line(q.Queue))
}

// RequeueMessages lets the dead messages of a choice be delivered again, now and with all
// their attempts, and returns how many there were.
func RequeueMessages(ctx context.Context, jobs queue.Store, now time.Time, ch MessageChoice) (int, error) {
	f, err := ch.Filter(ctx, jobs, now)
	if err != nil {
		return 0, err
	}
	f.State = queue.Dead
	f = addedUntil(f, now)
	n, err := changeMessages(func(limit int) (int, error) { return jobs.Requeue(ctx, now, now, f, limit) })
	if err == nil && n == 0 && f.ID != "" {
		return 0, you(Wrong, "collector queue peek "+words.Line(f.Queue)+"   shows where it stands", "the message %s is not dead", words.Line(ch.Message))
	}
	return n, err
}

// RemoveMessages deletes the messages of a filter that were there at now and are in nobody's
// hands, and returns how many there were. message is the one that was named, "" for all.
func RemoveMessages(ctx context.Context, jobs queue.Store, now time.Time, f queue.Filter, message string) (int, error) {
	if message == "" {
		f = addedUntil(f, now)
	}
	n, err := changeMessages(func(limit int) (int, error) { return jobs.Remove(ctx, f, limit) })
	if err == nil && n == 0 && f.ID != "" {
		return 0, you(Conflict, "wait until its consumer is done with it, or end the consumer", "the message %s is in a consumer's hands", words.Line(message))
	}
	return n, err
}

// changeMessages makes one of a store's changes for all messages that it is about, and
// returns how many were changed.
func changeMessages(do func(limit int) (int, error)) (int, error) {
	total, err := InBatches(do)
	if err != nil {
		return total, fmt.Errorf("after %s: %w", words.Many(total, "message", "messages"), err)
	}
	return total, nil
}
