//go:build mongo

package mongo

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/search"
	"collector/store"
)

// TestLikesThatAreGoneGetTheirIndex: a database of an older program gets it when it is
// opened, twice if need be, and what is gone is found as before.
func TestLikesThatAreGoneGetTheirIndex(t *testing.T) {
	at := address(t)
	old := opened(t, at, "")
	if err := old.items.Indexes().DropOne(t.Context(), indexRemoved); err != nil {
		t.Fatal(err)
	}
	var library []any
	for i := range 20 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: []string{"me", "you"}[i%2], Service: "github", ItemID: fmt.Sprint(i), LikedAt: noon}
		if i < 4 {
			r.RemovedAt, r.Because = noon, "unliked"
		}
		library = append(library, r)
	}
	if _, err := old.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time as if the first one had ended before it was noted
		if _, err := old.meta.UpdateByID(t.Context(), schemaID, set(where("version", 2))); err != nil {
			t.Fatal(err)
		}
		s := opened(t, at, "")
		if version, err := s.schema(t.Context()); err != nil || version != len(s.migrations()) {
			t.Errorf("schema %d, %v", version, err)
		}
		specs, err := s.items.Indexes().ListSpecifications(t.Context())
		found := false
		for _, spec := range specs {
			found = found || spec.Name == indexRemoved
		}
		if err != nil || !found {
			t.Errorf("there is no index %q: %v", indexRemoved, err)
		}
		r, err := s.Search(t.Context(), store.Query{User: "me", Expr: search.Field{Name: "is", Value: "removed"}})
		if err != nil || len(r.Items) != 2 || r.Items[0].ID != "0" || r.Items[1].ID != "2" {
			t.Errorf("found %v, %v", r.Items, err)
		}
	}
}
