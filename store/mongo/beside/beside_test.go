//go:build mongo

package beside

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/store"
	"collector/store/mongo/mongotest"
)

var replica *mongotest.Servers

func TestMain(m *testing.M) {
	os.Exit(mongotest.Both("../../..", func(set, _ *mongotest.Servers) int {
		replica = set
		return m.Run()
	}))
}

// TestMigrate runs each step in its order, those that are new later, one that failed again,
// and none where a newer program was there.
func TestMigrate(t *testing.T) {
	client, err := driver.Connect(options.Client().ApplyURI(replica.URI("")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	db := client.Database("beside")
	versions := Collection(db, "notes_meta")
	var ran []int
	step := func(n int, err error) func(context.Context) error {
		return func(context.Context) error { ran = append(ran, n); return err }
	}
	failure := errors.New("no")
	for _, c := range []struct {
		steps []func(context.Context) error
		want  []int
		err   error
	}{
		{[]func(context.Context) error{step(1, nil), step(2, failure)}, []int{1, 2}, failure},
		{[]func(context.Context) error{step(1, nil), step(2, nil)}, []int{2}, nil},
		{[]func(context.Context) error{step(1, nil), step(2, nil)}, nil, nil},
		{[]func(context.Context) error{step(1, nil), step(2, nil), step(3, nil)}, []int{3}, nil},
		{[]func(context.Context) error{step(1, nil)}, nil, store.ErrNewer},
	} {
		ran = nil
		if err := Migrate(t.Context(), versions, "notes", c.steps...); !errors.Is(err, c.err) || !slices.Equal(ran, c.want) {
			t.Errorf("%d steps: ran %v, want %v; %v, want %v", len(c.steps), ran, c.want, err, c.err)
		}
	}
	for _, want := range []bool{false, true} {
		if made, err := Made(t.Context(), db, "notes", "notes"); made != want || err != nil {
			t.Errorf("made: %v, want %v, %v", made, want, err)
		}
		if _, err := Collection(db, "notes").InsertOne(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
	}
}
