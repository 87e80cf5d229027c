//go:build mongo

package mongo

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// The driver repeats a call until the time is over by which it has to end, so the server
// holds it for longer.
const (
	soon   = 5 * time.Second
	longer = 7 * time.Second
)

// hold has the server hold all commits for a while. What it returns waits until it does so
// no more.
func hold(t *testing.T) (over func()) {
	t.Helper()
	commits := bson.A{"commitTransaction"}
	failFor(t, replica, "collector", "alwaysOn", commits, bson.D{{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: longer.Milliseconds()}})
	done := make(chan struct{})
	time.AfterFunc(longer, func() {
		defer close(done)
		failFor(t, replica, "collector", "off", commits, nil)
	})
	return func() { <-done }
}

// TestACommitThatTakesTooLong has the server hold commits for longer than a call may
// take, of pages that share a transaction and of one that does not. Whatever became of
// them, other transactions can begin in the same sessions, and the pages are saved once.
func TestACommitThatTakesTooLong(t *testing.T) {
	at := address(t)
	_, network := seeded(t, at)
	s := opened(t, fmt.Sprintf("%s&timeoutMS=%d", at, soon.Milliseconds()), "a")
	got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 {
		t.Fatalf("claimed %+v, %v", got, err)
	}
	progress := func() state.Progress {
		t.Helper()
		n, err := s.Network(t.Context(), network)
		if err != nil {
			t.Fatal(err)
		}
		return n.Progress
	}
	for _, kind := range []string{"poll", "sweep"} { // a sweep shares with nobody
		over := hold(t)
		p := nextPage(got[0], progress())
		p.Kind = kind
		_, err := s.Commit(t.Context(), got[0].Lease, p)
		t.Logf("a page of a %s whose commit is held: %v", kind, err)
		over()
		if len(s.saves.spare) != groups {
			t.Fatalf("%d of %d sessions are there", len(s.saves.spare), groups)
		}
		for _, session := range slices.Concat(s.saves.own, s.saves.idle) {
			if err := session.StartTransaction(); err != nil {
				t.Errorf("after that no transaction can begin in a session: %v", err)
				continue
			}
			if err := session.AbortTransaction(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Commit(t.Context(), got[0].Lease, nextPage(got[0], progress())); err != nil {
			t.Errorf("the page after that of a %s: %v", kind, err)
		}
	}
	if n, err := s.Network(t.Context(), network); err != nil || n.Items != int(n.Walks)*perPage+1 || n.Walks < 2 {
		t.Errorf("%d pages with %d items, %v", n.Walks, n.Items, err)
	}
}
