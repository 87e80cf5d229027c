package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"collector/item"
	"collector/search"
	"collector/store"
)

var searches = []promise{
	{"SearchFindsTheNewestLikeFirst", searchOrder},
	{"SearchShowsOneUserOnly", searchUser},
	{"SearchFindsACommittedPageAtOnce", searchAtOnce},
	{"SearchKnowsEveryConstruct", searchConstructs},
	{"SearchMeansWhatMatchMeans", searchOracle},
	{"SearchPagesStayWhileItemsAreAdded", searchPages},
	{"SearchKeepsItsLimits", searchLimits},
	{"SearchRefusesAForeignPlace", searchPlace},
	{"EachGoesThroughAllInOrder", each},
	{"EachHoldsNothing", eachFree},
}

func searchOrder(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("old", at(-3*hour)), like("new", at(-hour)), like("b", at(-2*hour)), like("a", at(-2*hour))))
	k.network("mastodon")
	d := k.lease(k.a, "a", at(0))
	k.commit(d.Lease, page(d.ID, 1, like("0", at(-2*hour))))
	k.same(list(k.found(store.Query{})), "new a b 0 old", "newest like first, ties by network and id")
	k.same(list(k.found(store.Query{Expr: search.Prefix("thi"), Limit: 2})), "new a", "a prefix, at most two")
}

func searchUser(k *kit) {
	mine := k.started("github")
	k.commit(mine.Lease, page(mine.ID, 1, like("mine", at(-hour))))
	n := k.networkOf("you", "github")
	theirs := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, theirs.Lease, page(n.ID, 1, like("theirs", at(-2*hour))))
	for _, e := range []search.Expr{
		nil, word("thing"), search.Or{word("theirs"), word("mine")}, search.Not{Expr: word("nothing")},
		search.Prefix("th"), search.Phrase{"thing", "theirs"}, search.Field{Name: "account", Value: n.Account},
		search.Or{search.Field{Name: "in", Value: "github"}, search.Not{Expr: search.Field{Name: "in", Value: "github"}}},
	} {
		for _, id := range k.found(store.Query{User: "me", Expr: e}) {
			if id != "mine" {
				k.Errorf("%v for me found %s", e, id)
			}
		}
	}
	k.same(list(k.found(store.Query{User: "you", Expr: word("thing")})), "theirs", "for you")
	k.same(list(k.found(store.Query{User: "me", Network: n.ID})), "", "for me in a network of yours")
	k.same(list(k.found(store.Query{Expr: word("thing")})), "mine theirs", "for all")
	k.same(len(k.found(store.Query{User: "nobody"})), 0, "for nobody")
}

func searchAtOnce(k *kit) {
	c := k.started("github")
	for i := range 3 {
		it := like(fmt.Sprint(i), at(-hour))
		it.Title = fmt.Sprint("unique", i)
		k.commit(c.Lease, page(c.ID, i, it))
		k.same(list(k.found(store.Query{Expr: word(it.Title)})), it.ID, "found while the backfill goes on")
	}
}

// query parses a query that must be right.
func (k *kit) query(q string) search.Expr {
	k.Helper()
	e, problem := search.Parse(q, at(0))
	if problem != nil {
		k.Fatalf("%q: %v", q, problem)
	}
	return e
}

