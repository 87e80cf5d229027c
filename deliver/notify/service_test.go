package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/deliver/webhook"
	"collector/state"
	"collector/store"
)

var errDown = &Failure{Reason: "it cannot be reached"}

// TestEachChangeIsToldOnce: by one of three instances, not with each look, and not again
// after a restart.
func TestEachChangeIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.st.takes = time.Millisecond
		start := func(life string) func() {
			var stops []func()
			for i := range 3 {
				stops = append(stops, w.start(w.service(fmt.Sprint(life, i), nil)))
			}
			return func() {
				for _, stop := range stops {
					stop()
				}
			}
		}
		stop := start("first")
		time.Sleep(time.Hour)
		w.takes(0)
		w.set(w.ids[1], state.NeedsSignIn)
		time.Sleep(3 * time.Hour)
		w.takes(1, "1 thing needs you", "github/octo:1 needs a new sign-in", "collector connect github")
		stop()
		defer start("second")()
		time.Sleep(3 * time.Hour)
		w.takes(0)
		w.set(w.ids[1], state.Missing)
		time.Sleep(3 * time.Hour)
		w.takes(1, "is not there any more")
		w.set(w.ids[1], state.OK)
		time.Sleep(3 * time.Hour)
		w.takes(1, "github/octo:1 is well again", "1 thing is well again")
	})
}

// TestAThousandAtOnceAreOneMessage: what breaks within a minute is told together, short
// enough for every service.
func TestAThousandAtOnceAreOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1000)
		defer w.start(w.service("a", nil))()
		for i, id := range w.ids {
			w.set(id, state.NeedsSignIn)
			if i%20 == 0 {
				time.Sleep(time.Second)
			}
		}
		time.Sleep(20 * time.Minute)
		got := w.takes(1, "1000 things need you", "1000 need a new sign-in: github/octo:0, ", "and 995 more")
		if n := len(got[0].Body); n > longest {
			t.Errorf("%d bytes", n)
		}
		for _, id := range w.ids {
			w.set(id, state.OK)
		}
		time.Sleep(20 * time.Minute)
		w.takes(1, "1000 are well again")
	})
}

// TestGap: messages keep their distance, the first comes soon, and what came and went
// between two is not told.
func TestGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 4)
		defer w.start(w.service("a", nil))()
		time.Sleep(time.Hour)
		began := time.Now()
		w.set(w.ids[0], state.NeedsSignIn)
		time.Sleep(3 * time.Minute)
		first := w.takes(1, "octo:0")[0].at
		if d := first.Sub(began); d < gather || d > gather+2*every {
			t.Errorf("the first message came after %v", d)
		}
		w.set(w.ids[1], state.NeedsScope)
		w.set(w.ids[2], state.Missing)
		time.Sleep(5 * time.Minute)
		w.takes(0)
		w.set(w.ids[2], state.OK) // it came and went
		w.set(w.ids[0], state.OK)
		w.set(w.ids[0], state.NeedsSignIn) // as it was
		w.set(w.ids[3], state.Broken)
		time.Sleep(time.Hour)
		second := w.takes(1, "2 things need you", "octo:1 needs a permission", "octo:3 needs a person")[0]
		if d := second.at.Sub(first); d < 15*time.Minute || d > 17*time.Minute {
			t.Errorf("the second message came %v after the first", d)
		}
	})
}

// TestWellOnlyWhenRead: a network that fails in another way, waits or was signed in to and
// not read yet is not well; one that is paused or removed is nobody's concern.
func TestWellOnlyWhenRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		defer w.start(w.service("a", nil))()
		for _, id := range w.ids {
			w.set(id, state.NeedsSignIn)
		}
		time.Sleep(time.Hour)
		w.takes(1, "octo:0", "octo:1", "octo:2")
		w.set(w.ids[0], state.Failing)
		time.Sleep(time.Hour)
		w.set(w.ids[0], state.Limited)
		time.Sleep(time.Hour)
		w.set(w.ids[0], state.NeedsSignIn)
		w.must(w.st.SetPaused(t.Context(), w.ids[1], true, time.Now()))
		_, err := w.st.RemoveNetwork(t.Context(), w.ids[2], true)
		w.must(err)
		time.Sleep(time.Hour)
		w.takes(0)
		w.must(w.st.Reconnected(t.Context(), "acc", time.Now()))
		time.Sleep(time.Hour)
		w.takes(0)
		w.set(w.ids[0], state.OK)
		time.Sleep(time.Hour)
		w.takes(1, "octo:0 is well again")
	})
}

