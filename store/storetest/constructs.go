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

var constructs = []promise{
	{"SearchKnowsEveryConstruct", searchConstructs},
	{"SearchMeansWhatMatchMeans", searchOracle},
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
	raft := item.Item{
		ID: "raft", URL: "https://git.example/hashicorp/raft", Kind: "repository", Title: "Raft consensus", Text: "A Go library, naïve or not.",
		Author: item.Author{Name: "@Ada@social.example"}, Tags: []string{"distributed-systems", "go"}, Language: "Go", LikedAt: at(-day), LikedFrom: item.FromAPI,
	}
	post := item.Item{
		ID: "post", URL: "https://social.example/@eve/1", Kind: "post", Title: "日本語の本", Text: "It's 100% \"quoted\" AND or NOT NEAR(x) col:y *^",
		Author: item.Author{Name: "Eve"}, Language: "ja", Private: true, LikedAt: at(-400 * day), LikedFrom: item.FromAPI,
	}
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

	text := rapid.SampledFrom([]string{
		"raft", "ra*", "lo*", "logs", "日本", "日*", "go", "c++", "fi*", "file", `"or"`, "2026", "it's", `"raft log"`, `"go raft"`, "데이터", "데이*", "a-b", "zzz",
		"in:github", "in:mastodon", "#go", "#raft", `#"a b"`, "#日本", "lang:go", "kind:post", "is:private", "is:removed", "liked:2026", "liked:<2025", "liked:2025-03..2025-09", "age:<200d", "by:raft", "by:Go",
	})
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
