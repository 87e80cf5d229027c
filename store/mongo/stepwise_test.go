//go:build mongo

package mongo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/state"
)

// stepsBegun begins to save pages in steps: their networks say so. The steps go on in the context.
func stepsBegun(t *testing.T, s *Store, pages ...*page) (steps context.Context, session *driver.Session, begun []*page, fresh map[*page][]*row) {
	t.Helper()
	var err error
	for _, p := range pages {
		if p.items, err = sightings(p.Page); err != nil {
			t.Fatal(err)
		}
	}
	if session, err = s.saves.lend(s.client); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.saves.giveBack(session) })
	begun, left, fresh, err := s.whollyFresh(t.Context(), pages)
	if err != nil || len(begun) != len(pages) || len(left) != 0 {
		t.Fatal(begun, left, err)
	}
	steps = driver.NewSessionContext(t.Context(), session)
	if begun, err = s.noteAttempts(steps, session, begun); err != nil || len(begun) != len(pages) {
		t.Fatal(begun, err)
	}
	return steps, session, begun, fresh
}

// TestABackfillInStepsThatLosesItsLease: between the steps somebody else claims one of two
// networks. Its page is not saved and its owner is told so; the items that stand by then
// are told in the log, once. The other page is saved.
func TestABackfillInStepsThatLosesItsLease(t *testing.T) {
	s := opened(t, address(t), "a")
	leases := claimedNetworks(t, s, 2)
	pages := []*page{pageOf(t, leases["net0"], 1, "x", "y"), pageOf(t, leases["net1"], 1, "z")}
	steps, session, begun, fresh := stepsBegun(t, s, pages...)
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

// TestWhoStoodStillBetweenTheStepsInsertsNothing: others may have looked already for what the
// attempt has stored. The page is saved alone then, if the lease still holds.
func TestWhoStoodStillBetweenTheStepsInsertsNothing(t *testing.T) {
	s := idleHandle(t, address(t))
	p := pageOf(t, claimedNetworks(t, s, 1)["net0"], 1, "x")
	steps, session, begun, fresh := stepsBegun(t, s, p)
	p.noted = p.noted.Add(-s.o.Lease)
	err := s.takeSteps(steps, begun, fresh)
	if stored, err2 := s.items.CountDocuments(t.Context(), bson.D{}); !errors.Is(err, errStoodStill) || stored != 0 || err2 != nil {
		t.Errorf("%v; %d items are stored, %v", err, stored, err2)
	}
	s.afterSteps(t.Context(), session, begun, err)
	if p.saved || p.err != nil {
		t.Errorf("saved: %v, %v", p.saved, p.err)
	}
	s.saveGroup([]*page{p})
	if n, err := s.read(t.Context(), "net0", where("_id", "net0")); err != nil || n.Items != 1 || len(n.Attempts) != 0 || p.err != nil {
		t.Errorf("%+v, %v, %v", n, err, p.err)
	}
}

// codeTooOld is TransactionTooOld of the server: the session has made a later write.
const codeTooOld = 225

// TestAStepThatIsOnItsWayComesToNothing: the insert of a backfill's items is given up, and
// reaches the server once its owner has found out what became of the page.
func TestAStepThatIsOnItsWayComesToNothing(t *testing.T) {
	at := address(t)
	first := idleHandle(t, at)
	lease := claimedNetworks(t, first, 1)["net0"]
	var late bson.Raw
	s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
		if of, _ := command.Lookup(name).StringValueOK(); name == "insert" && of == "items" {
			late = bytes.Clone(command)
		}
	})
	items := bson.E{Key: "namespace", Value: s.items.Database().Name() + ".items"}
	failWatched(t, replica, where("times", tries), bson.A{"insert"}, append(callsLost(), items))
	p := pageOf(t, lease, 1, "x")
	s.saveGroup([]*page{p})
	failWatched(t, replica, "off", bson.A{"insert"}, nil)
	if p.saved || p.err != nil || late == nil {
		t.Fatalf("saved: %v, %v; the insert was %v", p.saved, p.err, late)
	}
	its := slices.IndexFunc(s.saves.own, func(session *driver.Session) bool {
		return bytes.Equal(session.ID(), late.Lookup("lsid").Document())
	})
	err := s.items.Database().RunCommand(driver.NewSessionContext(t.Context(), s.saves.own[its]), bson.D{
		{Key: "insert", Value: "items"}, {Key: "documents", Value: late.Lookup("documents")}, {Key: "txnNumber", Value: late.Lookup("txnNumber")},
	}).Err()
	stored, err2 := s.items.CountDocuments(t.Context(), bson.D{})
	if !is(err, codeTooOld) || stored != 0 || err2 != nil {
		t.Errorf("the late insert: %v; %d items are stored, %v", err, stored, err2)
	}
}

// TestWhatIsPublishedBetweenStepsIsNoMoreToTell: between the steps of a page the upkeep takes
// off the network what the log holds of the page before. What the page itself has to tell is
// found.
func TestWhatIsPublishedBetweenStepsIsNoMoreToTell(t *testing.T) {
	s := idleHandle(t, address(t))
	lease := claimedNetworks(t, s, 1)["net0"]
	s.saveGroup([]*page{pageOf(t, lease, 1, "x")})
	next := pageOf(t, lease, 2, "y")
	steps, _, begun, fresh := stepsBegun(t, s, next)
	err := s.publish(t.Context(), "net0", next.n.Unpublished)
	if err == nil {
		err = s.takeSteps(steps, begun, fresh)
	}
	if n, err2 := s.read(t.Context(), "net0", where("_id", "net0")); err != nil || err2 != nil || !n.Pending || len(n.Unpublished) != 1 || n.Items != 2 {
		t.Errorf("%+v, %v, %v", n, err, err2)
	}
	rescued(t, s)
	if told := toldIn(t, s); !slices.Equal(told, []string{"net0 x", "net0 y"}) {
		t.Errorf("the log tells %v", told)
	}
}
