//go:build mongo

package likeastore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
	"collector/store"
	"collector/store/move"
)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// grown are the documents of a database with all its faults.
func grown() (networks, items []any) {
	networks = []any{
		old(nil),
		old(bson.M{"_id": bson.NewObjectID(), "accessToken": nil}), // anna, once more
		old(bson.M{"_id": bson.NewObjectID(), "user": "berta@example.org", "mode": "rateLimit", "prevMode": "initial", "page": 2.0}),
		old(bson.M{"_id": bson.NewObjectID(), "user": "carla@example.org", "disabled": true, "accessToken": "gho_carla0123456"}),
		old(bson.M{"_id": bson.NewObjectID(), "service": "gist"}),
		old(bson.M{"_id": bson.NewObjectID(), "service": "twitter", "accessTokenSecret": "x"}),
		old(bson.M{"_id": bson.NewObjectID(), "user": nil}),
	}
	items = []any{
		stored("anna@example.org", "github", "1", nil), stored("anna@example.org", "github", "2", nil),
		stored("anna@example.org", "github", "2", bson.M{"name": "renamed", "date": bson.NewDateTimeFromTime(due)}),
		stored("anna@example.org", "github", "3", bson.M{"source": nil}),
		stored("anna@example.org", "github", "1", bson.M{"gist": true}), // the id of a repository
		stored("anna@example.org", "twitter", "2", nil),
		stored("berta@example.org", "github", "1", nil),
		stored("nobody@example.org", "github", "9", nil),
	}
	return networks, items
}

func TestTakeOver(t *testing.T) {
	networks, items := grown()
	address, db := database(t, networks, items)
	before := contents(t, db)
	s, to := opened(t, address)
	v, err := s.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := v
	got.Left = nil
	if want := (Survey{Networks: 3, Initial: 1, Normal: 2, Limited: 1, Disabled: 1, Items: 3}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("survey %+v, want %+v", got, want)
	}
	var left []string
	for _, l := range v.Left {
		left = append(left, fmt.Sprint(l.N, " ", l.What, " ", l.Why[:12]))
	}
	slices.Sort(left)
	want := []string{
		`1 items "gist" has n`, `1 items "twitter" ha`, "1 items another docu", "1 items no network c", "1 items they have no",
		`1 networks "gist" has n`, `1 networks "twitter" ha`, "1 networks the user had", "1 networks they name no", "2 ids two services",
	}
	if fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("left\n%s\nwant\n%s", strings.Join(left, "\n"), strings.Join(want, "\n"))
	}
	r, err := move.Run(t.Context(), s, to, move.Options{Name: "old", Now: at(due.Add(time.Hour)), Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.Parts[store.PartAccounts] != 3 || r.Parts[store.PartCredentials] != 3 || r.Parts[store.PartItems] != 3 {
		t.Errorf("moved %v", r.Parts)
	}
	if after := contents(t, db); after != before {
		t.Errorf("the old database was changed:\n%s\n%s", before, after)
	}
	ns, err := to.Networks(t.Context(), store.Filter{User: "anna@example.org"})
	if err != nil || len(ns) != 1 || ns[0].Mode != state.Normal || ns[0].Items != 2 || ns[0].Service != "github" {
		t.Fatalf("%+v, %v", ns, err)
	}
	if c, err := to.Credential(t.Context(), ns[0].AccountID); err != nil || string(c.Sealed) != "sealed gho_old0123456789" || c.Version != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	known, err := to.Known(t.Context(), ns[0].ID, 1, []string{"1", "2"})
	if err != nil || slices.Contains(known, true) {
		t.Errorf("imported items are known: %v, %v", known, err)
	}
	found := map[string]string{}
	err = to.Each(t.Context(), store.Query{Network: ns[0].ID}, func(l store.Liked) error {
		found[l.ID] = fmt.Sprint(l.Title, " ", l.FirstSeenAt.Equal(ran))
		return nil
	})
	if err != nil || found["1"] != "thing 1 true" || found["2"] != "renamed true" {
		t.Errorf("%v, %v", found, err)
	}
	if due, err := to.Wakes(t.Context(), state.Initial); err != nil || due["github"].IsZero() {
		t.Errorf("berta's history is not due: %v, %v", due, err)
	}
}

// contents is everything that a database holds.
func contents(t *testing.T, db *driver.Database) string {
	t.Helper()
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var out strings.Builder
	for _, name := range names {
		cursor, err := db.Collection(name).Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		if err != nil {
			t.Fatal(err)
		}
		var docs []bson.D
		if err := cursor.All(t.Context(), &docs); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, name, docs)
	}
	return out.String()
}

// TestSourceIsRead holds the source to the contract of store.Source: all of a part
// in the order of keys, whatever the batch.
func TestSourceIsRead(t *testing.T) {
	networks, items := grown()
	for i := range 25 {
		networks = append(networks, old(bson.M{"_id": bson.NewObjectID(), "user": fmt.Sprint("u", i)}))
		items = append(items, stored(fmt.Sprint("u", i), "github", fmt.Sprint(i), nil))
	}
	address, _ := database(t, networks, items)
	s, _ := opened(t, address)
	for p, want := range map[store.Part]int{store.PartAccounts: 28, store.PartCredentials: 28, store.PartNetworks: 28, store.PartItems: 28, store.PartQuotas: 0, store.PartQuarantine: 0} {
		for _, batch := range []int{1, 3, 100} {
			n, after := 0, ""
			for {
				some, err := s.Take(t.Context(), p, after, batch)
				if err != nil {
					t.Fatal(err)
				}
				if len(some) == 0 {
					break
				}
				for _, r := range some {
					if n++; r.Key() <= after {
						t.Errorf("%s: %q comes after %q", p, r.Key(), after)
					}
					after = r.Key()
				}
			}
			if n != want {
				t.Errorf("%s in batches of %d: %d, want %d", p, batch, n, want)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	address, db := database(t, []any{old(nil)}, nil)
	s, to := opened(t, address)
	if _, err := move.Run(t.Context(), s, to, move.Options{Name: "old", Now: at(ran.Add(time.Minute))}); err == nil || !strings.Contains(err.Error(), "Likeastore") {
		t.Errorf("the old program at work: %v", err)
	}
	if _, err := db.Collection("meta").InsertOne(t.Context(), bson.M{"_id": "schema", "version": 1}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{db.Name(), "nothing"} {
		if _, err := Open(t.Context(), server.URI(name), infos(), nil); err == nil || !strings.Contains(err.Error(), "no database of Likeastore") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
