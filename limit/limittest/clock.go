package limittest

import (
	"container/heap"
	"time"
)

// Clock runs events in the order of their times.
type Clock struct {
	now    time.Time
	events events
	n      int
}

// NewClock returns a clock that stands at start and has no events.
func NewClock(start time.Time) *Clock { return &Clock{now: start} }

// Now is the time of the present event.
func (c *Clock) Now() time.Time { return c.now }

// After runs fn d from now.
func (c *Clock) After(d time.Duration, fn func()) {
	c.n++
	heap.Push(&c.events, event{c.now.Add(max(0, d)), c.n, fn})
}

// Until runs all events before end, and then stands at end.
func (c *Clock) Until(end time.Time) {
	for len(c.events) > 0 && c.events[0].at.Before(end) {
		e := heap.Pop(&c.events).(event)
		c.now = e.at
		e.fn()
	}
	c.now = end
}

type event struct {
	at time.Time
	n  int // order of events of one time
	fn func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].n < e[j].n
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
