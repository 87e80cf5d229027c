package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"collector/item"
	"collector/search"
	"collector/store"
)

// What a store's index makes of an expression must be what search.Match says of each
// item, whatever the expression and the items are: here both are random.
var differential = []promise{
	{"SearchTellsFieldsFromWords", fieldsAreNoWords},
	{"SearchComparesLongValuesWhole", longValues},
	{"SearchAndEachMeanWhatMatchMeans", searchDifferential},
}

// fieldsAreNoWords: an item has a language, but not the word "lang".
func fieldsAreNoWords(k *kit) {
	c := k.started("github")
	plain := item.Item{ID: "plain", URL: "https://example.org/1", Title: "one", Kind: "repository", Author: item.Author{Name: "ada"}, Language: "Go", Tags: []string{"tool"}, Private: true, LikedAt: at(-hour), LikedFrom: item.FromAPI}
	texts := item.Item{ID: "texts", URL: "https://example.org/2", Title: "language bypass kindle islands tags", LikedAt: at(-2 * hour), LikedFrom: item.FromAPI}
	k.commit(c.Lease, page(c.ID, 1, plain, texts))
	for query, expected := range map[string]string{
		"la*": "texts", "lan*": "texts", "lang*": "texts", "by*": "texts", "ki*": "texts", "kind*": "texts", "is*": "texts", "ta*": "texts", "tag*": "texts",
		"ad*": "plain", "go*": "", "-lang*": "plain", "-by*": "plain", "lang* or is*": "texts", "to*": "plain", "lang": "", "by": "", "private": "", "repository": "",
	} {
		k.same(list(k.found(store.Query{User: "me", Expr: k.query(query)})), expected, query)
	}
	for _, e := range []search.Expr{search.Word("lang:go"), search.Word("#tool"), search.Prefix("lang:"), search.Prefix("#t"), search.Phrase{"one", "by:ada"}, search.Or{search.Word("is:private"), search.Word("none")}} {
		k.same(list(k.found(store.Query{User: "me", Expr: e})), "", fmt.Sprintf("%#v, which no text has", e))
	}
}

// longValues: of names, tags and languages of any length the last letter counts.
func longValues(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	values := []string{strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 300) + "a", strings.Repeat("x", 300) + "b", strings.Repeat("é", 200)}
	for i, value := range values {
		it := like(fmt.Sprint(i), at(-time.Duration(i)*hour))
		it.Author.Name, it.Tags, it.Language, it.Kind = value, []string{value}, value, value
		p.Items = append(p.Items, it)
	}
	k.commit(c.Lease, p)
	for _, name := range []string{"by", "tag", "lang", "kind"} {
		for i, value := range values {
			e := search.Field{Name: name, Value: value}
			k.same(list(k.found(store.Query{User: "me", Expr: e})), fmt.Sprint(i), fmt.Sprintf("%s: value %d", name, i))
			k.same(list(k.found(store.Query{User: "me", Expr: search.And{word("thing"), search.Not{Expr: e}}, Limit: 1})), list([]string{"1", "0"}[min(i, 1):][:1]), fmt.Sprintf("not %s: value %d", name, i))
		}
	}
}

// differing is what an item of searchDifferential may be made of.
var (
	someWords  = []string{"raft", "Raft", "rafts", "log", "lang", "language", "by", "kind", "is", "日本", "日", "C++", "ﬁne", "É", "or", "x", "a-b", "2026", "it's"}
	someNames  = []string{"", "ada", "@Ada@social.example", "GRACE", "two words", "lang", strings.Repeat("y", 300)}
	someTags   = []string{"go", "Go", "two words", "日本", "c++", "#raft"}
	someSpeech = []string{"", "Go", "go", "de", "C++"}
)

// differing makes random items of two users in three networks, some removed.
func (k *kit) differing(rnd *rand.Rand) (networks []string, all []store.Liked) {
	k.Helper()
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	text := func(most int) string {
		var out []string
		for range rnd.IntN(most + 1) {
			out = append(out, pick(someWords))
		}
		return strings.Join(out, " ")
	}
	for i, user := range []string{"me", "me", "you"} {
		n := k.networkOf(user, []string{"github", "mastodon", "github"}[i])
		networks = append(networks, n.ID)
		c := k.lease(k.a, "a", at(0))
		p, gone := page(n.ID, 1), page(n.ID, 2)
		for j := range 50 {
			it := item.Item{
				ID: fmt.Sprint(j), URL: "https://lang.example/", Kind: pick([]string{"", "post", "repository"}), Title: text(3), Text: text(5),
				Author: item.Author{Name: pick(someNames)}, Language: pick(someSpeech), Private: rnd.IntN(4) == 0,
				LikedAt: at(-time.Duration(rnd.IntN(60)) * 12 * hour), LikedFrom: item.FromAPI,
			}
			for range rnd.IntN(3) {
				it.Tags = append(it.Tags, pick(someTags))
			}
			p.Items = append(p.Items, it)
			if j%7 == 0 {
				gone.Removed = append(gone.Removed, it.ID)
			}
		}
		k.commit(c.Lease, p)
		gone.ObservedAt = at(minute)
		k.commit(c.Lease, gone)
	}
	k.must(k.a.Each(k.ctx, store.Query{Removed: true}, func(l store.Liked) error { all = append(all, l); return nil }))
	slices.SortStableFunc(all, func(a, b store.Liked) int { return b.LikedAt.Compare(a.LikedAt) }) // ties stay by network and id
	return networks, all
}

