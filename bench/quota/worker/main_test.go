package main

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"collector/simulate"
)

// TestCallsEndAtTheQuota: a process makes as many calls as a window allows, and no
// more; what it holds at its end goes back.
func TestCallsEndAtTheQuota(t *testing.T) {
	sim := simulate.New(simulate.Options{
		Seed: 1, Brief: true, Parallel: map[string]int{simulate.GitHub: 100},
		Budgets: map[string][]simulate.Budget{simulate.GitHub: {{Name: "core", Limit: 40, Per: time.Hour}}},
	})
	served, err := simulate.Serve(t.Context(), sim, simulate.Listen{})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	a, err := served.AddAccount(simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	if err != nil {
		t.Fatal(err)
	}
	in, end := io.Pipe()
	w := worker{url: served.URLs[simulate.GitHub], token: a.Tokens[0], quota: Quota(40, time.Hour)}
	done := make(chan error, 1)
	go func() { done <- w.run("sqlite:"+filepath.Join(t.TempDir(), "ledger.db"), "p0", "", 4, in) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for w.calls.Load() < 40 {
		select {
		case err := <-done:
			t.Fatalf("it ended after %d calls: %v", w.calls.Load(), err)
		case <-tick.C:
		}
	}
	end.Close()
	if err := <-done; err != nil || w.calls.Load() != 40 || sim.Refused() != 0 {
		t.Errorf("%d calls, %d refused, %v", w.calls.Load(), sim.Refused(), err)
	}
}
