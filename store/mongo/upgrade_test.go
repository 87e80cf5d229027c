//go:build mongo

package mongo

import (
	"context"
	"errors"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
	"collector/store"
)

// heldUpAt is a handle that has not looked at its database yet, and of whose commands the
// first of a name waits until what is done meanwhile is done.
func heldUpAt(t *testing.T, at, command string, meanwhile func()) *Store {
	t.Helper()
	var once sync.Once
	return unopened(t, at, options.Client().SetMonitor(&event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == command {
			once.Do(meanwhile)
		}
	}}))
}

// TestTwoBringASchemaUp: one process is held up at each kind of its steps, while another
// brings the same database to the present schema and works with it.
func TestTwoBringASchemaUp(t *testing.T) {
	indexes := indexesOf(t, opened(t, address(t), "fresh"))
	for _, step := range []string{"create", "createIndexes", "findAndModify"} {
		t.Run(step, func(t *testing.T) {
			at := address(t)
			was := dump(t, firstSchema(t, at))
			other := false
			slow := heldUpAt(t, at, step, func() {
				other = true
				broughtUp(t, opened(t, at, "new"), was, indexes)
			})
			if err := slow.migrate(t.Context()); err != nil || !other {
				t.Fatalf("held up: %v, %v", other, err)
			}
			if now := indexesOf(t, slow); len(now) != len(indexes) {
				t.Errorf("%d indexes, %d were there", len(now), len(indexes))
			}
			if tally, err := slow.Tally(t.Context(), noon); err != nil || tally.Items != atRest+inWork+2 {
				t.Errorf("%d items are counted, %v", tally.Items, err)
			}
			if err := integrity(slow); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTwoFirstStarts: what another first start has begun meanwhile is not the data of
// another program.
func TestTwoFirstStarts(t *testing.T) {
	at := address(t)
	other := false
	slow := heldUpAt(t, at, "listCollections", func() {
		other = true
		if err := opened(t, at, "quick").AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", Name: "x"}); err != nil {
			t.Error(err)
		}
	})
	if err := slow.migrate(t.Context()); err != nil || !other {
		t.Fatalf("held up: %v, %v", other, err)
	}
	if a, err := slow.Account(t.Context(), "acc"); err != nil || a.Name != "x" {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestTheSchemaOnlyGrows: a process that is held up in a migration does not set back what
// one of a newer program has reached meanwhile, and does not go on with it.
func TestTheSchemaOnlyGrows(t *testing.T) {
	at := address(t)
	first := firstSchema(t, at)
	newer := len(first.migrations()) + 1
	slow := heldUpAt(t, at, "create", func() {
		if _, err := first.meta.UpdateByID(t.Context(), schemaID, set(where("version", newer))); err != nil {
			t.Error(err)
		}
	})
	if err := slow.migrate(t.Context()); !errors.Is(err, store.ErrNewer) {
		t.Errorf("a database that a newer program has changed meanwhile is opened: %v", err)
	}
	if version, err := first.schema(t.Context()); err != nil || version != newer {
		t.Errorf("the schema is %d after %d, %v", version, newer, err)
	}
}