// expressions are random ones, also such as no parser makes.
func expressions(account string, depth int) *rapid.Generator[search.Expr] {
	one := rapid.Custom(func(t *rapid.T) search.Expr {
		word := rapid.SampledFrom([]string{"raft", "rafts", "log", "lang", "language", "by", "kind", "is", "日", "本", "c", "fine", "e", "or", "x", "a", "b", "2026", "none", "example"})
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1:
			return search.Word(word.Draw(t, "word"))
		case 2:
			return search.Prefix(rapid.SampledFrom([]string{"ra", "raft", "la", "lang", "by", "ki", "is", "fi", "20", "zz", "日"}).Draw(t, "beginning"))
		case 3:
			return search.Phrase(rapid.SliceOfN(word, 0, 3).Draw(t, "words"))
		case 4:
			from := at(-time.Duration(rapid.IntRange(0, 60).Draw(t, "from")) * 12 * hour).Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "part")) * 500 * time.Microsecond)
			return rapid.SampledFrom([]search.Expr{search.Time{From: from}, search.Time{To: from}, search.Time{From: from, To: from.Add(100 * hour)}}).Draw(t, "bounds")
		}
		name := rapid.SampledFrom([]string{"in", "account", "by", "tag", "lang", "kind", "is", "odd"}).Draw(t, "field")
		values := append(append(append([]string{"github", "MASTODON", account, "post", "removed", "private"}, someNames...), someTags...), someSpeech...)
		return search.Field{Name: name, Value: rapid.SampledFrom(values).Draw(t, "value")}
	})
	if depth == 0 {
		return one
	}
	deeper := expressions(account, depth-1)
	return rapid.Custom(func(t *rapid.T) search.Expr {
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			return search.And(rapid.SliceOfN(deeper, 0, 3).Draw(t, "all of"))
		case 1:
			return search.Or(rapid.SliceOfN(deeper, 0, 3).Draw(t, "one of"))
		case 2:
			return search.Not{Expr: deeper.Draw(t, "not")}
		}
		return one.Draw(t, "one")
	})
}

func searchDifferential(k *kit) {
	networks, all := k.differing(rand.New(rand.NewPCG(11, 12)))
	account := k.now(networks[0]).Account
	name := func(l store.Liked) string { return l.NetworkID + "/" + l.ID }
	some := 0
	rapid.Check(k.T, func(t *rapid.T) {
		q := store.Query{
			User:    rapid.SampledFrom([]string{"me", "me", "", "you", "nobody"}).Draw(t, "user"),
			Network: rapid.SampledFrom([]string{"", "", networks[1]}).Draw(t, "network"),
			Expr:    expressions(account, rapid.IntRange(0, 4).Draw(t, "depth")).Draw(t, "expression"),
			Removed: rapid.Bool().Draw(t, "removed"), Limit: rapid.IntRange(1, 60).Draw(t, "limit"),
		}
		var want []string
		for _, l := range all {
			gone := !l.RemovedAt.IsZero() && !q.Removed && !search.AsksRemoved(q.Expr)
			if !gone && (q.User == "" || q.User == l.User) && (q.Network == "" || q.Network == l.NetworkID) &&
				search.Match(q.Expr, search.DocOf(l.Item, l.Service, l.Account, !l.RemovedAt.IsZero())) {
				want = append(want, name(l))
			}
		}
		var got []string
		for page := q; ; {
			r, err := k.b.Search(k.ctx, page)
			if err != nil {
				t.Fatalf("%#v: %v", q, err)
			}
			for _, l := range r.Items {
				got = append(got, name(l))
			}
			if page.After = r.Next; r.Next == "" || len(got) > len(all) {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%#v\n got %s\nwant %s", q, list(got), list(want))
		}
		var each []string
		if err := k.b.Each(k.ctx, q, func(l store.Liked) error { each = append(each, name(l)); return nil }); err != nil {
			t.Fatalf("each of %#v: %v", q, err)
		}
		slices.Sort(each)
		if slices.Sort(want); !slices.Equal(each, want) {
			t.Fatalf("each of %#v\n got %s\nwant %s", q, list(each), list(want))
		}
		if len(want) > 0 {
			some++
		}
	})
	if some == 0 {
		k.Errorf("no query found anything: this proved nothing")
	}
}
