//go:build mongo

package site

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
)

// TestMain runs all tests over a replica set, too: pages assume nothing of one kind of store.
func TestMain(m *testing.M) {
	os.Exit(mongotest.Both("../..", func(set, _ *mongotest.Servers) int {
		var databases atomic.Int64
		alsoOver = func(t *testing.T) store.Store {
			t.Helper()
			at := strings.TrimPrefix(set.URI(fmt.Sprint("test", databases.Add(1))), "mongodb:")
			st, err := mongo.Open(t.Context(), at, store.Options{Owner: "test", Lease: time.Minute, Now: func() time.Time { return noon }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			return st
		}
		return m.Run()
	}))
}
