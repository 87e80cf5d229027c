//go:build mongo

package mongo

import (
	"fmt"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/limit"
)

// TestManyRowsAreReadOnce: of thousands some always change, and whoever waited for two
// looks that are alike would wait for ever. Few are read until they are.
func TestManyRowsAreReadOnce(t *testing.T) {
	for n, want := range map[int]int{5: 5, sameMost + 1: 1} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			at := address(t)
			first := idleHandle(t, at)
			change := func(key string) {
				if err := first.UpdateQuotas(t.Context(), []string{key}, func(r []*limit.Row) error { r[0].Used++; return nil }); err != nil {
					t.Error(err)
				}
			}
			for i := range n {
				change(fmt.Sprint("row/", i))
			}
			looks := 0
			s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
				if of, _ := command.Lookup(name).StringValueOK(); name == "find" && of == "quotas" {
					if looks++; looks < 5 {
						change("row/1")
					}
				}
			})
			rows, err := s.Quotas(t.Context(), "row/")
			if err != nil || len(rows) != n || looks != want {
				t.Errorf("%d rows after %d looks, want %d after %d: %v", len(rows), looks, n, want, err)
			}
		})
	}
}

// TestWhatWasDecidedIsOwed: a process died when it had decided what several rows become, and
// had written the first of them alone. Whoever frees what it has outstanding finds it all.
func TestWhatWasDecidedIsOwed(t *testing.T) {
	s := idleHandle(t, address(t))
	lent := `{"lent":[{"id":"1","proc":"dead-1","left":3,"until":"2026-11-22T13:00:00Z","fence":"2026-11-22T13:00:00Z"}]}`
	for _, q := range []quota{
		{Key: "a", Version: 1, By: "x", Row: lent, Decided: &change{By: "x", Rows: []wantedAs{{Key: "b", Row: lent}}}},
		{Key: "b", Version: 1, By: "x", Row: "{}", Held: &held{By: "x", First: "a"}},
		{Key: "c", Version: 1, By: "y", Row: "{}"},
	} {
		if _, err := s.quotas.InsertOne(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := s.Owing(t.Context(), []string{"dead-1"})
	if err != nil || !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("the rows %v owe, %v", keys, err)
	}
	if err := limit.New(s, "other", s.o.Now).Forget(t.Context(), []string{"dead-1"}); err != nil {
		t.Error(err)
	}
	if keys, err = s.Owing(t.Context(), []string{"dead-1"}); err != nil || len(keys) > 0 {
		t.Errorf("once it was freed the rows %v owe, %v", keys, err)
	}
}
