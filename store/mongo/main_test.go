//go:build mongo

package mongo

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/store"
	"collector/store/mongo/mongotest"
	"collector/store/storetest"
)

// noon is the time of the tests.
var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// replica and alone are what all tests of this package share; each test has a
// database of its own.
var replica, alone *mongotest.Servers

func TestMain(m *testing.M) {
	if code, is := isChild(); is {
		os.Exit(code)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	flag.Parse()
	if err := flag.Set("rapid.checks", "25"); err != nil { // more: -rapid.checks 1000 after -run
		panic(err)
	}
	return mongotest.Both("../..", func(set, single *mongotest.Servers) int {
		replica, alone = set, single
		return m.Run()
	})
}

var databases atomic.Int64

// address is that of a database of the replica set that nothing else uses, without
// "mongodb:".
func address(t *testing.T) string { return addressOn(t, replica) }

func addressOn(t *testing.T, on *mongotest.Servers) string {
	t.Helper()
	name := fmt.Sprint("test", databases.Add(1))
	t.Cleanup(func() {
		if err := on.Drop(context.WithoutCancel(t.Context()), name); err != nil {
			t.Log(err)
		}
	})
	return strings.TrimPrefix(on.URI(name), "mongodb:")
}

func opts(owner string) store.Options {
	return store.Options{Owner: owner, Lease: storetest.Lease, Now: func() time.Time { return noon }}
}

// opened is a handle on a database, closed with the test.
func opened(t *testing.T, at, owner string) *Store {
	t.Helper()
	s, err := Open(t.Context(), at, opts(owner))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*Store)
}
