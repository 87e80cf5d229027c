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
	{"CommitOfTenThousandItems", commitLarge},
	{"CommitSavesTheProgress", commitProgress},
	{"CommitKeepsRawForTheArchiveOnly", commitArchive},
	{"CommitCountsItemsOfItsNetworkOnly", commitCounts},
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
	k.same(fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", store.Liked{
		User: "me", Service: "github", NetworkID: c.ID,
		Network: c.Name(), Account: c.Account, FirstSeenAt: at(0),
	}), "what the store adds")
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
