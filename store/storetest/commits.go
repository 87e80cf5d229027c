package storetest

import (
	"fmt"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

var commits = []promise{
	{"CommitKeepsEveryField", commitFields},
	{"CommitTwiceAddsOnce", commitTwice},
	{"CommitKeepsTheSameItemOfOnePageOnce", commitRepeat},
	{"CommitChangesAChangedItem", commitChanged},
	{"CommitNeverGoesBackInTime", commitOlder},
	{"CommitOfABareItemEmptiesNothing", commitBare},
	{"CommitKeepsTheFirstSeenTime", commitFirstSeen},
	{"CommitKeepsAStatedLikeTime", commitStated},
	{"CommitOfTenThousandItems", commitLarge},
	{"CommitSavesTheProgress", commitProgress},
	{"CommitKeepsRawForTheArchiveOnly", commitArchive},
	{"CommitCountsItemsOfItsNetworkOnly", commitCounts},
	{"ReleaseSavesTheProgress", releaseProgress},
	{"ReleaseWithoutATimeSleeps", releaseSleeps},
	{"PostponeGivesALeaseBackUntouched", postpone},
	{"KnownIsAnEarlierWalk", known},
	{"KnownIsNotAnImport", knownImport},
}

func commitFields(k *kit) {
	c := k.started("github")
	it := item.Item{
		ID: "ID/with:odd chars é", URL: "https://example.org/a?b=c#d", Kind: "repository",
		Title: "A title\twith \x00 odd 'characters\" %_ ☃", Text: "Many\nlines\nof text", Image: "https://example.org/i.png",
		Author: item.Author{Name: "@ada@social.example", URL: "https://social.example/@ada", Avatar: "https://social.example/a.png"},
		Tags:   []string{"b", "a", "c d"}, Language: "Go", Private: true,
		CreatedAt: at(-day).Add(123 * time.Millisecond), LikedAt: at(-hour).Add(7 * time.Millisecond), LikedFrom: item.FromOrder,
	}
	k.commit(c.Lease, page(c.ID, 1, it))
	got := k.all(c.ID)[it.ID]
	k.same(fmt.Sprintf("%+v", got.Item), fmt.Sprintf("%+v", it), "the item")
	got.Item = item.Item{}
	k.same(fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", store.Liked{User: "me", Service: "github", NetworkID: c.ID,
		Network: c.Name(), Account: c.Account, FirstSeenAt: at(0)}), "what the store adds")
}

func commitTwice(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1, like("1", at(-hour)), like("2", at(-2*hour)))
	k.same(k.commit(c.Lease, p), state.Committed{Added: 2}, "the first time")
	k.same(k.commit(c.Lease, p), state.Committed{}, "the second time")
	p.ObservedAt = at(minute)
	k.same(k.commit(c.Lease, p), state.Committed{}, "read again later")
	k.same([]int{len(k.all(c.ID)), k.now(c.ID).Items, len(k.changes("", 0))}, []int{2, 2, 1}, "items, counter and changes")
	p.Items = append(p.Items, like("3", at(-3*hour)))
	k.same(k.commit(c.Lease, p), state.Committed{Added: 1}, "with one more item")
	k.same(k.now(c.ID).Items, 3, "counter")
}

func commitRepeat(k *kit) {
	c := k.started("github")
	k.same(k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour)), like("2", at(-hour)), like("1", at(-hour)))), state.Committed{Added: 2}, "a page with an item twice")
	k.same(k.now(c.ID).Items, 2, "counter")
	k.same(list(k.changes("", 0)[0].Added), "1 2", "ids in the log")
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

func commitLarge(k *kit) {
	const n = 10_000
	c := k.started("github")
	p := page(c.ID, 1)
	for i := range n {
		p.Items = append(p.Items, like(fmt.Sprintf("%05d", i), at(-time.Duration(i)*minute)))
	}
	k.same(k.commit(c.Lease, p), state.Committed{Added: n}, "10,000 items in one commit")
	k.same(k.now(c.ID).Items, n, "counter")
	k.same(len(k.all(c.ID)), n, "items")
	log := k.changes("", 0)
	k.same([]int{len(log), len(log[0].Added)}, []int{1, n}, "changes and ids in it")
	k.same(k.commit(c.Lease, p), state.Committed{}, "the same again")
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%05d", i))
	}
	got, err := k.b.Known(k.ctx, c.ID, 2, ids)
	k.must(err)
	for i, known := range got {
		if !known {
			k.Fatalf("item %s is not known to the next walk", ids[i])
		}
	}
}

func commitProgress(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1, like("1", at(-hour)))
	k.commit(c.Lease, p)
	n := k.now(c.ID)
	k.same(*n.Walk, *p.After.Walk, "walk after a commit")
	k.same([]any{n.Owner, n.WakeAt, n.Epoch}, []any{"a", at(Lease), 1}, "the lease goes on")
	p.After.Walk.Cursor = "changed by the caller afterwards"
	k.same(k.now(c.ID).Walk.Cursor, "2", "the store shares no memory with its caller")
	empty := page(c.ID, 2)
	k.same(k.commit(c.Lease, empty), state.Committed{}, "a page without items")
	k.same(k.now(c.ID).Walk.Cursor, "3", "cursor after a page without items")
	k.same(len(k.changes("", 0)), 1, "changes: a page without a difference writes none")
}

