//go:build mongo

package search

import (
	"errors"
	"strings"
	"testing"

	"collector/store/memory"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
)

// With the tag all is run; scripts/mongod finds a server.
func init() { measurements, keeps["mongo"] = Measurements(), OnServer }

// TestAnswersAreRightOnMongo is TestAnswersAreRight over MongoDB.
func TestAnswersAreRightOnMongo(t *testing.T) {
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	server, err := mongotest.Large(t.Context(), program, t.TempDir())
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if err != nil {
		t.Fatal(err)
	}
	st, err := mongo.Open(t.Context(), strings.TrimPrefix(server.URI("library"), "mongodb:"), options())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ours, err1 := newLibrary(t.Context(), st, 1)
	reference, err2 := newLibrary(t.Context(), memory.New(), 1)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ours.fill(t.Context(), 3000), reference.fill(t.Context(), 3000)); err != nil {
		t.Fatal(err)
	}
	sameAnswers(t, ours, reference)
}
