package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"collector/queue"
)

// deaf is a listener that hears one event and then nothing for an hour.
type deaf struct {
	heard  []string
	missed []int
}

func (d *deaf) tell(e queue.Event) {
	d.heard, d.missed = append(d.heard, e.Job.ID), append(d.missed, e.Missed)
	if len(d.heard) == 1 {
		wait(context.Background(), time.Hour)
	}
}

// TestASlowListenerHearsTheNewest, and how many it missed; another one, and who adds, notice
// nothing of it.
func TestASlowListenerHearsTheNewest(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("other", takes(0))}})
		var slow deaf
		m.Listen(queue.Events{}, slow.tell)
		for batch := range 11 {
			jobs := make([]queue.Job, 1000)
			for i := range jobs {
				jobs[i] = queue.Job{ID: fmt.Sprintf("%05d", batch*1000+i), Kind: "nobody's"}
			}
			r.must(m.Add(context.Background(), jobs...))
			r.pass(time.Second)
		}
		same(t, "the other one", r.count(queue.EventAdded), 11_000)
		same(t, "the slow one meanwhile", slow.heard, []string{"00000"})
		r.pass(time.Hour)
		if len(slow.heard) != 10_001 {
			t.Fatalf("it heard %d events", len(slow.heard))
		}
		same(t, "the next", slow.heard[1], "01000")
		same(t, "the last", slow.heard[10_000], "10999")
		same(t, "missed", slow.missed[:4], []int{0, 999, 0, 0})
		for _, e := range r.events {
			if e.Missed > 0 {
				t.Fatalf("the other one missed %d", e.Missed)
			}
		}
	})
}

// TestLargeEventsAreFew: for a slow listener no more than 16 MiB of data are kept.
func TestLargeEventsAreFew(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("other", takes(0))}})
		var slow deaf
		m.Listen(queue.Events{}, slow.tell)
		data := fmt.Appendf(nil, "%q", make([]byte, 512<<10)) // each byte takes four
		for i := range 20 {
			r.must(m.Add(context.Background(), queue.Job{ID: fmt.Sprintf("%02d", i), Kind: "nobody's", Data: data}))
			r.pass(time.Second)
		}
		r.pass(time.Hour)
		same(t, "heard", slow.heard, []string{"00", "13", "14", "15", "16", "17", "18", "19"})
		same(t, "missed", slow.missed, []int{0, 12, 0, 0, 0, 0, 0, 0})
	})
}
