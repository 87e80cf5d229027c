package queue

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// EventType is what an event tells.
type EventType string

const (
	EventAdded         EventType = "added"          // a job, through this Master
	EventStarted       EventType = "started"        // a handler
	EventDone          EventType = "done"           // a job, and the store knows
	EventError         EventType = "error"          // an attempt failed; retry or dead follows
	EventRetry         EventType = "retry"          // it is tried again at Due
	EventDead          EventType = "dead"           // it failed for good, or used up its attempts
	EventLeaseLost     EventType = "lease lost"     // of a job that this Master ran
	EventRescued       EventType = "rescued"        // the lease of a job ended without an outcome, whoever had it
	EventWorkerAdded   EventType = "worker added"   // to this Master
	EventWorkerRemoved EventType = "worker removed" // from it
)

// Event is something that happened in a Master. The store knows of it already.
type Event struct {
	Type   EventType
	At     time.Time
	Job    Job             // as it was claimed or added; zero for workers
	Worker int             // the number of the worker; 0 is none
	Err    error           // of Error, Retry, Dead and LeaseLost
	Due    time.Time       // of Retry
	Took   time.Duration   // of Done, Error, Retry and Dead: how long the handler ran
	Value  json.RawMessage // of Done: what Task.Return was given; nil: nothing
	Missed int             // how many events just before this one the listener was too slow for, and was not told
}

// Events chooses events; each field that is set must match.
type Events struct {
	Types []EventType
	Kinds []string // of the job
	Queue string
	ID    string
}

func (f Events) match(e Event) bool {
	return (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, e.Job.Kind)) &&
		(f.Queue == "" || f.Queue == e.Job.Queue) && (f.ID == "" || f.ID == e.Job.ID)
}

// listeners hands events out. Each listener has a goroutine and a list of its own:
// what one does, and how long it takes, is nothing to the others or to the workers.
type listeners struct {
	log    *slog.Logger
	mu     sync.Mutex
	all    []*listener
	adding map[string]*adding // by id
	end    bool
}

type listener struct {
	filter Events
	tell   func(Event)
	mu     sync.Mutex
	list   []Event
	bytes  int           // of what the list holds
	missed int           // events that went before the first of the list
	more   chan struct{} // holds one when the list has got something, or gone is set
	gone   bool          // nothing is added any more
	ended  chan struct{}
}

func (l *listeners) add(f Events, tell func(Event)) (remove func()) {
	one := &listener{filter: f, tell: tell, more: make(chan struct{}, 1), ended: make(chan struct{})}
	l.mu.Lock()
	if l.end {
		one.gone = true
		close(one.ended)
		l.mu.Unlock()
		return func() {}
	}
	l.all = append(l.all, one)
	l.mu.Unlock()
	go one.run(l.log)
	return func() {
		l.mu.Lock()
		l.all = slices.DeleteFunc(l.all, func(o *listener) bool { return o == one })
		l.mu.Unlock()
		one.close(true)
	}
}

func (l *listeners) tell(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return
	}
	if one := l.adding[e.Job.ID]; one != nil && !e.Job.Added.Before(one.since) {
		one.later = append(one.later, e)
		return
	}
	l.hand(e)
}

// hand gives an event to those that listen; l.mu is held.
func (l *listeners) hand(e Event) {
	for _, one := range l.all {
		if one.filter.match(e) {
			one.put(e)
		}
	}
}

// close lets each listener hear what it was told, and waits for all of them, but no longer
// than so long: one may wait for the end of the Master itself.
func (l *listeners) close(patience time.Duration) {
	l.mu.Lock()
	for _, one := range l.adding {
		for _, e := range one.later {
			l.hand(e)
		}
		one.later = nil
	}
	all := l.all
	l.all, l.end = nil, true
	l.mu.Unlock()
	for _, one := range all {
		one.close(false)
	}
	late := time.After(patience)
	for _, one := range all {
		select {
		case <-one.ended:
			continue
		case <-late:
		}
		l.log.Error("listeners of job events do not return; what they have not heard is dropped", "waited", patience)
		for _, o := range all {
			o.close(true)
		}
		return
	}
}

// What is kept for a listener that is slower than its events come: the newest events, at
// most so many, and so many bytes of data and values unless one alone has more.
const (
	mostKept  = 10_000
	mostBytes = 16 << 20
)

// put never waits: for a listener that has too much to hear already the oldest goes.
func (o *listener) put(e Event) {
	o.mu.Lock()
	if !o.gone {
		o.list = append(o.list, e)
		o.bytes += e.bytes()
		for len(o.list) > mostKept || o.bytes > mostBytes && len(o.list) > 1 {
			o.take()
			o.missed++
		}
	}
	o.mu.Unlock()
	o.wake()
}

func (e Event) bytes() int { return len(e.Job.Data) + len(e.Value) }

// take takes the oldest event off the list; o.mu is held.
func (o *listener) take() (e Event) {
	e, o.list[0] = o.list[0], Event{}
	o.list = o.list[1:]
	o.bytes -= e.bytes()
	return e
}

func (o *listener) wake() {
	select {
	case o.more <- struct{}{}:
	default:
	}
}

// close ends the listener once its list is empty; forget empties it.
func (o *listener) close(forget bool) {
	o.mu.Lock()
	o.gone = true
	if forget {
		o.list, o.bytes = nil, 0
	}
	o.mu.Unlock()
	o.wake()
}

func (o *listener) run(log *slog.Logger) {
	defer close(o.ended)
	for {
		e, more, gone := o.next()
		switch {
		case more:
			o.hear(log, e)
		case gone:
			return
		default:
			<-o.more
		}
	}
}

// next takes the next event off the list. There may be none, and none to come.
func (o *listener) next() (e Event, more, gone bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) == 0 {
		o.list = nil
		return e, false, o.gone
	}
	e = o.take()
	e.Missed, o.missed = o.missed, 0
	return e, true, o.gone
}

// hear tells one event; a panic is the listener's own.
func (o *listener) hear(log *slog.Logger, e Event) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a listener of job events panicked", "event", e.Type, "job", e.Job.ID, "panic", fmt.Sprint(p))
		}
	}()
	o.tell(e)
}
