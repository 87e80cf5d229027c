package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

var rankings = []promise{
	{"SearchFindsTheBestFirst", rankedOrder},
	{"SearchRanksAsTheRankingDoes", rankedOracle},
	{"SearchPagesOfTheBestStay", rankedPages},
	{"SearchGoesOnInTheOrderItBegan", rankedOn},
	{"SearchGoesOnFromItsOwnMarksAlone", rankedNowhere},
	{"SearchRanksNoMoreThanItSays", rankedMost},
}

// titled is an item with a title of its own.
func titled(id, title string, back time.Duration) item.Item {
	it := like(id, at(-back))
	it.Title = title
	return it
}

func rankedOrder(k *kit) {
	c := k.started("github")
	tagged, named, told := titled("tagged", "a log", hour), titled("named", "a log", 2*hour), titled("told", "a log", minute)
	tagged.Tags, named.Author.Name, told.Text = []string{"go", "<raft>"}, "Raft", "of raft"
	k.commit(c.Lease, page(c.ID, 1, told, tagged, named,
		titled("part", "etcd-io/raft", 4*hour), titled("half", "hashicorp/RAFT", 5*hour), titled("all", "Raft", 6*hour), titled("b", "a raft or two", 3*hour), titled("a", "a raft or two", 3*hour)))
	best := store.Query{User: "me", Expr: word("raft"), Order: store.Best}
	k.same(list(k.found(best)), "all half a b part tagged named told", "the best first, of equals the newest")
	k.same(list(k.found(store.Query{User: "me", Expr: word("raft")})), "told tagged named a b part half all", "the newest first, where nothing else was asked for")
	for _, e := range []search.Expr{nil, k.query("ra*"), k.query("raft or lo*"), k.query("-nothing")} {
		r, err := k.b.Search(k.ctx, store.Query{User: "me", Expr: e, Order: store.Best})
		k.must(err)
		k.same([]any{r.Ranked, r.Items[0].ID}, []any{false, "told"}, fmt.Sprintf("what begins %v, which cannot be ranked", e))
	}
	r, err := k.b.Search(k.ctx, best)
	k.must(err)
	k.same(r.Ranked, true, "ranked")
	k.same(list(k.found(store.Query{Expr: k.query("raft in:github -log liked:>2000"), Order: store.Best})), "all half a b part", "with filters")
}

// hits makes items that a search for "raft log" or one of both ranks in many ways.
func (k *kit) hits(c state.Claimed, n int) {
	p := page(c.ID, 1)
	for i := range n {
		it := titled(fmt.Sprintf("%03d", i), []string{"raft", "raft log", "the log", "paxos", "Log of RAFT", "a raft"}[i%6], time.Duration(i/4)*hour)
		it.Text, it.Author.Name = "raft and log", []string{"ada", "Raft"}[i%2]
		if i%5 == 0 {
			it.Tags = []string{"dist", "the log"}
		}
		p.Items = append(p.Items, it)
	}
	k.commit(c.Lease, p)
}

// pages reads a search to its end and returns the ids, some at a time.
func (k *kit) pages(q store.Query, between func()) []string {
	k.Helper()
	var out []string
	for range 200 {
		r, err := k.b.Search(k.ctx, q)
		k.must(err)
		for _, l := range r.Items {
			out = append(out, l.NetworkID+"/"+l.ID)
		}
		if len(r.Items) > q.Limit {
			k.Fatalf("%d items on a page of %d", len(r.Items), q.Limit)
		}
		if r.Next == "" {
			return out
		}
		q.After = r.Next
		between()
	}
	k.Fatalf("%v has no last page", q.Expr)
	return nil
}

func rankedOracle(k *kit) {
	k.hits(k.started("github"), 60)
	k.network("mastodon")
	k.hits(k.lease(k.a, "a", at(0)), 30)
	var all []store.Liked
	k.must(k.b.Each(k.ctx, store.Query{}, func(l store.Liked) error { all = append(all, l); return nil }))
	wide := search.Or{word("raft")}
	for i := range 180 { // larger than an index is asked at once
		wide = append(wide, word(fmt.Sprint("w", i)))
	}
	for _, e := range []search.Expr{
		k.query("raft"), k.query("raft log"), k.query(`"raft log"`), k.query("raft or log"), k.query("raft -paxos in:github"),
		k.query("log (in:mastodon or #dist)"), k.query("raft or by:ada"), wide,
	} {
		ranking, ok := search.RankingOf(e)
		k.same(ok, true, fmt.Sprintf("%v can be ranked", e))
		type place struct {
			score int
			store.Liked
		}
		var found []place
		for _, l := range all {
			if search.Match(e, search.DocOf(l.Item, l.Service, l.Account, false)) {
				found = append(found, place{ranking.Score(l.Title, l.Author.Name, l.Tags), l})
			}
		}
		slices.SortFunc(found, func(a, b place) int {
			if a.score != b.score {
				return b.score - a.score
			}
			if c := b.LikedAt.Compare(a.LikedAt); c != 0 {
				return c
			}
			return strings.Compare(a.NetworkID+"/"+a.ID, b.NetworkID+"/"+b.ID)
		})
		var want []string
		for _, f := range found {
			want = append(want, f.NetworkID+"/"+f.ID)
		}
		if len(want) < 15 {
			k.Errorf("%v finds %d items: this proves little", e, len(want))
		}
		k.same(list(k.pages(store.Query{User: "me", Expr: e, Order: store.Best, Limit: 7}, func() {})), list(want), fmt.Sprint(e))
	}
}

