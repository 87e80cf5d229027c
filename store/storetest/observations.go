package storetest

import (
	"fmt"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

var observations = []promise{
	{"CommitChangesAChangedItem", commitChanged},
	{"CommitNeverGoesBackInTime", commitOlder},
	{"CommitOfABareItemEmptiesNothing", commitBare},
	{"CommitKeepsTheFirstSeenTime", commitFirstSeen},
	{"CommitKeepsAStatedLikeTime", commitStated},
}

func commitChanged(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour)), like("2", at(-hour))))
	now := like("1", at(-hour))
	now.Title, now.Tags = "renamed", []string{"new"}
	p := page(c.ID, 2, now, like("2", at(-hour)))
	p.ObservedAt = at(minute)
	k.same(k.commit(c.Lease, p), state.Committed{Changed: 1}, "a page with a renamed item")
	got := k.all(c.ID)["1"]
	k.same([]string{got.Title, list(got.Tags)}, []string{"renamed", "new"}, "title and tags")
	k.same(got.FirstSeenAt, at(0), "first seen")
	k.same(list(k.found(store.Query{Expr: word("renamed")})), "1", "found by its new title")
	k.same(list(k.found(store.Query{Expr: word("thing")})), "2", "no longer found by its old title")
}

func commitOlder(k *kit) {
	c := k.started("github")
	newer := like("1", at(-hour))
	newer.Title = "newer"
	p := page(c.ID, 2, newer)
	p.ObservedAt = at(hour)
	k.commit(c.Lease, p)
	older := like("1", at(-hour))
	older.Title = "older"
	p = page(c.ID, 1, older, like("2", at(-hour)))
	p.ObservedAt = at(hour - time.Millisecond)
	k.same(k.commit(c.Lease, p), state.Committed{Added: 1}, "an older page committed later")
	k.same(k.all(c.ID)["1"].Title, "newer", "title")
	p = page(c.ID, 3, older)
	p.ObservedAt = at(2 * hour)
	k.same(k.commit(c.Lease, p), state.Committed{Changed: 1}, "the same, observed later")
	p = page(c.ID, 4, newer)
	p.ObservedAt = at(90 * minute)
	k.same(k.commit(c.Lease, p), state.Committed{}, "an observation from before the last change")
	// Seen again unchanged at 3 h: an observation of 2 h 30 is older than that.
	p = page(c.ID, 5, older)
	p.ObservedAt = at(3 * hour)
	k.same(k.commit(c.Lease, p), state.Committed{}, "seen again unchanged")
	p = page(c.ID, 6, newer)
	p.ObservedAt = at(150 * minute)
	k.same(k.commit(c.Lease, p), state.Committed{}, "older than the last time it was seen")
	k.same(k.all(c.ID)["1"].Title, "older", "title")
}

func commitBare(k *kit) {
	c := k.started("github")
	full := like("1", at(-hour))
	full.Text = "all about it"
	k.commit(c.Lease, page(c.ID, 1, full))
	p := page(c.ID, 2, bare("1", at(-hour)))
	p.ObservedAt = at(minute)
	k.same(k.commit(c.Lease, p), state.Committed{}, "a bare observation")
	k.same(fmt.Sprintf("%+v", k.all(c.ID)["1"].Item), fmt.Sprintf("%+v", full), "the item")
	k.same(k.now(c.ID).Bare, 0, "bare items")
	k.same(list(k.found(store.Query{Expr: word("about")})), "1", "found by its text")
}

func commitFirstSeen(k *kit) {
	c := k.started("github")
	unknown := like("1", time.Time{})
	unknown.LikedFrom = item.FromFirstSeen
	silent := like("2", time.Time{})
	silent.LikedFrom = ""
	k.commit(c.Lease, page(c.ID, 1, unknown, silent))
	p := page(c.ID, 2, unknown, silent)
	p.ObservedAt = at(day)
	k.same(k.commit(c.Lease, p), state.Committed{}, "seen again a day later")
	for _, id := range []string{"1", "2"} {
		got := k.all(c.ID)[id]
		k.same([]any{got.LikedAt, got.LikedFrom, got.FirstSeenAt}, []any{at(0), item.FromFirstSeen, at(0)}, "like time and first seen of "+id)
	}
	p = page(c.ID, 3, like("1", at(-9*day)))
	p.ObservedAt = at(2 * day)
	k.same(k.commit(c.Lease, p), state.Committed{Changed: 1}, "the service states the like time after all")
	got := k.all(c.ID)["1"]
	k.same([]any{got.LikedAt, got.LikedFrom, got.FirstSeenAt}, []any{at(-9 * day), item.FromAPI, at(0)}, "like time and first seen")
}

func commitStated(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour))))
	guess := like("1", at(-2*hour))
	guess.LikedFrom = item.FromOrder
	p := page(c.ID, 2, guess)
	p.ObservedAt = at(minute)
	k.same(k.commit(c.Lease, p), state.Committed{}, "an estimate after a stated time")
	got := k.all(c.ID)["1"]
	k.same([]any{got.LikedAt, got.LikedFrom}, []any{at(-hour), item.FromAPI}, "like time")
	again := like("1", at(-minute))
	p = page(c.ID, 3, again)
	p.ObservedAt = at(2 * minute)
	k.same(k.commit(c.Lease, p), state.Committed{Changed: 1}, "liked anew")
	k.same(k.all(c.ID)["1"].LikedAt, at(-minute), "like time")
}
