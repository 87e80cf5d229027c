//go:build mongo

package mongo

import (
	"errors"
	"fmt"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/state"
)

// TestABackfillInStepsThatLosesItsLease: between the steps somebody else claims one of two
// networks. Its page is not saved and its owner is told so; the items that stand by then
// are told in the log, once. The other page is saved.
func TestABackfillInStepsThatLosesItsLease(t *testing.T) {
	s := opened(t, address(t), "a")
	leases := claimedNetworks(t, s, 2)
	pages := []*page{pageOf(t, leases["net0"], 1, "x", "y"), pageOf(t, leases["net1"], 1, "z")}
	for _, p := range pages {
		var err error
		if p.items, err = sightings(p.Page); err != nil {
			t.Fatal(err)
		}
	}
	session, err := s.saves.lend(s.client)
	if err != nil {
		t.Fatal(err)
	}
	defer s.saves.giveBack(session)
	begun, left, fresh, err := s.whollyFresh(t.Context(), pages)
	if err != nil || len(begun) != 2 || len(left) != 0 {
		t.Fatal(begun, left, err)
	}
	steps := driver.NewSessionContext(t.Context(), session)
	if begun, err = s.noteAttempts(steps, session, begun); err != nil || len(begun) != 2 {
		t.Fatal(begun, err)
	}
	later := leases["net0"].Until.Add(time.Second)
	next, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "b", Now: later, Until: later.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(next) != 1 || next[0].ID != "net0" {
		t.Fatal(next, err)
	}
	if err = s.takeSteps(steps, begun, fresh); err == nil {
		t.Fatal("the network of another owner was written")
	}
	s.afterSteps(t.Context(), session, begun, err)
	if pages[0].saved || !errors.Is(pages[0].err, state.ErrLeaseLost) || !pages[1].saved || pages[1].err != nil {
		t.Errorf("%v %v, %v %v", pages[0].saved, pages[0].err, pages[1].saved, pages[1].err)
	}
	s.publishGroup(t.Context(), pages[1:])
	n, err := s.read(t.Context(), "net0", where("_id", "net0"))
	if err != nil || n.Owner != "b" || n.Items != 2 || len(n.Attempts) != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	log, err := s.Changes(t.Context(), "", 0, 10)
	var told []string
	for _, c := range log {
		told = append(told, fmt.Sprint(c.Network, c.Added))
	}
	if err != nil || fmt.Sprint(told) != "[github/net0[x y] github/net1[z]]" {
		t.Errorf("the log tells %v, %v", told, err)
	}
}
