package sqlite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/search"
	"collector/state"
	"collector/store"
)

// TestPlans reads how SQLite answers the statements whose cost must not grow
// with the store: each through the index named, and none through a whole table.
func TestPlans(t *testing.T) {
	s := open(t, file(t))
	library(t, s)
	want := state.Claim{Now: noon, Until: noon.Add(time.Minute), N: 10, Services: map[string]int{"github": 5, "mastodon": 5}}
	lists := func(head ...any) []any {
		for range chunk {
			head = append(head, "x")
		}
		return head
	}
	searching := func(q store.Query) (string, []any) {
		p, err := s.plan(t.Context(), q)
		if err != nil || p == nil {
			t.Fatalf("%v: %v", q, err)
		}
		if p.driving == "" {
			return p.side(&store.Place{Liked: 1, Network: "n", Item: "i"}, 50)
		}
		return p.query(&store.Place{Liked: 1, Network: "n", Item: "i"}, 50)
	}
	newest, newestArgs := searching(store.Query{User: "me"})
	gone, goneArgs := searching(store.Query{User: "me", Expr: search.And{search.Field{Name: "is", Value: "removed"}, search.Field{Name: "in", Value: "github"}}})
	word, wordArgs := searching(store.Query{User: "me", Expr: search.And{search.Word("raft"), search.Field{Name: "in", Value: "github"}}})
	p, err := s.plan(t.Context(), store.Query{User: "me", Expr: search.Word("raft")})
	if err != nil {
		t.Fatal(err)
	}
	ranked, rankedArgs := p.ranked()
	for name, c := range map[string]struct {
		query string
		args  []any
		uses  []string
		sorts bool
	}{
		"claim":  {pickQuery(2), pickArgs(want, []string{"github", "mastodon"}), []string{"INDEX leases_wake (mode=? AND service=? AND wake_at>? AND wake_at<?)", "INDEX leases_held (lease_until>?)"}, true},
		"clock":  {putOffQuery, []any{1}, []string{"INDEX leases_set (set_at>?)"}, false},
		"wakes":  {wakesQuery, []any{0}, []string{"INDEX leases_wake"}, false},
		"bare":   {bareQuery, []any{"n", 1, 1}, []string{"INDEX items_bare (net=?)"}, false},
		"sight":  {sightQuery, lists(1), []string{"items USING INTEGER PRIMARY KEY"}, false},
		"glance": {"SELECT hash FROM items WHERE net = ? AND item_id IN (" + inList + ")", lists(1), []string{"(net=? AND item_id=?)"}, false},
		"names":  {namesQuery, []any{"[1,2]"}, []string{"j VIRTUAL TABLE", "i USING INTEGER PRIMARY KEY"}, false},
		"log":    {logQuery(newestWhere, true), []any{9, 9, "me"}, []string{"INDEX changes_user (user_num=? AND seq<?)", "n USING INTEGER PRIMARY KEY"}, false},
		"fence":  {fenceQuery, []any{"n", "o", 1}, []string{"(id=?)", "l USING INTEGER PRIMARY KEY"}, false},
		"newest": {newest, newestArgs, []string{"MERGE (UNION ALL)", "INDEX items_like (net=? AND liked_at<?)"}, true},
		"gone":   {gone, goneArgs, []string{"INDEX items_removed (net=? AND liked_at<?)"}, true},
		"ranked": {ranked, rankedArgs, []string{"SCAN w VIRTUAL TABLE INDEX", "i USING INTEGER PRIMARY KEY", "n USING INTEGER PRIMARY KEY"}, false},
		"days":   {daysQuery([]int64{1, 2, 3}), []any{1, 2, 3}, []string{"MERGE (UNION ALL)", "COVERING INDEX items_like (net=? AND liked_at>? AND liked_at<?)"}, false},
		"of net": {servicesQuery, []any{"[1,2]", "me"}, []string{"j VIRTUAL TABLE", "n USING INTEGER PRIMARY KEY"}, false},
		"word":   {word, wordArgs, []string{"SCAN w VIRTUAL TABLE INDEX", "i USING INTEGER PRIMARY KEY"}, true},
	} {
		lines, err := explain(s.read, c.query, c.args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		plan := strings.Join(lines, "\n")
		for _, use := range c.uses {
			if !strings.Contains(plan, use) {
				t.Errorf("%s does not use %s:\n%s", name, use, plan)
			}
		}
		if i := slices.IndexFunc(lines, func(l string) bool {
			for _, table := range []string{"items", "i", "networks", "n", "leases", "l", "changes"} {
				if l == "SCAN "+table {
					return true
				}
			}
			return false
		}); i >= 0 {
			t.Errorf("%s reads a whole table (%s):\n%s", name, lines[i], plan)
		}
		if !c.sorts && strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%s sorts:\n%s", name, plan)
		}
	}
}
