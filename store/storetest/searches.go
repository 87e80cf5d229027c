package storetest

import (
	"fmt"

	"collector/search"
	"collector/store"
)

var searches = []promise{
	{"SearchFindsTheNewestLikeFirst", searchOrder},
	{"SearchShowsOneUserOnly", searchUser},
	{"SearchFindsACommittedPageAtOnce", searchAtOnce},
}

func searchOrder(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("old", at(-3*hour)), like("new", at(-hour)), like("b", at(-2*hour)), like("a", at(-2*hour))))
	k.same(list(k.found(store.Query{})), "new a b old", "newest like first, ties by id")
	k.same(list(k.found(store.Query{Limit: 2})), "new a", "at most two")
}

func searchUser(k *kit) {
	mine := k.started("github")
	k.commit(mine.Lease, page(mine.ID, 1, like("mine", at(-hour))))
	n := k.networkOf("you", "github")
	theirs := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, theirs.Lease, page(n.ID, 1, like("theirs", at(-2*hour))))
	for _, e := range []search.Expr{nil, word("thing"), search.Or{word("theirs"), word("mine")}, search.Not{Expr: word("nothing")}, search.Prefix("th"), search.Phrase{"thing", "theirs"}} {
		for _, id := range k.found(store.Query{User: "me", Expr: e}) {
			if id != "mine" {
				k.Errorf("%v for me found %s", e, id)
			}
		}
	}
	k.same(list(k.found(store.Query{User: "you", Expr: word("thing")})), "theirs", "for you")
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