// TestFailingForADay: silence of a day is told, an outage of hours is not.
func TestFailingForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		defer w.start(w.service("a", nil))()
		time.Sleep(time.Hour)
		w.set(w.ids[0], state.Failing)
		time.Sleep(20 * time.Hour)
		w.takes(0)
		time.Sleep(48 * time.Hour)
		w.takes(1, "has not been read for a day")
		w.set(w.ids[0], state.OK)
		time.Sleep(time.Hour)
		w.takes(1, "is well again")
	})
}

// TestStalled: a walk that leads nowhere once is begun again and told to nobody.
func TestStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		defer w.start(w.service("a", nil))()
		stall := func(times int) {
			w.change(w.ids[0], func(p *state.Progress) {
				p.Condition, p.LastError, p.BadRuns = state.Stalled, "it leads nowhere", times
			})
			time.Sleep(time.Hour)
		}
		stall(1)
		stall(4)
		w.takes(0)
		stall(5)
		stall(6)
		w.takes(1, "needs a person")
	})
}

// TestWithheld: an instance that does not tell notes it for the one that does, a process
// that died before it could is made up for, and a word of the person ends it.
func TestWithheld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		withhold := func(id string) state.Network {
			return w.change(id, func(p *state.Progress) {
				p.Condition = state.OK
				p.Swept = &state.Swept{Sweep: 3, Polled: true, Unseen: 900, Withheld: true}
			})
		}
		teller := w.start(w.service("teller", nil))
		other := w.service("other", func(c *Config) { c.Leads = func() bool { return false } })
		stop := w.start(other)
		time.Sleep(time.Minute)
		n := withhold(w.ids[0])
		other.Ran(n, false)
		time.Sleep(time.Hour)
		w.takes(1, "octo:0 leaves out so many likes", "sync --accept-removals github/octo:0")
		other.Ran(n, false) // of the next run
		time.Sleep(time.Hour)
		w.takes(0)
		teller()
		stop()
		withhold(w.ids[1]) // and the process dies
		next := w.service("next", nil)
		defer w.start(next)()
		time.Sleep(time.Hour)
		w.takes(1, "octo:1 leaves out")
		w.change(w.ids[1], func(p *state.Progress) { p.Swept = nil })
		time.Sleep(time.Hour)
		w.takes(0)
		next.Ran(withhold(w.ids[1]), false)
		time.Sleep(time.Hour)
		w.takes(1, "octo:1 leaves out")
	})
}

// TestSendsAreTriedAgain: an address that fails for a while gets its message, the other
// one gets it once, and neither keeps later messages back.
func TestSendsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.send = func(n int, to string) error {
			if to == "gotify" && time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) < 2*time.Hour {
				return errDown
			}
			return nil
		}
		defer w.start(w.service("a", func(c *Config) { c.Addresses = append(c.Addresses, Address{Name: "gotify", service: "gotify"}) }))()
		w.set(w.ids[0], state.NeedsSignIn)
		time.Sleep(30 * time.Minute)
		w.set(w.ids[1], state.NeedsSignIn)
		time.Sleep(20 * time.Hour)
		count := map[string]int{}
		for _, m := range w.takes(4) {
			count[m.to]++
		}
		if count["ntfy"] != 2 || count["gotify"] != 2 {
			t.Errorf("%v", count)
		}
	})
}

// TestSendsEnd: an address that always fails is given up after some tries.
func TestSendsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.send = func(int, string) error { return errDown }
		defer w.start(w.service("a", nil))()
		w.set(w.ids[0], state.NeedsSignIn)
		time.Sleep(72 * time.Hour)
		if w.n != tries {
			t.Errorf("%d tries, wanted %d", w.n, tries)
		}
		nb, _, err := read(t.Context(), w.st)
		if err != nil || len(nb.Out) != 0 {
			t.Errorf("%+v, %v", nb.Out, err)
		}
	})
}

