//go:build mongo

package mongo

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"collector/state"
	"collector/store/mongo/mongotest"
)

// TestStepsOfANetwork: what the judges of instances go by. A page counts as its owner's;
// that an owner who was superseded says whose the account is does not count as one.
func TestStepsOfANetwork(t *testing.T) {
	s := opened(t, address(t), "a")
	lease := claimedNetworks(t, s, 1)["net0"]
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	var kinds []string
	ended, err := mongotest.Follow(ctx, settled(s.networks), func(step mongotest.Step) {
		mu.Lock()
		defer mu.Unlock()
		kinds = append(kinds, step.Kind)
	})
	if err != nil {
		t.Fatal(err)
	}
	var next []state.Claimed
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	save := func(l state.Lease, n int) {
		t.Helper()
		p := pageOf(t, l, n, "x")
		if s.saveGroup([]*page{p}); !p.saved {
			t.Fatalf("page %d was not saved: %v", n, p.err)
		}
	}
	save(lease, 1)
	later := lease.Until.Add(time.Second)
	next, err = s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "b", Now: later, Until: later.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	must(err)
	if len(next) != 1 {
		t.Fatal("not claimed by another one")
	}
	must(s.Learn(t.Context(), "net0", state.Identity{ID: "7", Name: "somebody"}))
	save(next[0].Lease, 2)
	must(s.Postpone(t.Context(), next[0].Lease, later))
	want := []string{mongotest.Saved, mongotest.Claimed, mongotest.Saved, mongotest.Ended}
	for range 2000 {
		mu.Lock()
		told := len(kinds)
		mu.Unlock()
		if told >= len(want) {
			break
		}
		must(backOff(t.Context(), 10))
	}
	stop()
	must(errors.Join(ended()))
	if !slices.Equal(kinds, want) {
		t.Errorf("told %v, want %v", kinds, want)
	}
}