func searchConstructs(k *kit) {
	c := k.started("github")
	raft := item.Item{ID: "raft", URL: "https://git.example/hashicorp/raft", Kind: "repository", Title: "Raft consensus", Text: "A Go library, naïve or not.",
		Author: item.Author{Name: "@Ada@social.example"}, Tags: []string{"distributed-systems", "go"}, Language: "Go", LikedAt: at(-day), LikedFrom: item.FromAPI}
	post := item.Item{ID: "post", URL: "https://social.example/@eve/1", Kind: "post", Title: "日本語の本", Text: "It's 100% \"quoted\" AND or NOT NEAR(x) col:y *^",
		Author: item.Author{Name: "Eve"}, Language: "ja", Private: true, LikedAt: at(-400 * day), LikedFrom: item.FromAPI}
	gone := item.Item{ID: "empty", URL: "https://e.example", LikedAt: at(-2 * day), LikedFrom: item.FromOrder}
	k.commit(c.Lease, page(c.ID, 1, raft, post, gone))
	for query, expected := range map[string]string{
		"":     "raft empty post",
		"raft": "raft", "RAFT Naive": "raft", "raft eve": "", "consensus": "raft", "consens": "",
		"con*": "raft", "raf* lib*": "raft", "raf* zz*": "", "co*": "raft post",
		`"raft consensus"`: "raft", `"consensus raft"`: "", `"a go library"`: "raft",
		"-raft": "empty post", "-(raft or 日)": "empty", "-con*": "empty post", "-raft -eve": "empty", `-"raft consensus"`: "empty post",
		"raft or quoted": "raft post", "(raft or quoted) -eve": "raft", "raft consensus or eve": "raft post", "-(-raft)": "raft",
		"日本": "post", "本語": "post", "語": "post", "日語": "", "日本*": "post",
		`"or"`: "raft post", "and": "post", "not": "raft post", "near": "post", `near(x)`: "post", "col:y": "post", "100": "post", "s": "post",
		"git.example": "raft", "example": "raft empty post",
		"in:github": "raft empty post", "in:mastodon": "", "account:" + c.Account: "raft empty post", "account:x": "",
		"by:@ada@social.example": "raft", "by:EVE": "post", "by:ada": "", "-by:eve": "raft empty",
		"#go": "raft", "#GO #distributed-systems": "raft", "#distributed": "", "-#go": "empty post",
		"lang:go": "raft", "lang:JA": "post", "kind:repository": "raft", "-kind:repository": "empty post",
		"is:private": "post", "-is:private": "raft empty", "is:removed": "", "-is:removed": "raft empty post",
		"liked:>2025": "raft empty", "liked:2026-02-28": "raft", "liked:..2025": "post", "liked:<2026-02-28": "empty post",
		"age:<36h": "raft", "age:>36h": "empty post", "age:<24h": "raft", "age:>24h": "empty post",
		"raft or in:github #nothing or is:private": "raft post",
		"lang:go or lang:ja or (kind:post -eve)":   "raft post",
		"raft #go lang:go by:@ada@social.example kind:repository in:github liked:2026 -eve con* \"go library\"": "raft",
	} {
		e, problem := search.Parse(query, at(0))
		if problem != nil && query != "col:y" {
			k.Fatalf("%q: %v", query, problem)
		}
		k.same(list(k.found(store.Query{Expr: e})), expected, query)
		k.same(list(k.found(store.Query{User: "me", Expr: e})), expected, query+" for one user")
		k.same(list(k.found(store.Query{Network: c.ID, Expr: e})), expected, query+" in one network")
	}
}