// TestDeathWhileSending: what a process had in hand when it died is sent by another one,
// once it is clear that the first is gone.
func TestDeathWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		dead := make(chan struct{})
		first := w.service("first", func(c *Config) {
			c.Send = func(ctx context.Context, _ Address, _ Message) error {
				close(dead)
				w.st.refuse(errors.New("the process is dead"))
				<-ctx.Done()
				return ctx.Err()
			}
		})
		stop := w.start(first)
		w.set(w.ids[0], state.NeedsSignIn)
		<-dead
		stop()
		w.st.refuse(nil)
		second := w.start(w.service("second", nil))
		time.Sleep(time.Minute)
		w.takes(0)
		time.Sleep(time.Hour)
		w.takes(1, "octo:0")
		second()
	})
}

// TestStopWhileSending: a process that is stopped gives back what it had in hand.
func TestStopWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		busy := make(chan struct{})
		stop := w.start(w.service("first", func(c *Config) {
			c.Send = func(ctx context.Context, _ Address, _ Message) error {
				close(busy)
				<-ctx.Done()
				return ctx.Err()
			}
		}))
		w.set(w.ids[0], state.NeedsSignIn)
		<-busy
		stop()
		defer w.start(w.service("second", nil))()
		time.Sleep(time.Minute)
		w.takes(1, "octo:0")
	})
}

// TestStoreRefuses: what cannot be noted is told all the same, once while it lasts.
func TestStoreRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.send = func(n int, _ string) error {
			if n == 1 {
				return errDown
			}
			return nil
		}
		s := w.service("a", nil)
		defer w.start(s)()
		beat := func(d time.Duration, err error) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Second) {
				s.Wrote(err)
			}
		}
		full := fmt.Errorf("database or disk is full: %w", state.ErrUnavailable)
		beat(30*time.Second, full)
		beat(time.Hour, nil)
		w.takes(0)
		w.st.refuse(full)
		beat(3*time.Hour, full)
		w.takes(1, "the store needs you", "the store of collector on here does not take what is to be stored")
		w.st.refuse(nil)
		beat(time.Hour, nil)
		w.takes(1, "takes what is to be stored again")
	})
}

// TestDiskFull: the floor is told, and that there is room again.
func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		defer w.start(w.service("a", nil))()
		w.fill(errors.New("100 MB left"))
		time.Sleep(3 * time.Hour)
		w.takes(1, "the disk of the store on here is nearly full")
		w.fill(nil)
		time.Sleep(time.Hour)
		w.takes(1, "has room again")
	})
}

// TestWebhookStopped: one that the daemon gave up is told of, one that a person paused or
// removed is not.
func TestWebhookStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		for _, id := range []string{"wh_dead", "wh_paused", "wh_well"} {
			_, err := w.hooks.Put(t.Context(), webhook.Record{Endpoint: webhook.Endpoint{ID: id, URL: "https://hooks.example/c4nary", Paused: id == "wh_paused"}})
			w.must(err)
		}
		stopped := func(h webhook.Health) { w.must(w.hooks.Note(t.Context(), []webhook.Note{{ID: "wh_dead", Health: &h}})) }
		stopped(webhook.Health{Stopped: "it answered that it is gone for good (410)"})
		defer w.start(w.service("a", nil))()
		time.Sleep(time.Hour)
		w.takes(1, "webhook wh_dead is not called any more", "collector webhooks resume wh_dead")
		_, err := webhook.Change(t.Context(), w.hooks, "wh_dead", func(e *webhook.Endpoint) error { e.Resumes++; return nil })
		w.must(err)
		time.Sleep(time.Hour)
		w.takes(1, "webhook wh_dead is called again")
		stopped(webhook.Health{Stopped: "it is dead", Resumes: 1})
		time.Sleep(time.Hour)
		w.takes(1)
		w.must(w.hooks.Remove(t.Context(), "wh_dead"))
		time.Sleep(time.Hour)
		w.takes(0)
	})
}

// TestKinds: only what is wanted is told; a read history is told on demand, once.
func TestKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		n, err := w.st.Network(t.Context(), w.ids[0])
		w.must(err)
		usual := w.service("usual", nil)
		usual.Ran(n, true)
		stop := w.start(usual)
		time.Sleep(time.Hour)
		w.takes(0)
		stop()
		s := w.service("keen", func(c *Config) { c.Kinds = []string{"backfill"} })
		s.Ran(n, true)
		stop = w.start(s)
		w.set(w.ids[0], state.NeedsSignIn)
		time.Sleep(time.Hour)
		w.takes(1, "1 history is read", "github/octo:0 is read as a whole")
		stop()
		defer w.start(w.service("usual again", nil))()
		time.Sleep(time.Hour)
		w.takes(1, "needs a new sign-in")
	})
}

