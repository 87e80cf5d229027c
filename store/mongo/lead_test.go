//go:build mongo

package mongo

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
	"collector/search"
	"collector/store"
)

// TestLedByWhatIsRarest: the index is asked by what is rarest in a search, as far as it
// tells, and by nothing where it would read more than the newest likes.
func TestLedByWhatIsRarest(t *testing.T) {
	s := opened(t, address(t), "a")
	var library []any
	for i := range 5000 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", ItemID: fmt.Sprint(i), LikedAt: noon.Add(-time.Duration(i) * time.Hour), Words: []string{"thing", fmt.Sprint("lag", i)}}
		for word, each := range map[string]int{"log": 3, "bits": 8, "raft": 50, "#go": 70} {
			if i%each == 0 {
				r.Words = append(r.Words, word)
			}
		}
		library = append(library, r)
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	words := func(words ...string) lead { return lead{words: words} }
	for query, want := range map[string]lead{
		"":                           {},
		"thing":                      words("thing"),
		"thing raft":                 words("raft"),
		"#go thing raft":             words("#go"),
		"thing (raft or log)":        words("log", "raft"),
		"raft or #go":                words("#go", "raft"),
		`"thing raft" or (log #go)`:  words("#go", "raft"),
		"raft or liked:2020":         {},
		"raft or -log":               {},
		"-raft":                      {},
		"lag*":                       {walk: true},
		"lag* -log":                  {walk: true},
		"bit*":                       {begins: "bit"},
		"lag* bit*":                  {begins: "bit"},
		"thing bit*":                 {begins: "bit"},
		"log bit*":                   {begins: "bit"},
		"raft lag*":                  words("raft"),
		"thing lag*":                 words("thing"),
		"thing -bit*":                words("thing"),
		"lag* or bit*":               {},
		"thing account:x":            {}, // lists have an index of their own
		"raft account:x":             words("raft"),
		"thing is:removed":           {}, // so has what is gone
		"thing liked:>2026-02-25":    words("thing"),
		"bit* liked:>2026-02-25":     {begins: "bit"},
		"log raft liked:>2026-02-28": words("raft"),
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
		if got, err := p.lead(t.Context(), q, fewLed); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is led by %+v, %v; want %+v", query, got, err, want)
		}
	}
}

// TestAnyLeadFindsTheSame: by what the index is asked changes nothing of what is found, and
// what leads is the only thing by which it is asked.
func TestAnyLeadFindsTheSame(t *testing.T) {
	s := opened(t, address(t), "a")
	if _, err := s.networks.InsertOne(t.Context(), network{ID: "n", User: "me", Service: "github", Account: "ada", AccountKey: "ada"}); err != nil {
		t.Fatal(err)
	}
	texts := []string{"raft", "raft log", "log raft", "rafts of logs", "paxos", "la paxos raft log", "lang go", "a log"}
	var library []any
	var docs []search.Doc
	for i := range 160 {
		r := &row{ID: bson.NewObjectID(), Net: "n", User: "me", Service: "github", LikedAt: noon.Add(-time.Duration(i) * time.Hour)}
		it := item.Item{ID: fmt.Sprint(i), Title: texts[i%8], Text: texts[i/8%8], Private: i%5 == 0, LikedAt: r.LikedAt}
		if it.Language = "Go"; i%3 == 0 {
			it.Language, it.Tags = "", []string{"Raft", "x"}
		}
		r.put(it)
		library, docs = append(library, r), append(docs, search.DocOf(it, "github", "ada", false))
	}
	if _, err := s.items.InsertMany(t.Context(), library); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, query := range []string{
		"raft", "raft log", `"raft log"`, `"raft log" paxos`, "raft -log", `raft -"raft log"`, "raft or log", "raft or #x", "(raft or log) paxos", "raft (raft or log)",
		`"log raft" or paxos`, `("raft log" or paxos) -lang:go`, "#x raft", "lang:go raft*", "la*", "la* raft", "la* ra*", "la* -raft", "raft* (log or paxos)", "is:private la*",
		"in:github raft", "account:ada raft log", "account:bob raft", "raft liked:>2026-02-25", "la* liked:<2026-02-26", "kind:x or raft", "-(-raft)", "raft -(log or la*)",
	} {
		e, bad := search.Parse(query, noon)
		if bad != nil {
			t.Fatal(bad)
		}
		var want []string
		for i, d := range docs {
			if search.Match(e, d) {
				want = append(want, fmt.Sprint(i))
			}
		}
		q := store.Query{User: "me", Expr: e}
		p, err := s.probing(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		sets, err := p.sets(t.Context(), e, fewLed)
		if err != nil {
			t.Fatal(err)
		}
		leads := []lead{{}, {walk: true}}
		for _, set := range sets {
			leads = append(leads, lead{words: set})
		}
		for _, b := range beginnings(e) {
			leads = append(leads, lead{begins: b})
		}
		for _, l := range leads {
			tried++
			c, err := s.conditionBy(t.Context(), q, p.users, l)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = s.matching(t.Context(), c, e, c.query(), options.Find().SetSort(where("likedAt", -1)), nil, func(r *row) bool {
				got = append(got, r.ItemID)
				return true
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, led by %+v: %v, %v; want %v", query, l, got, err, want)
			}
			if c.hint == "" {
				continue
			}
			find := bson.D{{Key: "find", Value: "items"}, {Key: "filter", Value: c.query()}, {Key: "sort", Value: where("likedAt", -1)}, {Key: "hint", Value: c.hint}}
			var plan struct {
				Planner struct {
					Rejected []bson.Raw `bson:"rejectedPlans"`
				} `bson:"queryPlanner"`
			}
			if err := s.items.Database().RunCommand(t.Context(), bson.D{{Key: "explain", Value: find}}).Decode(&plan); err != nil || len(plan.Planner.Rejected) > 0 {
				t.Errorf("%s, led by %+v: the server has tried %d other plans, %v", query, l, len(plan.Planner.Rejected), err)
			}
		}
	}
	if tried < 80 {
		t.Errorf("only %d tried", tried)
	}
}