// searchOracle compares the store with search.Match over random items and
// queries.
func searchOracle(k *kit) {
	vocabulary := []string{"raft", "Raft", "log", "lógs", "日本", "go", "C++", "ﬁle", "or", "2026", "x", "it's", "데이터", "NOT", "\"", "*", "a-b"}
	some := func(rnd *rand.Rand, most int) string {
		s := ""
		for range rnd.IntN(most + 1) {
			s += vocabulary[rnd.IntN(len(vocabulary))] + " "
		}
		return s
	}
	rnd := rand.New(rand.NewPCG(7, 7))
	for i, user := range []string{"me", "me", "you"} {
		n := k.networkOf(user, []string{"github", "mastodon", "github"}[i])
		c := k.lease(k.a, "a", at(0))
		p := page(n.ID, 1)
		for j := range 60 {
			it := item.Item{
				ID: fmt.Sprint(j), URL: "https://x.example/", Kind: []string{"post", "repository", ""}[rnd.IntN(3)], Title: some(rnd, 3), Text: some(rnd, 5),
				Author: item.Author{Name: some(rnd, 1)}, Language: []string{"Go", "ja", ""}[rnd.IntN(3)], Private: rnd.IntN(4) == 0,
				LikedAt: at(-time.Duration(rnd.IntN(100)) * 10 * day), LikedFrom: item.FromAPI,
			}
			for range rnd.IntN(3) {
				it.Tags = append(it.Tags, []string{"go", "Raft", "a b", "日本"}[rnd.IntN(4)])
			}
			p.Items = append(p.Items, it)
		}
		k.commit(c.Lease, p)
	}
	var everything []store.Liked
	k.must(k.a.Each(k.ctx, store.Query{}, func(l store.Liked) error { everything = append(everything, l); return nil }))
	slices.SortStableFunc(everything, func(a, b store.Liked) int { return b.LikedAt.Compare(a.LikedAt) }) // ties stay by network and id

	text := rapid.SampledFrom([]string{"raft", "ra*", "lo*", "logs", "日本", "日*", "go", "c++", "fi*", "file", `"or"`, "2026", "it's", `"raft log"`, `"go raft"`, "데이터", "데이*", "a-b", "zzz",
		"in:github", "in:mastodon", "#go", "#raft", `#"a b"`, "#日本", "lang:go", "kind:post", "is:private", "is:removed", "liked:2026", "liked:<2025", "liked:2025-03..2025-09", "age:<200d", "by:raft", "by:Go"})
	var query func(depth int) *rapid.Generator[string]
	query = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			if depth == 0 {
				return text.Draw(t, "leaf")
			}
			s := ""
			for i := range rapid.IntRange(1, 3).Draw(t, "parts") {
				if i > 0 {
					s += rapid.SampledFrom([]string{" ", " ", " or "}).Draw(t, "between")
				}
				part := "(" + query(depth-1).Draw(t, "part") + ")"
				if rapid.Bool().Draw(t, "leaf instead") {
					part = text.Draw(t, "leaf")
				}
				s += rapid.SampledFrom([]string{"", "", "-"}).Draw(t, "sign") + part
			}
			return s
		})
	}
	users := rapid.SampledFrom([]string{"", "me", "you"})
	hits := 0
	rapid.Check(k.T, func(t *rapid.T) {
		q, user := query(rapid.IntRange(0, 3).Draw(t, "depth")).Draw(t, "query"), users.Draw(t, "user")
		e, problem := search.Parse(q, at(0))
		if problem != nil {
			t.Fatalf("%q: %v", q, problem)
		}
		var expected []string
		for _, l := range everything {
			if (user == "" || l.User == user) && search.Match(e, search.DocOf(l.Item, l.Service, l.Account, false)) {
				expected = append(expected, l.NetworkID+"/"+l.ID)
			}
		}
		r, err := k.b.Search(k.ctx, store.Query{User: user, Expr: e, Limit: 1000})
		if err != nil {
			t.Fatalf("%q: %v", q, err)
		}
		var got []string
		for _, l := range r.Items {
			got = append(got, l.NetworkID+"/"+l.ID)
		}
		if list(got) != list(expected) {
			t.Fatalf("%q for %q:\n got %s\nwant %s", q, user, list(got), list(expected))
		}
		hits += len(got)
	})
	if hits == 0 {
		k.Errorf("no query found anything: this proved nothing")
	}
}

