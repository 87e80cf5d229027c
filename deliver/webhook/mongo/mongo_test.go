//go:build mongo

package mongo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/deliver/webhook"
	"collector/deliver/webhook/webhooktest"
	"collector/store"
	"collector/store/mongo/mongotest"
)

// replica and alone are what all tests of this package share; each test has a database of
// its own.
var replica, alone *mongotest.Servers

func TestMain(m *testing.M) {
	os.Exit(mongotest.Both("../../..", func(set, single *mongotest.Servers) int {
		replica, alone = set, single
		return m.Run()
	}))
}

var databases atomic.Int64

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
			webhooktest.Run(t, func(t *testing.T) (one, other webhook.Store) {
				db := fmt.Sprint("test", databases.Add(1))
				return opened(t, connected(t, on(), db)), opened(t, connected(t, on(), db))
			})
		})
	}
}

// TestOpenRefusesANewerSchema, and changes nothing.
func TestOpenRefusesANewerSchema(t *testing.T) {
	db := connected(t, replica, fmt.Sprint("test", databases.Add(1)))
	opened(t, db)
	if _, err := db.Collection(versions).UpdateByID(t.Context(), "schema", is("$set", is("version", 99))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), db); !errors.Is(err, store.ErrNewer) {
		t.Errorf("opening a newer schema: %v", err)
	}
}

const shutdown = 91 // ShutdownInProgress

// fail has the server fail so many commands of a name on the collection.
func fail(t *testing.T, s *Store, command string, how bson.D) {
	t.Helper()
	err := replica.Members[0].Command(t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"},
		{Key: "mode", Value: is("times", 2)}, // the driver repeats what failed once by itself
		{Key: "data", Value: append(bson.D{
			{Key: "failCommands", Value: bson.A{command}}, {Key: "namespace", Value: s.hooks.Database().Name() + "." + s.hooks.Name()},
		}, how...)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// TestALostAnswerIsReadAgain loses the answer to each change, and the change itself: the
// caller is told what became of it.
func TestALostAnswerIsReadAgain(t *testing.T) {
	for what, how := range map[string]bson.D{
		"the answer": {{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: shutdown}, {Key: "errmsg", Value: "going down"}}}},
		"the change": {{Key: "errorCode", Value: shutdown}},
	} {
		t.Run(what, func(t *testing.T) {
			s := opened(t, connected(t, replica, fmt.Sprint("test", databases.Add(1))))
			r := webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1", User: "anna"}}
			made := what == "the answer"
			told := func(step string, err error) {
				t.Helper()
				if made != (err == nil) || errors.Is(err, webhook.ErrChanged) || errors.Is(err, webhook.ErrUnknown) {
					t.Errorf("%s: %v", step, err)
				}
			}
			fail(t, s, "insert", how)
			v, err := s.Put(t.Context(), r)
			told("adding", err)
			if !made {
				if v, err = s.Put(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			r.Version, r.User = v, "berta"
			fail(t, s, "update", how)
			_, err = s.Put(t.Context(), r)
			told("changing", err)
			got, err := s.Get(t.Context(), "wh_1")
			if err != nil || made != (got.Version == 2 && got.User == "berta") || !made != (got.Version == 1 && got.User == "anna") {
				t.Errorf("it is %+v, %v", got, err)
			}
			fail(t, s, "update", how)
			told("removing", s.Remove(t.Context(), "wh_1"))
			if n, err := s.Count(t.Context()); made != (n == 0) || err != nil {
				t.Errorf("%d are left, %v", n, err)
			}
		})
	}
}

// TestWebhooksOfAnEarlierProgram, which kept their users in the text alone, are their users'
// still; a change notes whose one is.
func TestWebhooksOfAnEarlierProgram(t *testing.T) {
	db := connected(t, replica, fmt.Sprint("test", databases.Add(1)))
	s := opened(t, db)
	for _, id := range []string{"wh_annas", "wh_bobs"} {
		if _, err := s.Put(t.Context(), webhook.Record{Endpoint: webhook.Endpoint{ID: id, User: id[3 : len(id)-1], URL: "https://x.example/"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Collection(collection).UpdateMany(t.Context(), bson.D{}, is("$unset", is("user", ""))); err != nil {
		t.Fatal(err)
	}
	list, err := s.Of(t.Context(), "anna")
	if err != nil || len(list) != 1 || list[0].ID != "wh_annas" {
		t.Fatalf("of anna: %+v, %v", list, err)
	}
	if _, err := s.Put(t.Context(), list[0]); err != nil {
		t.Fatal(err)
	}
	n, err := db.Collection(collection).CountDocuments(t.Context(), is("user", "anna"))
	if err != nil || n != 1 {
		t.Errorf("%d are noted as hers after a change, %v", n, err)
	}
}
