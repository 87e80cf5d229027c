package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"collector/search"
	"collector/store"
)

var facets = []promise{
	{"FacetsCountWhatASearchFinds", facetsCount},
	{"FacetsAreOfOneUser", facetsUser},
	{"FacetsOfManyAreOfTheNewest", facetsNewest},
	{"SuggestionsFindWhatTheySay", suggestions},
}

// facetText writes facets in one line.
func facetText(f store.Facets) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d whole %v;", f.Counted, f.Whole)
	for _, of := range [][]store.Facet{f.Services, f.Years, f.Tags, f.Languages} {
		for _, one := range of {
			fmt.Fprintf(&b, " %s %d", one.Value, one.Items)
		}
		b.WriteString(";")
	}
	return b.String()
}

func facetsUser(k *kit) {
	c := k.started("github")
	first, second, third := like("1", at(-hour)), like("2", at(-400*day)), like("3", at(-401*day))
	second.Language, second.Tags = "go", []string{"tool", "Tool", "two words", `no "quote"`, ""}
	third.Language, third.Tags, third.Title = "", nil, "other"
	k.commit(c.Lease, page(c.ID, 1, first, second, third))
	n := k.networkOf("you", "mastodon")
	theirs := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, theirs.Lease, page(n.ID, 1, like("theirs", at(-2*hour))))
	for _, c := range []struct {
		q    store.Query
		want string
	}{
		{store.Query{User: "me"}, "3 whole true; github 3; 2026 1 2025 2; tool 2 two words 1; Go 2;"},
		{store.Query{User: "me", Expr: word("thing")}, "2 whole true; github 2; 2026 1 2025 1; tool 2 two words 1; Go 2;"},
		{store.Query{User: "you"}, "1 whole true; mastodon 1; 2026 1; tool 1; Go 1;"},
		{store.Query{Expr: word("thing")}, "3 whole true; github 2 mastodon 1; 2026 2 2025 1; tool 3 two words 1; Go 3;"},
		{store.Query{User: "me", Network: n.ID}, "0 whole true;;;;;"},
		{store.Query{User: "nobody"}, "0 whole true;;;;;"},
		{store.Query{User: "me", Expr: word("none")}, "0 whole true;;;;;"},
	} {
		got, err := k.b.Facets(k.ctx, c.q, 0)
		k.must(err)
		k.same(facetText(got), c.want, fmt.Sprintf("%v for %q", c.q.Expr, c.q.User))
	}
}

// facetsCount: the number beside a value is that of the hits of the narrowed query.
func facetsCount(k *kit) {
	networks, all := k.differing(rand.New(rand.NewPCG(21, 22)))
	account := k.now(networks[0]).Account
	some := 0
	rapid.Check(k.T, func(t *rapid.T) {
		q := store.Query{
			User: rapid.SampledFrom([]string{"me", "", "you"}).Draw(t, "user"), Limit: 1000,
			Expr: expressions(account, rapid.IntRange(0, 3).Draw(t, "depth")).Draw(t, "expression"), Removed: rapid.Bool().Draw(t, "removed"),
		}
		hits := func(q store.Query) int {
			r, err := k.b.Search(k.ctx, q)
			if err != nil {
				t.Fatalf("%#v: %v", q, err)
			}
			return len(r.Items)
		}
		f, err := k.b.Facets(k.ctx, q, 1000)
		if err != nil {
			t.Fatalf("%#v: %v", q, err)
		}
		if n := hits(q); f.Counted != n || !f.Whole {
			t.Fatalf("%#v: counted %d, whole %v, of %d", q, f.Counted, f.Whole, n)
		}
		for name, of := range map[string][]store.Facet{"in": f.Services, "liked": f.Years, "tag": f.Tags, "lang": f.Languages} {
			for _, one := range of {
				narrow := q
				narrow.Expr = search.Narrow(q.Expr, name, one.Value)
				if n := hits(narrow); n != one.Items || !search.Askable(name, one.Value) {
					t.Fatalf("%#v: %s %q says %d, and %v finds %d", q, name, one.Value, one.Items, narrow.Expr, n)
				}
				some++
			}
		}
	})
	if some == 0 || len(all) == 0 {
		k.Errorf("nothing was counted: this proved nothing")
	}
}