func commitArchive(k *kit) {
	c := k.started("github")
	it := like("1", at(-hour))
	it.Raw = []byte(`{"id":1}`)
	k.commit(c.Lease, page(c.ID, 1, it))
	k.same(len(k.all(c.ID)["1"].Raw), 0, "bytes of raw without an archive")
	it.ID = "2"
	p := page(c.ID, 2, it)
	p.Archive = true
	k.commit(c.Lease, p)
	k.same(string(k.all(c.ID)["2"].Raw), `{"id":1}`, "raw with an archive")
}

func commitCounts(k *kit) {
	one := k.started("github")
	k.network("mastodon")
	two := k.lease(k.a, "a", at(0))
	k.commit(one.Lease, page(one.ID, 1, like("1", at(-hour)), like("2", at(-hour))))
	k.commit(two.Lease, page(two.ID, 1, like("1", at(-hour))))
	k.same([]int{k.now(one.ID).Items, k.now(two.ID).Items}, []int{2, 1}, "the same id in two networks is two items")
	k.same(len(k.found(store.Query{})), 3, "found")
	k.same(len(k.found(store.Query{Network: two.ID})), 1, "found in one")
}

func releaseProgress(k *kit) {
	c := k.started("github")
	p := state.Progress{Mode: state.Normal, Condition: state.Limited, ScheduledTo: at(hour), Reason: "quota", Failures: 3, LastError: "429"}
	k.must(k.a.Release(k.ctx, c.Lease, p))
	n := k.now(c.ID)
	k.same(n.Progress, p, "progress")
	k.same([]any{n.Owner, n.LeaseUntil, n.WakeAt, n.Crashes}, []any{"", time.Time{}, at(hour), 0}, "owner, lease end, WakeAt, crashes")
}

func releaseSleeps(k *kit) {
	c := k.started("github")
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, Condition: state.NeedsSignIn}))
	if got := k.claim(at(1000 * day)); len(got) != 0 {
		k.Errorf("claimed a network that waits for a person")
	}
	k.must(k.a.WishSync(k.ctx, c.ID, false, at(day)))
	k.lease(k.a, "a", at(day))
}

func postpone(k *kit) {
	c := k.started("github")
	c = k.lease(k.a, "a", at(Lease)) // the first claim came to nothing
	before := k.now(c.ID)
	k.must(k.a.Postpone(k.ctx, c.Lease, at(hour)))
	n := k.now(c.ID)
	k.same([]any{n.Owner, n.LeaseUntil, n.WakeAt, n.Crashes, n.Epoch}, []any{"", time.Time{}, at(hour), 1, 2}, "owner, lease end, WakeAt, crashes, epoch")
	k.same(n.Progress, before.Progress, "progress")
	k.is(k.a.Postpone(k.ctx, c.Lease, at(hour)), state.ErrLeaseLost, "postponing again")
	c = k.lease(k.b, "b", at(hour))
	k.same(c.Crashes, 2, "crashes at the next claim")
	k.commitAs(k.b, c.Lease, page(c.ID, 1, like("1", at(-hour))))
	k.must(k.b.SetPaused(k.ctx, c.ID, true, at(hour)))
	k.must(k.b.Postpone(k.ctx, c.Lease, at(2*hour)))
	n = k.now(c.ID)
	k.same([]any{n.WakeAt, n.Crashes}, []any{time.Time{}, 0}, "WakeAt and crashes of a paused network after a commit")
	k.must(k.b.SetPaused(k.ctx, c.ID, false, at(2*hour)))
	c = k.lease(k.a, "a", at(2*hour))
	k.must(k.b.WishSync(k.ctx, c.ID, false, at(2*hour)))
	k.must(k.a.Postpone(k.ctx, c.Lease, at(day)))
	k.lease(k.a, "a", at(2*hour)) // a wish during the lease
}

func known(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour))))
	p := page(c.ID, 2, like("2", at(-hour)), like("1", at(-hour)))
	p.Walk, p.ObservedAt = 2, at(minute)
	k.commit(c.Lease, p)
	for walk, expected := range map[int64][]bool{1: {false, false, false}, 2: {true, false, false}, 3: {true, true, false}} {
		got, err := k.b.Known(k.ctx, c.ID, walk, []string{"1", "2", "unheard-of"})
		k.must(err)
		k.same(got, expected, fmt.Sprintf("known to walk %d", walk))
	}
	k.network("mastodon")
	other := k.lease(k.a, "a", at(0))
	got, err := k.b.Known(k.ctx, other.ID, 9, []string{"1"})
	k.must(err)
	k.same(got, []bool{false}, "known in another network")
	got, err = k.b.Known(k.ctx, c.ID, 9, nil)
	k.must(err)
	k.same(len(got), 0, "answers about no ids")
}

func knownImport(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1, like("1", at(-hour)), like("2", at(-hour)))
	p.Kind, p.Walk = "import", 0
	k.same(k.commit(c.Lease, p), state.Committed{Added: 2}, "an import")
	p = page(c.ID, 2, like("2", at(-hour)))
	p.Walk, p.ObservedAt = 3, at(minute)
	k.same(k.commit(c.Lease, p), state.Committed{}, "a walk that sees an imported item")
	for walk, expected := range map[int64][]bool{3: {false, false}, 4: {false, true}} {
		got, err := k.b.Known(k.ctx, c.ID, walk, []string{"1", "2"})
		k.must(err)
		k.same(got, expected, fmt.Sprintf("known to walk %d", walk))
	}
}
