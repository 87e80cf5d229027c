package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/item"
	"collector/search"
	"collector/store"
)

var searches = []promise{
	{"SearchFindsTheNewestLikeFirst", searchOrder},
	{"SearchShowsOneUserOnly", searchUser},
	{"SearchFindsACommittedPageAtOnce", searchAtOnce},
	{"SearchPagesStayWhileItemsAreAdded", searchPages},
	{"SearchKeepsItsLimits", searchLimits},
	{"SearchKeepsItsBytes", searchBytes},
	{"SearchPagesPastTheFarFuture", searchFar},
	{"SearchRefusesAForeignPlace", searchPlace},
	{"EachGoesThroughAllInOrder", each},
	{"EachHoldsNothing", eachFree},
	{"ByIDReturnsThoseThatAreThere", byID},
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
		nil, word("thing"),
		search.Or{word("theirs"), word("mine")},
		search.Not{Expr: word("nothing")},
		search.Prefix("th"),
		search.Phrase{"thing", "theirs"},
		search.Field{Name: "account", Value: n.Account},
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

// searchBytes reads pages of few bytes: each is as long as it may be, and together they are
// what one page without a bound is.
func searchBytes(k *kit) {
	const most = 10_000
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range 60 {
		it := like(fmt.Sprintf("%02d", i*37%60), at(-time.Duration(i/25)*hour)) // 25 at a time share a like time, in no order
		it.Title, it.Text = "thing", strings.Repeat("x", []int{10, 900, 9000, 100, 30_000}[i%5])
		p.Items = append(p.Items, it)
	}
	k.commit(c.Lease, p)
	size := func(it item.Item) int {
		return len(it.ID) + len(it.URL) + len(it.Title) + len(it.Text) + len(it.Author.Name) + len(it.Author.URL)
	}
	for _, e := range []search.Expr{nil, word("thing"), search.Prefix("th"), search.Phrase{"thing"}, search.Not{Expr: word("later")}, search.And{word("thing"), search.Not{Expr: search.Phrase{"no", "such"}}}} {
		for _, order := range []store.Order{store.Newest, store.Best} {
			what := fmt.Sprintf("%v, order %d", e, order)
			q := store.Query{User: "me", Expr: e, Limit: 100, Order: order}
			all, err := k.b.Search(k.ctx, q)
			k.must(err)
			var got, whole []string
			for _, l := range all.Items {
				whole = append(whole, l.ID)
			}
			q.Limit, q.Bytes = 7, most
			for n := 0; ; n++ {
				r, err := k.b.Search(k.ctx, q)
				k.must(err)
				bytes := 0
				for _, l := range r.Items {
					got, bytes = append(got, l.ID), bytes+size(l.Item)
				}
				if n > 60 || len(r.Items) == 0 || len(r.Items) > 1 && bytes > most {
					k.Fatalf("%s: page %d has %d items of %d bytes", what, n, len(r.Items), bytes)
				}
				if len(r.Items) < 7 && len(got) < len(whole) && bytes+size(all.Items[len(got)].Item) <= most {
					k.Fatalf("%s: page %d has %d items of %d bytes, and the next one would have had room", what, n, len(r.Items), bytes)
				}
				if q.After = r.Next; r.Next == "" {
					break
				}
			}
			k.same(list(got), list(whole), what)
		}
	}
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

// searchFar pages past likes that somebody dated into the far future.
func searchFar(k *kit) {
	c := k.started("github")
	far := time.Date(9999, time.December, 31, 23, 0, 0, 0, time.FixedZone("", -12*3600)).UTC() // in the year 10000
	k.commit(c.Lease, page(c.ID, 1, like("1", far), like("2", far), like("3", at(-hour))))
	var got []string
	q := store.Query{Limit: 1}
	for range 4 {
		r, err := k.b.Search(k.ctx, q)
		k.must(err)
		for _, l := range r.Items {
			got = append(got, l.ID)
		}
		if q.After = r.Next; q.After == "" {
			break
		}
	}
	k.same(list(got), "1 2 3", "one at a time")
}