// facetsNewest: more than are counted are counted from the newest like on.
func facetsNewest(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range 400 {
		it := like(fmt.Sprintf("%03d", i), at(-time.Duration(i)*day))
		if i%100 == 50 {
			it.Title = "rare thing"
		}
		p.Items = append(p.Items, it)
	}
	k.commit(c.Lease, p)
	counted := func(e search.Expr, most int) store.Facets {
		f, err := k.b.Facets(k.ctx, store.Query{User: "me", Expr: e}, most)
		k.must(err)
		total := 0
		for _, y := range f.Years {
			total += y.Items
		}
		k.same([]int{total, f.Services[0].Items}, []int{f.Counted, f.Counted}, fmt.Sprintf("years and services of %v", e))
		return f
	}
	for _, e := range []search.Expr{nil, word("thing"), k.query("th*"), k.query("lang:go -none"), k.query("thing or none"), k.query(`"tool lang" or thing`)} {
		f := counted(e, 40)
		if f.Whole || f.Counted > 40 || f.Counted < 20 || f.Since.IsZero() {
			k.Fatalf("%v: counted %d, whole %v, since %s; want at most 40 of the newest", e, f.Counted, f.Whole, f.Since)
		}
		if f.Since.Location() != time.UTC {
			k.Errorf("%v: since %s: times are told in UTC, wherever the store is", e, f.Since)
		}
		after := 0
		for _, it := range p.Items {
			if it.LikedAt.After(f.Since) {
				after++
			}
		}
		if after > f.Counted || after < f.Counted-1 {
			k.Errorf("%v: counted %d, and %d were liked after %s", e, f.Counted, after, f.Since)
		}
	}
	f := counted(k.query("rare"), 40)
	k.same([]any{f.Counted, f.Whole}, []any{4, true}, "few hits, old ones too")
	f = counted(k.query("rar* or none"), 40)
	k.same([]any{f.Counted, f.Whole}, []any{4, true}, "few hits of what the index cannot count")
	f = counted(nil, 400)
	k.same([]any{f.Counted, f.Whole}, []any{400, true}, "as many as there are")
	f = counted(nil, 399)
	k.same([]any{f.Counted, f.Whole}, []any{399, false}, "one more than is counted")
}

// suggestions leave out what finds nothing.
func suggestions(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range 4 {
		p.Items = append(p.Items, like(fmt.Sprint(i), at(-hour)))
	}
	k.commit(c.Lease, p)
	n := k.networkOf("you", "github")
	theirs := k.lease(k.b, "b", at(0))
	zig := like("theirs", at(-2*hour))
	zig.Language = "Zig"
	k.commitAs(k.b, theirs.Lease, page(n.ID, 1, zig))
	for query, expected := range map[string]string{
		"thing lang:zig": "lang:zig thing 4", "thing -thing": "-thing thing 4", "thing none": "none thing 4",
		"none lang:zig": "", "none": "", "thing lang:zig nothing": "", "thing (lang:zig or none)": "lang:zig or none thing 4",
		"#tool thing lang:zig": "lang:zig #tool thing 4",
	} {
		got, err := store.Suggest(k.ctx, k.b, store.Query{User: "me", Expr: k.query(query)})
		k.must(err)
		var text []string
		for _, s := range got {
			text = append(text, fmt.Sprint(s.Without, " ", s.Expr, " ", s.Items))
			if s.More {
				k.Errorf("%s: there may be more", query)
			}
		}
		slices.Sort(text)
		k.same(strings.Join(text, ", "), expected, query)
	}
}
