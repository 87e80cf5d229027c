package queue_test

import (
	"context"
	"testing"
	"time"

	"collector/queue"
)

// TestHush: while it is on no master of the process claims, what is in hand goes on, and what was
// claimed ahead is given back; one that begins while it is on claims nothing either, and who
// stops is not woken by its end.
func TestHush(t *testing.T) {
	virtual(t, func(r *rig) {
		hush := new(queue.Hush)
		c := queue.Config{Workers: 1, Hush: hush, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}}
		m := r.run(c)
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b"}, queue.Job{ID: "c"})
		r.pass(time.Millisecond)
		if running, leases := m.InHand(); running != 1 || leases < 1 {
			t.Errorf("%d run, %d leases", running, leases)
		}
		hush.Set(true)
		hush.Set(true)
		late := c
		late.Owner = "late"
		r.run(late)
		r.pass(time.Hour)
		same(t, "while hushed", r.began(), []string{"a"})
		same(t, "what was in hand", r.told("a"), []string{"started", "done"})
		if running, leases := m.InHand(); running != 0 || leases != 0 {
			t.Errorf("%d run, %d leases, while hushed", running, leases)
		}
		hush.Set(false)
		r.pass(10 * time.Millisecond)
		same(t, "afterwards", len(r.began()), 3) // by both masters

		hush.Set(true)
		r.pass(time.Minute)
		r.must(m.Stop(context.Background()))
		r.add(queue.Job{ID: "d"})
		hush.Set(false)
		r.pass(time.Second / 2)
		same(t, "by who is left", r.began()[3:], []string{"d"})
		if (*queue.Hush)(nil).On() {
			t.Error("without one it is on")
		}
	})
}
