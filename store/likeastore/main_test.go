//go:build mongo

package likeastore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/auth"
	"collector/store"
	"collector/store/mongo/mongotest"
	"collector/store/sqlite"
)

// server is what all tests of this package share; each has a database of its own.
var server *mongotest.Servers

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mongod-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err == nil {
		server, err = mongotest.Standalone(ctx, program, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Stop()
	return m.Run()
}

// database fills an old database of its own and returns its address.
func database(t *testing.T, networks, items []any) (address string, db *driver.Database) {
	t.Helper()
	address = server.URI(strings.ToLower(t.Name()))
	client, err := driver.Connect(options.Client().ApplyURI(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.Background()) })
	db = client.Database(strings.ToLower(t.Name()))
	for name, docs := range map[string][]any{"networks": networks, "items": items} {
		if len(docs) == 0 {
			continue
		}
		if _, err := db.Collection(name).InsertMany(t.Context(), docs); err != nil {
			t.Fatal(err)
		}
	}
	return address, db
}

// stored is a document of an item.
func stored(user, kind, id string, more bson.M) bson.M {
	d := bson.M{
		"_id": bson.NewObjectID(), "user": user, "type": kind, "itemId": id, "name": "thing " + id, "source": "https://example.org/" + id,
		"date": bson.NewDateTimeFromTime(ran), "created": bson.NewDateTimeFromTime(first), "userData": bson.M{"email": user},
	}
	for k, v := range more {
		d[k] = v
	}
	return d
}

// opened is a source over a database, and a target.
func opened(t *testing.T, address string) (*Source, store.Movable) {
	t.Helper()
	s, err := Open(t.Context(), address, infos(), func(account string, c auth.Credential) (auth.Record, error) {
		return auth.Record{Account: account, KeyID: "key", Sealed: []byte("sealed " + c.Access.Reveal())}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	to, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "collector.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	return s, to.(store.Movable)
}
