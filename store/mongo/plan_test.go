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
	"collector/state"
	"collector/store"
)

// TestQueriesUseTheirIndexes holds what is asked all day to the index that answers
// it: no collection is read through, and what comes in order is not sorted.
func TestQueriesUseTheirIndexes(t *testing.T) {
	s := opened(t, address(t), "a")
	var library []any // in which few items have the words that are searched
	for i := range 3000 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", Service: "github", ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour), Words: []string{"thing", fmt.Sprint("x", i)}}
		if i%500 == 0 {
			r.Words = append(r.Words, "raft", "log", "#go")
		}
		library = append(library, r)
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	var entries []any // of the log, of many networks
	for i := range 1000 {
		entries = append(entries, entry{Seq: int64(i + 1), Page: fmt.Sprint("page", i), Key: fmt.Sprint("key", i), User: "me", Network: fmt.Sprint("net", i%100)})
	}
	if _, err := s.changes.InsertMany(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	find := func(collection string, filter, sort bson.D) bson.D {
		c := bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter}}
		if sort != nil {
			c = append(c, bson.E{Key: "sort", Value: sort})
		}
		return c
	}
	searched := func(query string) bson.D {
		e, problem := search.Parse(query, noon)
		if problem != nil {
			t.Fatal(problem)
		}
		c, err := s.condition(t.Context(), store.Query{User: "me", Expr: e})
		if err != nil {
			t.Fatal(err)
		}
		return find("items", c.query(), byDate())
	}
	want := state.Claim{Mode: state.Normal, Owner: "a", Now: noon, Until: noon, N: 100, Services: map[string]int{"github": 20, "mastodon": 20}}
	for what, q := range map[string]struct {
		command bson.D
		index   string
		sorted  bool // a SORT step is allowed
	}{
		"a claim": {bson.D{
			{Key: "aggregate", Value: "networks"}, {Key: "pipeline", Value: duePipeline(want, want.Services, 100, 1)}, {Key: "cursor", Value: bson.D{}},
		}, indexDue, true},
		"the next wake":         {find("networks", wakeFilter(state.Normal, "github"), bson.D{{Key: "mode", Value: 1}, {Key: "service", Value: 1}, {Key: "wakeAt", Value: 1}}), indexDue, false},
		"known items":           {find("items", bson.D{{Key: "net", Value: "n"}, {Key: "itemId", Value: where("$in", bson.A{"1", "2"})}}, nil), indexOnce, false},
		"items without details": {find("items", bareFilter("n", noon), bson.D{{Key: "likedAt", Value: -1}, {Key: "itemId", Value: 1}}), indexBare, false},
		"the newest likes":      {searched(""), indexLikes, false},
		"a word":                {searched("raft"), indexWords, true},
		"two words":             {searched("raft log"), indexWords, true},
		"a beginning":           {searched("raf*"), indexWords, true},
		"a phrase":              {searched(`"raft log"`), indexWords, true},
		"a tag":                 {searched("#go"), indexWords, true},
		"likes that are gone":   {searched("is:removed"), indexRemoved, false},
		"gone, of a service":    {searched("is:removed in:github"), indexRemoved, false},
		"one of words":          {searched("raft or log"), indexWords, true},
		"the log of a user":     {find("changes", append(where("_id", where("$gt", 5)), append(told(), bson.E{Key: "user", Value: "me"})...), where("_id", 1)), "", false},
		"attempts":              {find("networks", forsaken(noon), nil), "attempts", false},
		"unpublished":           {find("networks", where("pending", true), nil), "unpublished", false},
		"the log of a network":  {find("changes", logged("net7"), nil), "network", false},
		"leases of an owner":    {find("networks", leased("a"), nil), "leases", false},
		"what nobody holds":     {find("networks", pending(noon), nil), "unpublished", false},
		"what is being deleted": {find("networks", where("purging", true), nil), "purging", false},
		"rows of the ledger":    {find("quotas", where("_id", bson.Regex{Pattern: "^x/"}), where("_id", 1)), "_id_", false},
		"accounts":              {find("accounts", bson.D{}, accountOrder()), "user", false},
		"uncounted":             {find("networks", where("uncounted", true), nil), "uncounted", false},
	} {
		lines, err := s.explain(q.command)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		plan := strings.Join(lines, ", ")
		if slices.Contains(lines, "COLLSCAN") || !q.sorted && slices.Contains(lines, "SORT") || !strings.Contains(plan, "IXSCAN "+q.index) {
			t.Errorf("%s is to use the index %q: %s", what, q.index, plan)
		}
	}
}

// TestLikeDaysReadTheIndexAlone: of one user and of several no document is read, and
// nothing is sorted.
func TestLikeDaysReadTheIndexAlone(t *testing.T) {
	s := opened(t, address(t), "a")
	var library []any
	for i := range 3000 {
		library = append(library, &row{ID: bson.NewObjectID(), Net: "n", User: []string{"me", "you"}[i%2], ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour)})
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	for _, whose := range []any{"me", where("$in", bson.A{"me", "you"})} {
		lines, err := s.explain(bson.D{
			{Key: "aggregate", Value: "items"}, {Key: "pipeline", Value: daysPipeline(where("user", whose), noon.Add(-1000*time.Hour), noon, 100)}, {Key: "cursor", Value: bson.D{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, not := range []string{"COLLSCAN", "FETCH", "SORT"} {
			if slices.Contains(lines, not) {
				t.Errorf("%v: a step is %s: %s", whose, not, strings.Join(lines, ", "))
			}
		}
		if !slices.Contains(lines, "IXSCAN "+indexLikes) {
			t.Errorf("%v: not by the index of likes: %s", whose, strings.Join(lines, ", "))
		}
	}
}

// TestPhrasesAreComparedAfterTheIndex: a phrase is narrower than its words, and what
// is not a phrase is wider.
func TestPhrasesAreComparedAfterTheIndex(t *testing.T) {
	c := &compiler{nets: func(string) ([]string, error) { return nil, nil }}
	for query, exact := range map[string]bool{
		"": true, "raft": true, "raf* log": true, `"raft log"`: false, `-"raft log"`: false, `-raft`: true, `x or "raft log"`: false,
		"-(-raft)": true, "in:github -#go": true, `-(-"raft log")`: false,
	} {
		e, _ := search.Parse(query, noon)
		if got := c.compile(e, 0); got.exact != exact {
			t.Errorf("%s: exact %v, want %v: %v", query, got.exact, exact, fmt.Sprint(got.filter))
		}
	}
}
