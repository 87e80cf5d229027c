package executor_test

import (
	"context"
	"testing"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/state"
)

// Promise R12: one run reads its share of pages, so that other networks get
// their turn.
func TestRunEndsAfterItsShare(t *testing.T) {
	s := newShelf(t, "", 120)
	s.executor.Pages = 3
	if out := s.run(); out.Pages != 3 || s.calls != 3 || out.Err != nil {
		t.Errorf("%d pages, %d calls, %v: want 3", out.Pages, s.calls, out.Err)
	}
}

// Promise R3: every call of a run carries the question whether its lease still
// holds, the ones for identity and details too.
func TestLeaseIsAskedForBeforeEveryCall(t *testing.T) {
	for name, c := range strategies {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c, 1, 35)
			asked := 0
			calls := 0
			w.executor.Do = func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
				calls++
				before := asked
				reply, err := w.do(ctx, call) // asks call.Before, as the client does
				if asked != before+1 {
					t.Errorf("call %d to %s: the lease was asked for %d times", calls, call.Request.URL, asked-before)
				}
				return reply, err
			}
			now := w.now
			claimed, err := w.store.Claim(t.Context(), state.Claim{
				Mode: state.Initial, Owner: "o", Now: now, Until: now.Add(time.Hour), N: 1,
				Services: map[string]int{c.Info().Name: 1},
			})
			if err != nil || len(claimed) != 1 {
				t.Fatal(len(claimed), err)
			}
			out := w.executor.Run(t.Context(), executor.Job{Claimed: claimed[0], Connector: c, Held: func() error { asked++; return nil }, Drain: make(chan struct{})})
			if out.Err != nil || calls < 3 {
				t.Errorf("%d calls, %v", calls, out.Err)
			}
		})
	}
}