func searchPages(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range 50 {
		p.Items = append(p.Items, like(fmt.Sprintf("%02d", i), at(-time.Duration(i/3)*hour))) // three at a time share a like time
	}
	k.commit(c.Lease, p)
	for _, e := range []search.Expr{nil, word("thing"), search.Prefix("th"), search.Not{Expr: word("later")}} {
		var got []string
		q := store.Query{User: "me", Expr: e, Limit: 7}
		for n := 0; ; n++ {
			r, err := k.b.Search(k.ctx, q)
			k.must(err)
			for _, l := range r.Items {
				got = append(got, l.ID)
			}
			if len(r.Items) > 7 || n > 10 {
				k.Fatalf("page %d has %d items", n, len(r.Items))
			}
			if r.Next == "" {
				break
			}
			q.After = r.Next
			k.made++
			newer := like(fmt.Sprint("newer", k.made), at(hour)) // arrives at the top while we read on
			newer.Title = "thing later"
			k.commit(c.Lease, page(c.ID, 100+k.made, newer))
		}
		var expected []string
		for i := range 50 {
			expected = append(expected, fmt.Sprintf("%02d", i))
		}
		got = slices.DeleteFunc(got, func(id string) bool { return len(id) > 2 })
		k.same(list(got), list(expected), fmt.Sprintf("%v, seven at a time", e))
	}
}

func searchLimits(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range 1100 {
		p.Items = append(p.Items, like(fmt.Sprintf("%04d", i), at(-time.Duration(i)*minute)))
	}
	k.commit(c.Lease, p)
	for limit, expected := range map[int]int{0: 50, 1: 1, 1000: 1000, 5000: 1000} {
		k.same(len(k.found(store.Query{Limit: limit})), expected, fmt.Sprintf("items with the limit %d", limit))
	}
	r, err := k.b.Search(k.ctx, store.Query{Limit: 1000})
	k.must(err)
	r, err = k.b.Search(k.ctx, store.Query{Limit: 100, After: r.Next})
	k.must(err)
	k.same([]any{len(r.Items), r.Next}, []any{100, ""}, "items and next of a last page that is full")
}

func searchPlace(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour))))
	for _, after := range []string{"nonsense", "!", "e30", "' or 1=1 --"} {
		if r, err := k.b.Search(k.ctx, store.Query{After: after}); err == nil && len(r.Items) > 0 {
			k.Errorf("a search after %q found %d items", after, len(r.Items))
		}
	}
}

func each(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("b", at(-hour)), like("a", at(-2*hour)), like("c", at(-3*hour))))
	n := k.networkOf("you", "mastodon")
	d := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, d.Lease, page(n.ID, 1, like("a", at(-hour))))
	through := func(q store.Query) string {
		s := ""
		k.must(k.b.Each(k.ctx, q, func(l store.Liked) error { s += l.NetworkID + "/" + l.ID + " "; return nil }))
		return s
	}
	k.same(through(store.Query{Limit: 1, After: "ignored"}), fmt.Sprintf("%[1]s/a %[1]s/b %[1]s/c %[2]s/a ", c.ID, n.ID), "all")
	k.same(through(store.Query{User: "you"}), n.ID+"/a ", "of one user")
	k.same(through(store.Query{Network: c.ID, Expr: k.query("b or c -kind:post")}), fmt.Sprintf("%[1]s/b %[1]s/c ", c.ID), "that match")
	stop := fmt.Errorf("enough")
	n2 := 0
	err := k.b.Each(k.ctx, store.Query{}, func(store.Liked) error { n2++; return stop })
	k.is(err, stop, "an error of fn")
	k.same(n2, 1, "items before the error")
}

func eachFree(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range 1500 {
		p.Items = append(p.Items, like(fmt.Sprintf("%04d", i), at(-hour)))
	}
	k.commit(c.Lease, p)
	n := 0
	k.must(k.a.Each(k.ctx, store.Query{}, func(l store.Liked) error {
		if n++; n%500 == 1 { // writing through either handle must not wait for the reader
			k.commit(c.Lease, page(c.ID, 1+n, like(fmt.Sprint("0new", n), at(0))))
			k.must(k.b.SetMeta(k.ctx, "n", fmt.Sprint(n)))
		}
		return nil
	}))
	if n < 1500 {
		k.Errorf("went through %d items, want at least the 1,500 that were there", n)
	}
}
