package webhooks

import (
	"context"
	"errors"
	"testing"
	"time"

	"collector/bench/figure"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/store"
	"collector/store/memory"
)

// TestCallsAreCounted: every change is told once by ours, and the bare loop makes as many
// calls.
func TestCallsAreCounted(t *testing.T) {
	open := func(ctx context.Context, _ string) (store.Store, queue.Store, func() error, error) {
		st, err := memory.Open(ctx, "", store.Options{Owner: User, Lease: time.Hour, Now: time.Now})
		return st, queuememory.New(), st.Close, err
	}
	const n = pageSize + 30
	ours, floor, err := pair(t.Context(), figure.Run{Dir: t.TempDir()}, 0, n, "x", open)
	if err != nil || ours <= 0 || floor <= 0 {
		t.Errorf("%v, %v, %v", ours, floor, err)
	}
}

// TestMissingCallsAreNoFigure: a receiver waits for different calls.
func TestMissingCallsAreNoFigure(t *testing.T) {
	r := NewReceiver(0)
	defer r.Close()
	if _, err := bare(t.Context(), r, 3, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := bare(t.Context(), r, 3, 10); err != nil { // the same three
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Await(ctx, 4); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a fourth call: %v", err)
	}
	if calls, _, size := r.took(); calls != 6 || size != 10 {
		t.Errorf("%d calls, the last of %d bytes", calls, size)
	}
	if _, err := bare(t.Context(), r, 2, 10); err != nil || r.Calls() != 2 {
		t.Errorf("%d calls, %v", r.Calls(), err)
	}
	r.Busy()
	r.Takes = 50 * time.Millisecond
	took, err := bare(t.Context(), r, 200, 10)
	if busy := r.Busy(); err != nil || busy <= 0 || busy > 100 {
		t.Errorf("%.1f of 100 clients were busy for %v, %v", busy, took, err)
	}
}
