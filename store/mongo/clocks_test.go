//go:build mongo

package mongo

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/state"
)

// stepped is t as a clock shows it that was set on by d since: its monotonic reading,
// the second word of a Time, stays.
func stepped(t *testing.T, at time.Time, d time.Duration) time.Time {
	t.Helper()
	out := at.Add(d)
	*(*int64)(unsafe.Add(unsafe.Pointer(&out), 8)) -= int64(d)
	if out.Sub(at) != 0 || out.Round(0).Sub(at.Round(0)) != d {
		t.Fatal("time.Time is laid out otherwise than this test believes")
	}
	return out
}

// TestNothingIsClaimedByAClockThatWasSet: how far the server's clock is from ours is
// unknown from then on, until it is measured again.
func TestNothingIsClaimedByAClockThatWasSet(t *testing.T) {
	for _, d := range []time.Duration{time.Minute, -time.Minute, time.Hour} {
		var set atomic.Int64
		o := opts("a")
		o.Now = func() time.Time { return stepped(t, time.Now(), time.Duration(set.Load())) }
		opening, err := Open(t.Context(), address(t), o)
		if err != nil {
			t.Fatal(err)
		}
		defer opening.Close()
		s := opening.(*Store)
		s.stop() // nobody else looks at the clock
		s.after.Wait()
		claim := func() error {
			_, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
			return err
		}
		if err := claim(); err != nil {
			t.Errorf("before its clock was set by %v: %v", d, err)
		}
		set.Store(int64(d))
		if err := claim(); !errors.Is(err, state.ErrUnavailable) || !strings.Contains(err.Error(), "clock was set") {
			t.Errorf("its clock was set by %v: %v", d, err)
		}
		if err := s.measure(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := claim(); err != nil {
			t.Errorf("after a new look at the clock: %v", err)
		}
	}
}

// TestTheUpkeepBelievesTheServersClock: on a machine whose clock is ahead nobody is dead
// because of that. A transaction of a living owner goes on.
func TestTheUpkeepBelievesTheServersClock(t *testing.T) {
	at := address(t)
	live, id := seeded(t, at)
	o := opts("ahead")
	o.Now = func() time.Time { return time.Now().Add(time.Hour) }
	opening, err := Open(t.Context(), at, o)
	if err != nil {
		t.Fatal(err)
	}
	defer opening.Close()
	ahead := opening.(*Store)
	now := live.Now()
	got, err := live.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: now, Until: now.Add(10 * time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	session := live.saves.own[0]
	if err := session.StartTransaction(); err != nil {
		t.Fatal(err)
	}
	ctx := driver.NewSessionContext(t.Context(), session)
	if _, err := live.shown.InsertOne(ctx, bson.D{{Key: "net", Value: id}}); err != nil {
		t.Fatal(err)
	}
	n, err := ahead.read(t.Context(), id, where("_id", id))
	if err != nil {
		t.Fatal(err)
	}
	if err := ahead.settle(t.Context(), n); err != nil {
		t.Error(err)
	}
	if err := session.CommitTransaction(ctx); err != nil {
		t.Errorf("the transaction of a living owner was ended: %v", err)
	}
}

// TestSetRightGoesOnWhereItFailed: the server is away while what a wrong clock put off
// is set right. The next time all of it is.
func TestSetRightGoesOnWhereItFailed(t *testing.T) {
	at := address(t)
	first, id := seeded(t, at)
	s := watched(t, at, first, func(string, bson.Raw) {})
	far := noon.Add(1000 * time.Hour)
	if _, err := first.networks.UpdateByID(t.Context(), id, set(bson.D{{Key: "setAt", Value: far}, {Key: "wakeAt", Value: far}})); err != nil {
		t.Fatal(err)
	}
	if _, err := first.items.InsertOne(t.Context(), &row{ID: bson.NewObjectID(), Net: id, ItemID: "x", Bare: true, BareDue: far}); err != nil {
		t.Fatal(err)
	}
	failWatched(t, replica, "alwaysOn", bson.A{"update"}, append(callsLost(), bson.E{Key: "namespace", Value: s.items.Database().Name() + ".items"}))
	if _, err := s.SetRight(t.Context(), noon); err == nil {
		t.Error("nothing failed")
	}
	failWatched(t, replica, "off", bson.A{"update"}, nil)
	if woken, err := s.SetRight(t.Context(), noon); err != nil || woken != 1 {
		t.Errorf("%d woken, %v", woken, err)
	}
	if ids, err := s.Bare(t.Context(), id, noon, 10); err != nil || len(ids) != 1 {
		t.Errorf("due are the details of %v, %v", ids, err)
	}
}

// TestAnAddressCannotWeakenTheStore: what is said of reading and writing in an address,
// as those that operators copy do, changes nothing that is promised.
func TestAnAddressCannotWeakenTheStore(t *testing.T) {
	at := address(t) + "&timeoutMS=3000&readPreference=secondary&readConcernLevel=available&w=1"
	s, id := seeded(t, at)
	if n, err := s.Network(t.Context(), id); err != nil || n.ID != id {
		t.Errorf("%+v, %v", n, err)
	}
}