func rankedPages(k *kit) {
	c := k.started("github")
	k.hits(c, 60)
	was := k.pages(store.Query{User: "me", Expr: k.query("raft log"), Order: store.Best, Limit: 100}, func() {})
	got := k.pages(store.Query{User: "me", Expr: k.query("raft log"), Order: store.Best, Limit: 7}, func() {
		k.made++ // better, as good and worse ones arrive while we read on, and much else that changes how common a word is
		for i, title := range []string{"raft log", "raft", "later"} {
			it := titled(fmt.Sprint("new", k.made, "-", i), title, -hour)
			it.Text = "raft log"
			k.commit(c.Lease, page(c.ID, 100+10*k.made+i, it, like(fmt.Sprint("newer", k.made, "-", i), at(0))))
		}
	})
	got = slices.DeleteFunc(got, func(id string) bool { return strings.Contains(id, "/new") })
	k.same(list(got), list(was), "seven at a time, while others come")
	k.same(len(was), 60, "items")
}

// rankedOn takes the end of a page into a search of the other order.
func rankedOn(k *kit) {
	k.hits(k.started("github"), 30)
	best := store.Query{User: "me", Expr: word("raft"), Order: store.Best, Limit: 5}
	newest := best
	newest.Order = store.Newest
	r, err := k.b.Search(k.ctx, newest)
	k.must(err)
	rest, err := k.b.Search(k.ctx, store.Query{User: "me", Expr: word("raft"), Limit: 5, After: r.Next})
	k.must(err)
	best.After = r.Next
	on, err := k.b.Search(k.ctx, best)
	k.must(err)
	k.same([]any{on.Ranked, on.Items[0].ID, on.Next}, []any{false, rest.Items[0].ID, rest.Next}, "going on by date")
	best.After = ""
	r, err = k.b.Search(k.ctx, best)
	k.must(err)
	newest.After = r.Next
	if r, err := k.b.Search(k.ctx, newest); !errors.Is(err, store.ErrMark) {
		k.Errorf("a list by date went on after a ranked page, with %d items, %v", len(r.Items), err)
	}
	best.After, best.Expr = r.Next, k.query("ra*")
	if r, err := k.b.Search(k.ctx, best); !errors.Is(err, store.ErrMark) {
		k.Errorf("what cannot be ranked went on after a ranked page, with %d items, %v", len(r.Items), err)
	}
}

// rankedNowhere goes on from what no search gave.
func rankedNowhere(k *kit) {
	k.hits(k.started("github"), 2)
	for _, mark := range []string{"x", "!", "bnVsbA=", "e30K!", "W10", "IngiCg"} {
		for _, by := range []store.Order{store.Best, store.Newest} {
			if r, err := k.b.Search(k.ctx, store.Query{User: "me", Expr: word("raft"), Order: by, After: mark}); !errors.Is(err, store.ErrMark) {
				k.Errorf("from %q it went on, with %d items, %v", mark, len(r.Items), err)
			}
		}
	}
}

func rankedMost(k *kit) {
	c := k.started("github")
	other := titled("else", "another thing", 0) // so that of all that one has some are no hits
	other.Text, other.Author, other.Tags = "", item.Author{}, nil
	k.commit(c.Lease, page(c.ID, 0, titled("best", "raft", 20_000*hour), other))
	first := func(user, q string) string {
		r, err := k.b.Search(k.ctx, store.Query{User: user, Expr: k.query(q), Order: store.Best, Limit: 1})
		k.must(err)
		return fmt.Sprint(r.Items[0].ID, " ", r.Ranked)
	}
	fill := func(c state.Claimed, most int) {
		for made := 1; made < most; {
			p := page(c.ID, made)
			for ; made < most && len(p.Items) < 2000; made++ {
				it := titled(fmt.Sprint(made), "a raft", time.Duration(made)*minute)
				it.Text, it.Author, it.Tags = "", item.Author{}, nil // little to store: the number counts
				p.Items = append(p.Items, it)
			}
			k.commit(c.Lease, p)
		}
	}
	fill(c, store.BestMost)
	k.same(first("me", "raft"), "best true", "of as many as are ranked")
	k.networkOf("other", "github")
	others := k.lease(k.a, "a", at(0))
	k.commit(others.Lease, page(others.ID, 0, titled("theirs", "raft", 20_000*hour)))
	fill(others, 2100)
	k.same(first("me", "raft"), "best true", "of as many as are ranked, beside those of another user")
	k.same(first("other", "raft"), "theirs true", "of fewer than are ranked, beside those of another user")
	gone := page(c.ID, store.BestMost, titled("more", "a raft", 0))
	gone.Removed = []string{"1"}
	k.commit(c.Lease, gone)
	k.same(first("me", "raft"), "best true", "of as many as are ranked, beside one that was removed")
	k.commit(c.Lease, page(c.ID, store.BestMost+1, titled("most", "a raft", 0)))
	k.same(strings.HasSuffix(first("me", "raft"), "false"), true, "of one more")
	k.same(first("me", "raft -a"), "best true", "of one of them")
}
