package sqlite

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// library fills a store with items of two users in three networks and returns
// all of them, in the order in which a search shows them.
func library(t testing.TB, s *Store) []store.Liked {
	t.Helper()
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(7, 7))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	words := func(n int) string {
		var out []string
		for range n {
			out = append(out, pick("raft", "Rafting", "consensus", "algorithm", "é́tude", "東京の夜", "C++", "go_lang", "don't", "日記", "x1", "ﬁne", `"quoted"`, "a-b"))
		}
		return strings.Join(out, " ")
	}
	for _, n := range []struct{ user, service, name string }{{"me", "github", "Octo Cat"}, {"me", "mastodon", "@o@hach.im"}, {"you", "github", "other"}} {
		id := n.user + n.service
		err := errors.Join(
			s.AddAccount(ctx, state.Account{ID: id, User: n.user, Provider: n.service, Name: n.name, CreatedAt: noon}),
			s.AddNetworks(ctx, []state.Network{{ID: id, AccountID: id, Service: n.service, CreatedAt: noon}}),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	claimed, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Hour), N: 9, Services: map[string]int{"github": 9, "mastodon": 9}})
	if err != nil || len(claimed) != 3 {
		t.Fatalf("%d networks, %v", len(claimed), err)
	}
	for _, c := range claimed {
		p := pageOf(c, "1")
		for i := range 80 {
			it := liked(fmt.Sprint(i), words(rnd.IntN(4)))
			it.Text, it.Author.Name, it.Language = words(rnd.IntN(6)), pick("", "@Ada@social.example", "grace", "GRACE", "some one"), pick("", "Go", "de", "C++")
			it.Kind, it.Private = pick("post", "repository"), rnd.IntN(4) == 0
			it.LikedAt = noon.Add(-time.Duration(rnd.IntN(40)) * 24 * time.Hour)
			for range rnd.IntN(3) {
				it.Tags = append(it.Tags, pick("go", "日本", "two words", "c++"))
			}
			p.Items = append(p.Items, it)
		}
		if _, err := s.Commit(ctx, c.Lease, p); err != nil {
			t.Fatal(err)
		}
	}
	err = s.write(ctx, func(t *tx) error { // as a sweep would
		return errors.Join(
			t.exec("UPDATE items SET removed_at = ?, removed_because = 'unliked' WHERE id % 7 = 0", noon.UnixMilli()),
			t.exec("UPDATE networks SET items = (SELECT count(*) FROM items WHERE net = num AND removed_at IS NULL)"),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []store.Liked
	if err := s.Each(ctx, store.Query{Removed: true}, func(l store.Liked) error { all = append(all, l); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 240 {
		t.Fatalf("%d items, want 240", len(all))
	}
	slices.SortFunc(all, func(a, b store.Liked) int {
		if c := b.LikedAt.Compare(a.LikedAt); c != 0 {
			return c
		}
		return strings.Compare(a.NetworkID+"\x00"+a.ID, b.NetworkID+"\x00"+b.ID)
	})
	return all
}

// expression makes a random one of at most a depth.
func expression(rnd *rand.Rand, depth int) search.Expr {
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	word := func() string {
		return pick("raft", "rafting", "consensus", "algorithm", "etude", "東", "京", "夜", "c", "lang", "don", "t", "日", "x1", "fine", "quoted", "nothing", "a", "b")
	}
	parts := func() []search.Expr {
		var out []search.Expr
		for range rnd.IntN(4) {
			out = append(out, expression(rnd, depth-1))
		}
		return out
	}
	n := 9
	if depth <= 0 {
		n = 6
	}
	switch rnd.IntN(n) {
	case 0, 1:
		return search.Word(word())
	case 2:
		return search.Prefix(pick("ra", "con", "日", "x", "étu", "etu", "zz"))
	case 3:
		return search.Phrase{word(), word()}
	case 4:
		name := pick("in", "account", "by", "tag", "lang", "kind", "is", "odd")
		return search.Field{Name: name, Value: pick("github", "GITHUB", "octo cat", "@o@hach.im", "Ada@social.example", "Grace", "some one", "#go", "two words", "日本", "c++", "de", "", "removed", "private", "post")}
	case 5:
		from := noon.Add(-time.Duration(rnd.IntN(40)) * 12 * time.Hour).Add(time.Duration(rnd.IntN(3)) * 500 * time.Microsecond)
		return []search.Expr{search.Time{From: from}, search.Time{To: from}, search.Time{From: from, To: from.Add(100 * time.Hour)}}[rnd.IntN(3)]
	case 6:
		return search.And(parts())
	case 7:
		return search.Or(parts())
	}
	return search.Not{Expr: expression(rnd, depth-1)}
}

// TestSearchAnswersAsMatchDoes compares the index with the meaning of the
// grammar, over random expressions, page by page.
func TestSearchAnswersAsMatchDoes(t *testing.T) {
	s := open(t, file(t))
	all := library(t, s)
	rnd := rand.New(rand.NewPCG(3, 4))
	some := 0
	for i := range 240 {
		q := store.Query{Expr: expression(rnd, 4), Removed: rnd.IntN(3) == 0, Limit: 1 + rnd.IntN(90)}
		if i == 0 {
			q.Expr = nil
		}
		q.User = []string{"", "me", "you", "nobody"}[rnd.IntN(4)]
		q.Network = []string{"", "", "megithub"}[rnd.IntN(3)]
		var want []string
		for _, l := range all {
			gone := !l.RemovedAt.IsZero() && !q.Removed && !search.AsksRemoved(q.Expr)
			if !gone && (q.User == "" || q.User == l.User) && (q.Network == "" || q.Network == l.NetworkID) && search.Match(q.Expr, docOf(l)) {
				want = append(want, l.NetworkID+"/"+l.ID)
			}
		}
		got := searched(t, s, q)
		if !slices.Equal(got, want) {
			t.Fatalf("query %d: %#v\n got %q\nwant %q", i, q, got, want)
		}
		if len(want) > 0 {
			some++
		}
		slices.Sort(want)
		var each []string
		if err := s.Each(t.Context(), q, func(l store.Liked) error { each = append(each, l.NetworkID+"/"+l.ID); return nil }); err != nil {
			t.Fatalf("each of query %d: %#v: %v", i, q, err)
		}
		if slices.Sort(each); !slices.Equal(each, want) {
			t.Fatalf("each of query %d: %#v\n got %q\nwant %q", i, q, each, want)
		}
	}
	if some < 80 {
		t.Errorf("only %d of 240 queries found anything: this proved little", some)
	}
}

// searched reads all pages of a search.
func searched(t *testing.T, s *Store, q store.Query) []string {
	t.Helper()
	var out []string
	for {
		r, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%#v: %v", q, err)
		}
		if len(r.Items) > q.Limit || r.Next != "" && len(r.Items) != q.Limit {
			t.Fatalf("%d items, next %q, of a page of %d", len(r.Items), r.Next, q.Limit)
		}
		for _, l := range r.Items {
			out = append(out, l.NetworkID+"/"+l.ID)
		}
		if r.Next == "" {
			return out
		}
		q.After = r.Next
	}
}

// TestSearchAnswersAlikeEitherWay compares the ways in which a page is found:
// by the index, by reading the newest likes, and by one after the other gave up.
func TestSearchAnswersAlikeEitherWay(t *testing.T) {
	s := open(t, file(t))
	library(t, s)
	rnd := rand.New(rand.NewPCG(5, 6))
	ways := map[string]effort{
		"the index":                  {compared: 1e9, tried: 0, patience: 0},
		"reading":                    {compared: 0, tried: 1e6, patience: 1e6},
		"reading in vain":            {compared: 0.1, tried: 3, patience: 0},
		"an estimate, then the rest": {compared: 0.01, tried: 5, patience: 1},
		"beginnings are dear":        {compared: 1, tried: 20, patience: 1, merged: 100},
	}
	some := 0
	for i := range 48 {
		q := store.Query{User: []string{"", "me", "you"}[i%3], Expr: expression(rnd, 3), Removed: i%5 == 0}
		limit := 5 + rnd.IntN(40)
		var want []string
		for _, name := range slices.Sorted(maps.Keys(ways)) {
			got := foundBy(t, s, q, ways[name], limit)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%#v, by %s\n got %q\nwant %q", q, name, got, want)
			}
		}
		if len(want) > limit {
			some++
		}
	}
	if some < 12 {
		t.Errorf("only %d of 48 queries had more than a page: this proved little", some)
	}
}

// foundBy reads all pages of a search in one way.
func foundBy(t *testing.T, s *Store, q store.Query, way effort, limit int) []string {
	t.Helper()
	out := []string{}
	var after *store.Place
	for {
		p, err := s.plan(t.Context(), q)
		if err != nil || p == nil {
			if errors.Is(err, errPlain) {
				err = nil
			}
			return append(out, fmt.Sprint(err))
		}
		p.effort = way
		items, _, err := s.page(t.Context(), p, after, limit)
		if err != nil {
			t.Fatalf("%#v: %v", q, err)
		}
		for _, l := range items {
			out = append(out, l.NetworkID+"/"+l.ID)
		}
		if len(items) < limit {
			return out
		}
		k := placeOf(items[len(items)-1])
		after = &k
	}
}

// TestSearchOfAnything gives the index what would break a query that was pasted
// together, and expressions of any size.
func TestSearchOfAnything(t *testing.T) {
	s := open(t, file(t))
	library(t, s)
	deep := search.Expr(search.Word("raft"))
	for range 2000 {
		deep = search.Not{Expr: search.Or{deep, search.Word("x1")}}
	}
	var wide search.And
	for i := range 3000 {
		wide = append(wide, search.Not{Expr: search.Word(fmt.Sprint("w", i))})
	}
	long := search.Phrase(slices.Repeat([]string{"raft"}, 5000))
	for _, e := range []search.Expr{
		deep, wide, long, search.Or(wide),
		search.Word(`a"b`), search.Word(`" OR "`), search.Word("*"), search.Word(""), search.Word("NEAR(a b)"), search.Word("words : x"), search.Word("\x00"), search.Word("\xff"),
		search.Prefix(""), search.Prefix("^a"), search.Prefix(`"`),
		search.Phrase{},
		search.Phrase{""},
		search.Phrase{"a b", "c"},
		search.Phrase{"-", "+"},
		search.Field{Name: "by", Value: `"; DROP TABLE items; --`},
		search.Field{Name: "tag", Value: strings.Repeat("x", 10_000)},
		search.Field{Name: "in", Value: "\x00'"},
		search.Field{Name: "lang", Value: "\xff\xfe"},
		search.Field{},
		search.And{},
		search.Or{},
		search.And{nil},
		search.Not{},
		search.Time{},
		search.Time{From: time.Unix(1<<50, 0)},
		search.Time{To: time.Unix(-1<<50, 0)},
	} {
		want := 0
		err := s.Each(t.Context(), store.Query{User: "me"}, func(l store.Liked) error {
			if search.Match(e, docOf(l)) {
				want++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Search(t.Context(), store.Query{User: "me", Expr: e, Limit: 1000})
		if err != nil || len(r.Items) != want {
			t.Errorf("%.80q: %d items, %v, want %d", fmt.Sprintf("%#v", e), len(r.Items), err, want)
		}
	}
	if _, err := s.Search(t.Context(), store.Query{After: "no such page"}); err == nil {
		t.Error("a page mark that no search gave was taken")
	}
}

// FuzzSearch holds the index to the grammar for whatever the parser makes of a text.
func FuzzSearch(f *testing.F) {
	for _, seed := range []string{`raft -consensus or "algorithm raft"`, "ra* in:github #go", "by:@Ada@social.example lang:c++", `liked:>2026-01 -(x1 or is:private)`, `"`, "東京", "((((", "is:removed -#日本"} {
		f.Add(seed)
	}
	opened, err := Open(f.Context(), f.TempDir()+"/f.db", options("a"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { opened.Close() })
	s := opened.(*Store)
	all := library(f, s)
	f.Fuzz(func(t *testing.T, text string) {
		expr, _ := search.Parse(text, noon) // a query with a mistake still searches for its words
		q := store.Query{User: "me", Expr: expr, Limit: 1000}
		want := 0
		for _, l := range all {
			if l.User == "me" && (l.RemovedAt.IsZero() || search.AsksRemoved(expr)) && search.Match(expr, docOf(l)) {
				want++
			}
		}
		r, err := s.Search(t.Context(), q)
		if err != nil || len(r.Items) != want {
			t.Errorf("%q: %d items, %v, want %d", text, len(r.Items), err, want)
		}
	})
}

// TestItemIsFoundByWhatItIsNow changes an item, and with it what finds it.
func TestItemIsFoundByWhatItIsNow(t *testing.T) {
	synctest.Test(t, itemIsFoundByWhatItIsNow)
}

func itemIsFoundByWhatItIsNow(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	found := func(word string) int {
		r, err := s.Search(t.Context(), store.Query{User: "me", Expr: search.Word(word)})
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Items)
	}
	for i, title := range []string{"first", "second", "third"} {
		p := pageOf(c, fmt.Sprint(i), liked("1", title))
		p.ObservedAt = noon.Add(time.Duration(i) * time.Second)
		if _, err := s.Commit(t.Context(), c.Lease, p); err != nil {
			t.Fatal(err)
		}
		if got := []int{found("first"), found("second"), found("third")}; slices.Index(got, 1) != i || got[0]+got[1]+got[2] != 1 {
			t.Errorf("after %q: %v", title, got)
		}
	}
	bare := item.Item{ID: "2", URL: "https://example.org/2", Kind: "post", Bare: true, LikedAt: noon, LikedFrom: item.FromAPI}
	filled := liked("2", "filled")
	together(t, s, 1, func(int) { // both in one transaction or not: the later words stand
		_, err1 := s.Commit(t.Context(), c.Lease, pageOf(c, "bare", bare))
		_, err2 := s.Fill(t.Context(), c.Lease, state.Fill{ID: "f", At: noon, Items: []item.Item{filled}})
		if err1 != nil || err2 != nil {
			t.Error(err1, err2)
		}
	})
	if found("filled") != 1 {
		t.Error("the details are not found")
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
}