// TestFinish: a process that ends at once has told of what it found.
func TestFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.set(w.ids[0], state.NeedsSignIn)
		for range 3 {
			w.start(w.service("cron", func(c *Config) { c.Finish = true }))()
			time.Sleep(time.Hour)
		}
		w.takes(1, "octo:0")
	})
}

// TestCrowd: beyond 5,000 there is one word for all, and none is told of twice when they
// are fewer again.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, crowd+2)
		defer w.start(w.service("a", func(c *Config) { c.Gap = time.Minute }))()
		w.set(w.ids[0], state.NeedsSignIn)
		time.Sleep(3 * time.Minute)
		w.takes(1, "octo:0")
		for _, id := range w.ids[1:] {
			w.set(id, state.NeedsSignIn)
		}
		time.Sleep(3 * time.Minute)
		w.takes(1, crowded)
		for _, id := range w.ids[3:] {
			w.set(id, state.OK)
		}
		time.Sleep(3 * time.Minute)
		w.takes(1, uncrowded, "octo:1", "octo:2", "2 things need you")
	})
}

// TestForget: what was purged is in no message that is still to be sent and in nothing
// that was told, and the others are told of.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.send = func(int, string) error {
			if time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) < 2*time.Hour {
				return errDown
			}
			return nil
		}
		defer w.start(w.service("a", nil))()
		w.set(w.ids[1], state.NeedsSignIn)
		time.Sleep(30 * time.Minute)
		w.set(w.ids[2], state.NeedsSignIn)
		time.Sleep(10 * time.Minute)
		n, err := w.st.Network(t.Context(), w.ids[1])
		w.must(err)
		_, err = w.st.RemoveNetwork(t.Context(), n.ID, true)
		w.must(err)
		w.must(Forget(t.Context(), w.st, []state.Network{n}))
		text, err := w.st.Meta(t.Context(), written)
		if err != nil || strings.Contains(text, "octo:1") || strings.Contains(text, n.ID) || !strings.Contains(text, "octo:2") {
			t.Errorf("%s, %v", text, err)
		}
		time.Sleep(12 * time.Hour)
		w.takes(1, "octo:2")
	})
}

// TestForgottenWithOthers: what one message was to tell of others beside what was purged is
// told all the same.
func TestForgottenWithOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		down := true
		w.send = func(int, string) error {
			if down {
				return errDown
			}
			return nil
		}
		defer w.start(w.service("a", nil))()
		w.set(w.ids[1], state.NeedsSignIn)
		w.set(w.ids[2], state.NeedsSignIn)
		time.Sleep(30 * time.Minute)
		n, err := w.st.Network(t.Context(), w.ids[1])
		w.must(err)
		_, err = w.st.RemoveNetwork(t.Context(), n.ID, true)
		w.must(err)
		w.must(Forget(t.Context(), w.st, []state.Network{n}))
		w.mu.Lock()
		down = false
		w.mu.Unlock()
		time.Sleep(12 * time.Hour)
		if got := w.takes(1, "octo:2"); strings.Contains(fmt.Sprint(got), "octo:1") {
			t.Errorf("told: %v", got)
		}
	})
}

// TestAWrongClockBarsNothing: a message of the future is no reason to be silent.
func TestAWrongClockBarsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.must(w.st.SetMeta(t.Context(), written, `{"at":"2100-01-01T00:00:00Z"}`))
		defer w.start(w.service("a", nil))()
		w.set(w.ids[0], state.NeedsSignIn)
		time.Sleep(time.Hour)
		w.takes(1, "octo:0")
	})
}

// TestNothingWaits: while an address does not answer, what a run reports is taken at once.
func TestNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		busy := make(chan struct{})
		s := w.service("a", func(c *Config) {
			c.Send = func(ctx context.Context, _ Address, _ Message) error {
				close(busy)
				<-ctx.Done()
				return ctx.Err()
			}
		})
		stop := w.start(s)
		w.set(w.ids[0], state.NeedsSignIn)
		<-busy
		n, err := w.st.Network(t.Context(), w.ids[0])
		w.must(err)
		before := time.Now()
		for range 1000 {
			s.Ran(n, true)
			s.Wrote(nil)
		}
		if d := time.Since(before); d != 0 {
			t.Errorf("it took %v", d)
		}
		stop()
	})
}

var _ store.Store = (*faulty)(nil)
