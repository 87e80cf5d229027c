package executor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/state"
	"collector/store"
)

// A backfill is over when its last page is stored, and not before: until then
// the network stays in mode initial, however its runs are cut.
//
// Defect 5: a backfill counts as finished after its first page.
func TestBackfillEndsOnItsLastPage(t *testing.T) {
	for name, c := range strategies {
		for _, share := range []int{1, 2, 100} {
			t.Run(fmt.Sprint(name, share), func(t *testing.T) {
				const likes = 57
				w := newWorld(t, c, 5, likes)
				w.executor.Pages = share
				for range 30 {
					w.run()
					n, err := w.store.Network(t.Context(), w.network)
					if err != nil {
						t.Fatal(err)
					}
					if got := len(w.collected()); n.Mode == state.Normal {
						if got != likes {
							t.Errorf("finished with %d of %d", got, likes)
						}
						return
					} else if got == likes && share == 100 {
						t.Errorf("all %d are stored, and the backfill goes on", got)
					}
				}
				t.Error("the backfill does not end")
			})
		}
	}
}

// A backfill reads its pages; only a poll may be told that nothing has changed.
func TestBackfillAsksForNoShortcut(t *testing.T) {
	w := newWorld(t, strategies["ascending backfill, newest-first polls by like time (github)"], 1, 35)
	w.executor.Pages = 10
	for range 2 {
		w.run()
	}
	n, err := w.store.Network(t.Context(), w.network)
	if err != nil || n.ETag == "" {
		t.Fatalf("no ETag after a poll: %v", err)
	}
	w.now = n.ScheduledTo
	claimed, err := w.store.Claim(t.Context(), state.Claim{
		Mode: state.Normal, Owner: "o", Now: w.now, Until: w.now.Add(time.Hour), N: 1,
		Services: map[string]int{"github": 1},
	})
	if err != nil || len(claimed) != 1 {
		t.Fatal(len(claimed), err)
	}
	for _, mode := range []state.Mode{state.Initial, state.Normal} {
		c := claimed[0]
		c.Mode = mode
		shortcuts := 0
		e := *w.executor
		e.Store = deaf{w.store}
		e.Do = func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
			if call.ETag != "" {
				shortcuts++
			}
			return w.do(ctx, call)
		}
		e.Run(t.Context(), executor.Job{Claimed: c, Connector: w.connector, Held: func() error { return nil }, Drain: make(chan struct{})})
		if want := map[state.Mode]int{state.Initial: 0, state.Normal: 1}[mode]; shortcuts != want {
			t.Errorf("mode %s: %d conditional calls, want %d", mode, shortcuts, want)
		}
	}
}

// deaf is a store that takes commits and keeps none.
type deaf struct{ store.Store }

func (deaf) Commit(context.Context, state.Lease, state.Page) (state.Committed, error) {
	return state.Committed{}, nil
}

// A sweep whose paging leads nowhere is begun again: it stays owed until one has
// read the whole list.
func TestStalledSweepStaysOwed(t *testing.T) {
	s := newShelf(t, "", 40)
	s.run()
	if err := s.store.WishSync(t.Context(), "n1", true, s.now); err != nil {
		t.Fatal(err)
	}
	s.serve = func(before string) listed {
		page := s.page(before)
		if page.Next != "" && before != "" {
			page.Next = before // the second page leads to itself
		}
		return page
	}
	stalled := false
	for range 4 {
		stalled = stalled || fault.KindOf(s.run().Err) == fault.Malformed
	}
	if n := s.network1(); !stalled || !n.SweepDue && n.Sweep == nil {
		t.Fatalf("stalled %v; no sweep is owed: %+v", stalled, n.Progress)
	}
	s.serve = s.page
	for range 4 {
		s.run()
	}
	if n := s.network1(); n.SweepDue || n.Sweep != nil || n.StallNote != "" {
		t.Errorf("the sweep does not end: %+v", n.Progress)
	}
}
