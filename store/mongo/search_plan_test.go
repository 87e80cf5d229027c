//go:build mongo

package mongo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/search"
	"collector/store"
)

// TestSearchSortsNothing reads how the server finds a page of the newest likes: from
// an index that has them in this order, whatever is asked for and for whom.
func TestSearchSortsNothing(t *testing.T) {
	s := opened(t, address(t), "a")
	ctx := t.Context()
	if _, err := s.networks.InsertOne(ctx, network{ID: "n", User: "me", Service: "github"}); err != nil {
		t.Fatal(err)
	}
	var library []any // every item is a thing, some are of raft
	for i := range 3000 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", Service: "github", ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour), Words: []string{"thing", fmt.Sprint("x", i)}}
		if i%50 == 0 {
			r.Words = append(r.Words, "raft", "log", "#go")
		}
		library = append(library, r)
	}
	if _, err := s.items.InsertMany(ctx, library); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query, user string
		indexes     []string // any of these
	}{
		{"", "me", []string{indexLikes}},
		{"", "", []string{indexLikes}},
		{"raft", "me", []string{indexWords, indexLikes}},
		{"raft log", "me", []string{indexWords, indexLikes}},
		{"raft", "", []string{indexWords, indexLikes}},
		{"#go liked:>2020", "me", []string{indexWords, indexLikes}},
		{"raft or log", "me", []string{indexWords, indexLikes}},
		{"raft or #go", "me", []string{indexWords, indexLikes}},
		{"thing or log", "", []string{indexWords, indexLikes}},
	} {
		e, bad := search.Parse(c.query, noon)
		if bad != nil {
			t.Fatal(bad)
		}
		x := s.led(t, store.Query{User: c.user, Expr: e})
		find := bson.D{{Key: "find", Value: "items"}, {Key: "filter", Value: x.query()}, {Key: "sort", Value: where("likedAt", -1)}}
		if x.hint != "" {
			find = append(find, bson.E{Key: "hint", Value: x.hint})
		}
		lines, err := s.explain(find)
		if err != nil {
			t.Fatal(err)
		}
		used := slices.ContainsFunc(c.indexes, func(name string) bool { return slices.Contains(lines, "IXSCAN "+name) })
		if !used || slices.Contains(lines, "SORT") || slices.Contains(lines, "COLLSCAN") {
			t.Errorf("%q for %q is answered by %s", c.query, c.user, strings.Join(lines, ", "))
		}
	}
	p, err := s.probing(ctx, store.Query{User: "me"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := p.counted(ctx, "raft", 3)
	if err != nil || n != 3 {
		t.Errorf("counted %d, %v, want 3 of more", n, err)
	}
}

// TestWhatIsTooCommonIsNotRead: the index tells that words are too common to be ranked.
func TestWhatIsTooCommonIsNotRead(t *testing.T) {
	s := opened(t, address(t), "a")
	var library []any
	for i := range store.BestMost + 1 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", Service: "github", ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour), Words: []string{"thing", "other", "#all"}}
		if i%50 == 0 {
			r.Words = append(r.Words, "raft", "log")
		}
		library = append(library, r)
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]bool{
		"raft": true, "thing": false, "thing or raft": false, "raft or log": true, "thing raft": true, "thing other": false, `"thing other"`: false, `"thing raft"`: true,
		"thing #all": false, "thing -raft": true, "thing other -raft": false, "thing in:github": false, "thing liked:>2026-01-01": true, "thing liked:>2000": false, "thing (raft or thing)": false, "-thing raft": true, "thing (raft or log)": true, "none": true, "": true,
	} {
		e, bad := search.Parse(query, noon)
		if bad != nil {
			t.Fatal(bad)
		}
		q := store.Query{User: "me", Expr: e}
		p, err := s.probing(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.fewEnough(t.Context(), q); err != nil || got != want {
			t.Errorf("%q is few enough: %v, %v", query, got, err)
		}
		ofAll := &probe{s: s}
		if _, err := ofAll.fewEnough(t.Context(), store.Query{Expr: e}); err != nil {
			t.Errorf("%q of too many users: %v", query, err)
		}
	}
}

// TestFacetsReadNoCommonListToItsEnd: of two words that stand in every item and hardly
// ever side by side, the newest likes alone are counted.
func TestFacetsReadNoCommonListToItsEnd(t *testing.T) {
	s := opened(t, address(t), "a")
	if _, err := s.networks.InsertOne(t.Context(), network{ID: "n", User: "me", Service: "github"}); err != nil {
		t.Fatal(err)
	}
	var library []any
	for i := range 100 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", Service: "github", ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour)}
		if r.Title = "thing of other"; i == 99 {
			r.Title = "thing other"
		}
		if i > 80 {
			r.Title += " rare"
		}
		if r.Words = strings.Fields(r.Title); i > 60 {
			r.Words = append(r.Words, "old")
		}
		library = append(library, r)
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	newest := store.Facets{Since: noon.Add(-9 * time.Hour)}
	words := store.Facets{Since: noon.Add(-29 * time.Hour)} // of a word that stands in more than 30 items the newest 30 are read
	some := store.Facets{Counted: 1, Whole: true}
	for query, want := range map[string]store.Facets{
		`"thing other"`:           words,
		`"thing other" old`:       {Since: noon.Add(-90 * time.Hour)},
		`thing -of`:               words,
		`(thing or nothing) -of`:  words,
		`(old or of) -thing`:      words,
		`th* (rar* or nothing)`:   newest,
		`th* -of`:                 newest,
		`("of thing" or th*) -of`: newest,
		`"thing other" rare`:      some,
		`rare -of`:                some,
		`rar* -of`:                some,
		`(rare or nothing) -of`:   some,
		`(rar* or nothing) -of`:   some,
		`("of none" or rare) -of`: some,
	} {
		e, bad := search.Parse(query, noon)
		if bad != nil {
			t.Fatal(bad)
		}
		got, err := s.Facets(t.Context(), store.Query{User: "me", Expr: e}, 5)
		if err != nil || got.Counted != want.Counted || got.Whole != want.Whole || !got.Since.Equal(want.Since) {
			t.Errorf("%s: counted %d, whole %v, since %v, %v; want %+v", query, got.Counted, got.Whole, got.Since, err, want)
		}
	}
}

// TestRankedByTheRarestWord: of several words that every hit has, the index is asked by the
// rarest, wherever it stands in the query, and by no other.
func TestRankedByTheRarestWord(t *testing.T) {
	s := opened(t, address(t), "a")
	var library []any
	for i := range 300 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", Service: "github", ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour), Words: []string{"thing", "#go"}}
		if i%50 == 0 {
			r.Words = append(r.Words, "raft")
		}
		library = append(library, r)
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"raft thing #go", "thing raft #go", "#go thing raft", `"thing raft" #go`} {
		e, bad := search.Parse(query, noon)
		if bad != nil {
			t.Fatal(bad)
		}
		x := s.led(t, store.Query{User: "me", Expr: e})
		var plan struct {
			Stats struct {
				Keys int `bson:"totalKeysExamined"`
				N    int `bson:"nReturned"`
			} `bson:"executionStats"`
		}
		find := bson.D{{Key: "find", Value: "items"}, {Key: "filter", Value: x.query()}, {Key: "hint", Value: x.hint}}
		err := s.items.Database().RunCommand(t.Context(), bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "executionStats"}}).Decode(&plan)
		if err != nil || plan.Stats.N != 6 || plan.Stats.Keys > 7 {
			t.Errorf("%s: %d found by %d entries of the index, %v; want 6 by as many", query, plan.Stats.N, plan.Stats.Keys, err)
		}
	}
}

// led is what a search asks the server for.
func (s *Store) led(t *testing.T, q store.Query) condition {
	t.Helper()
	p, err := s.probing(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.condition(t.Context(), q, store.BestMost)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
