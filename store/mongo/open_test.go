//go:build mongo

package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
	"collector/store"
	"collector/store/mongo/mongotest"
)

func TestOpenRefusesANewerSchema(t *testing.T) {
	at := address(t)
	s := opened(t, at, "")
	if _, err := s.meta.UpdateByID(t.Context(), schemaID, set(where("version", len(s.migrations())+1))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), at, opts("")); !errors.Is(err, store.ErrNewer) {
		t.Errorf("opening a newer schema: %v", err)
	}
}

func TestOpenRefusesTheDataOfAnotherProgram(t *testing.T) {
	for _, name := range []string{"orders", "networks", "items"} {
		at := address(t)
		s := opened(t, at, "")
		db := s.networks.Database()
		if err := db.Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Collection(name).InsertOne(t.Context(), bson.D{{Key: "user", Value: "somebody"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), at, opts("")); !errors.Is(err, store.ErrForeign) {
			t.Errorf("opening a database with %s of another program: %v", name, err)
		}
		names, err := db.ListCollectionNames(t.Context(), bson.D{})
		if err != nil || len(names) != 1 {
			t.Errorf("after the refusal the database has %v, %v", names, err)
		}
	}
}

// TestOpenGoesOnAfterADeath: a first start may end between any two of its steps.
func TestOpenGoesOnAfterADeath(t *testing.T) {
	at := address(t)
	s := opened(t, at, "")
	for _, half := range []func() error{
		func() error { _, err := s.meta.DeleteOne(t.Context(), where("_id", schemaID)); return err },
		func() error { return s.networks.Indexes().DropOne(t.Context(), indexDue) },
		func() error { return s.items.Drop(t.Context()) },
		func() error { _, err := s.meta.DeleteOne(t.Context(), where("_id", schemaID)); return err },
	} {
		if err := half(); err != nil {
			t.Fatal(err)
		}
	}
	s = opened(t, at, "")
	indexes, err := s.items.Indexes().ListSpecifications(t.Context())
	if err != nil || len(indexes) != 6 {
		t.Errorf("%d indexes of items, %v", len(indexes), err)
	}
}

// TestOpenOutlastsBrokenConnections: of what makes indexes the driver asks once.
func TestOpenOutlastsBrokenConnections(t *testing.T) {
	for name, on := range map[string]*mongotest.Servers{"replica set": replica, "server alone": alone} {
		t.Run(name, func(t *testing.T) {
			at := addressOn(t, on)
			failFor(t, on, "collector", where("times", 3), bson.A{"createIndexes"}, bson.D{{Key: "closeConnection", Value: true}})
			defer failFor(t, on, "collector", "off", bson.A{"createIndexes"}, nil)
			s, err := Open(t.Context(), at, opts(""))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadingWritesNothing(t *testing.T) {
	at := address(t)
	o := opts("")
	o.Reading = true
	if _, err := Open(t.Context(), at, o); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("reading where there is nothing: %v", err)
	}
	s := opened(t, at, "")
	names, err := s.networks.Database().ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) != 14 {
		t.Errorf("collections %v, %v", names, err)
	}
	r, err := Open(t.Context(), at, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.SetMeta(t.Context(), "x", "y"); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("writing through a handle for reading: %v", err)
	}
	if _, err := r.Tally(t.Context(), noon); err != nil {
		t.Errorf("counting through a handle for reading: %v", err)
	}
}

// TestNothingShowsThePassword: the address of a database holds its password.
func TestNothingShowsThePassword(t *testing.T) {
	const secret = "Passw0rd-of-the-database"
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for _, at := range []string{
		"//ada:" + secret + "@127.0.0.1:1/db?serverSelectionTimeoutMS=200",
		"//ada:" + secret + "@127.0.0.1:1/?serverSelectionTimeoutMS=200",
		"//ada:" + secret + "@127.0.0.1:1/db?unknownOption=1&serverSelectionTimeoutMS=200",
		"//ada:" + secret + "@/db",
		"//ada:" + secret + "%zz@127.0.0.1:1/db?serverSelectionTimeoutMS=200",
		"//ada:" + secret + "@127.0.0.1:99999999/db?serverSelectionTimeoutMS=200",
		"ada:" + secret + "@127.0.0.1/db",
		strings.Replace(address(t), "//", "//ada:"+secret+"@", 1),
	} {
		_, err := Open(ctx, at, opts(""))
		if err == nil {
			t.Errorf("%s was opened", at)
			continue
		}
		if !errors.Is(err, store.ErrMissing) {
			t.Errorf("not said to be missing: %v", err)
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) {
			t.Errorf("the password shows: %v", err)
		}
	}
	s := opened(t, address(t), "")
	if d := s.Describe(); strings.Contains(d, "?") || !strings.HasPrefix(d, "mongodb://127.0.0.1:") {
		t.Errorf("described as %q", d)
	}
}

// TestNothingIsClaimedByAnUnknownClock: leases are kept by the server's clock.
func TestNothingIsClaimedByAnUnknownClock(t *testing.T) {
	o := opts("a")
	now := noon
	o.Now = func() time.Time { return now }
	opening, err := Open(t.Context(), address(t), o)
	if err != nil {
		t.Fatal(err)
	}
	defer opening.Close()
	s := opening.(*Store)
	s.stop() // nobody else looks at the clock
	s.after.Wait()
	if by, known := s.Offset(); !known || time.Since(noon.Add(by)).Abs() > time.Minute {
		t.Errorf("the offset is %v, %v", by, known)
	}
	if got := s.Now(); time.Since(got).Abs() > time.Minute {
		t.Errorf("the server's time is said to be %v", got)
	}
	claim := func() error {
		_, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		return err
	}
	if err := claim(); err != nil {
		t.Error(err)
	}
	now = noon.Add(measuredFor + time.Second)
	if err := claim(); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("claiming with an old offset: %v", err)
	}
	if err := s.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := claim(); err != nil {
		t.Errorf("after a new look at the clock: %v", err)
	}
}
