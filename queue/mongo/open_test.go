//go:build mongo

package mongo

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// TestOpenGoesOnAfterADeath: a first start may end between any two of its steps, and
// others may start at the same time.
func TestOpenGoesOnAfterADeath(t *testing.T) {
	db := database(t, replica, options.Client())
	s := opened(t, db)
	for what, undo := range map[string]func() error{
		"the version": func() error { return nil },
		"an index":    func() error { return s.jobs.Indexes().DropOne(t.Context(), indexReady) },
		"the signals": func() error { return s.signals.Drop(t.Context()) },
		"the signals and an index": func() error {
			_ = s.signals.Drop(t.Context())
			return s.jobs.Indexes().DropOne(t.Context(), indexLease)
		},
	} {
		if err := undo(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.meta.DeleteOne(t.Context(), is("_id", schemaID)); err != nil {
			t.Fatal(err)
		}
		again := opened(t, db)
		added(t, again, 3, queue.Job{ID: what})
		if got := claimed(t, again, 3); len(got) != 3 {
			t.Errorf("after %s was not made: %d of 3 claimed", what, len(got))
		}
	}
}

// TestOpenRefusesANewerSchema, and changes nothing.
func TestOpenRefusesANewerSchema(t *testing.T) {
	db := database(t, replica, options.Client())
	s := opened(t, db)
	newer := len(s.migrations()) + 1
	if _, err := s.meta.UpdateByID(t.Context(), schemaID, is("$set", is("version", newer))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), db, Options{}); err == nil || !strings.Contains(err.Error(), "upgrade the program") {
		t.Errorf("opening a newer schema: %v", err)
	}
	var at struct{ Version int }
	if err := s.meta.FindOne(t.Context(), is("_id", schemaID)).Decode(&at); err != nil || at.Version != newer {
		t.Errorf("the schema is now %d, %v", at.Version, err)
	}
}

// TestPrefixesKeepApart has two stores in one database.
func TestPrefixesKeepApart(t *testing.T) {
	db := database(t, alone, options.Client())
	one := opened(t, db)
	two, err := Open(t.Context(), db, Options{Prefix: "two_"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(two.Close)
	added(t, one, 1, queue.Job{ID: "a"})
	if got := claimed(t, two, 10); len(got) != 0 {
		t.Errorf("claimed %v of the other store", got)
	}
	added(t, two, 1, queue.Job{ID: "a"})
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) != 8 {
		t.Errorf("collections %v, %v", names, err)
	}
}
