//go:build mongo

package mongo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/grant"
	"collector/grant/granttest"
	"collector/store"
	"collector/store/mongo/mongotest"
)

// replica and alone are what all tests of this package share; each test has a database of
// its own.
var replica, alone *mongotest.Servers

func TestMain(m *testing.M) {
	os.Exit(mongotest.Both("../..", func(set, single *mongotest.Servers) int {
		replica, alone = set, single
		return m.Run()
	}))
}

var databases atomic.Int64

func newDatabase() string { return fmt.Sprint("test", databases.Add(1)) }

// connected is a database of one of the servers, over a client that is closed with the test.
func connected(t *testing.T, on *mongotest.Servers, name string) *driver.Database {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(on.URI("")).SetHeartbeatInterval(500 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	return client.Database(name)
}

func opened(t *testing.T, db *driver.Database) *Store {
	t.Helper()
	s, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	for name, on := range map[string]func() *mongotest.Servers{
		"Replica":    func() *mongotest.Servers { return replica },
		"Standalone": func() *mongotest.Servers { return alone },
	} {
		t.Run(name, func(t *testing.T) {
			granttest.Run(t, func(t *testing.T) (one, other grant.Store) {
				db := newDatabase()
				return opened(t, connected(t, on(), db)), opened(t, connected(t, on(), db))
			})
		})
	}
}

func TestMade(t *testing.T) {
	db := connected(t, replica, newDatabase())
	for _, want := range []bool{false, true} {
		if made, err := Made(t.Context(), db); made != want || err != nil {
			t.Errorf("made: %v, want %v, %v", made, want, err)
		}
		opened(t, db)
	}
}

// TestOpenRefusesANewerSchema, and changes nothing.
func TestOpenRefusesANewerSchema(t *testing.T) {
	db := connected(t, replica, newDatabase())
	opened(t, db)
	if _, err := db.Collection(versions).UpdateByID(t.Context(), "schema", is("$set", is("version", 99))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), db); !errors.Is(err, store.ErrNewer) {
		t.Errorf("opening a newer schema: %v", err)
	}
}

// TestNoDocumentHoldsAText reads all that is kept.
func TestNoDocumentHoldsAText(t *testing.T) {
	s := opened(t, connected(t, replica, newDatabase()))
	g := grant.New(s, nil)
	secret, _, err := g.Make(t.Context(), time.Now(), grant.Operator(), grant.Ask{Kind: grant.Token, Scopes: []grant.Scope{grant.Read}, Name: "adelheid"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.grants.FindOne(t.Context(), bson.D{}).Raw()
	if err != nil || !strings.Contains(string(raw), "adelheid") || strings.Contains(string(raw), secret[3:]) {
		t.Errorf("%v: %s", err, raw)
	}
}

const shutdown = 91 // ShutdownInProgress

// TestALostAnswerIsNoSuccess: whoever is not told that a link was used up is not let in by
// it, and it is good for nobody a second time; and a revocation that is not confirmed is an
// error.
func TestALostAnswerIsNoSuccess(t *testing.T) {
	s := opened(t, connected(t, replica, newDatabase()))
	lose := func(command string) {
		t.Helper()
		err := replica.Members[0].Command(t.Context(), bson.D{
			{Key: "configureFailPoint", Value: "failCommand"},
			{Key: "mode", Value: is("times", 2)}, // the driver repeats what failed once by itself
			{Key: "data", Value: bson.D{
				{Key: "failCommands", Value: bson.A{command}},
				{Key: "namespace", Value: s.grants.Database().Name() + "." + s.grants.Name()},
				{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: shutdown}, {Key: "errmsg", Value: "going down"}}},
			}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	r := grant.Record{Hash: grant.HashOf("a"), ID: "g_1", Kind: grant.Login}
	if err := s.Add(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	lose("findAndModify")
	if got, err := s.Take(t.Context(), r.Hash); err == nil || errors.Is(err, grant.ErrUnknown) {
		t.Errorf("taken: %+v, %v", got, err)
	}
	if got, err := s.Take(t.Context(), r.Hash); !errors.Is(err, grant.ErrUnknown) {
		t.Errorf("taken again: %+v, %v", got, err)
	}
	if err := s.Add(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	lose("delete")
	if err := s.Remove(t.Context(), r.ID); err == nil || errors.Is(err, grant.ErrUnknown) {
		t.Errorf("removed: %v", err)
	}
	if got, err := s.Find(t.Context(), r.Hash); !errors.Is(err, grant.ErrUnknown) {
		t.Errorf("it is %+v, %v", got, err)
	}
}
