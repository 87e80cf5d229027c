package storetest

import (
	"fmt"

	"collector/auth"
	"collector/state"
	"collector/store"
)

var removals = []promise{
	{"RemoveKeepsTheItems", removeKeeps},
	{"RemoveWithPurgeLeavesNothing", removePurges},
	{"RemoveTheLastNetworkTakesTheAccount", removeLast},
	{"PurgeUserLeavesNothing", purgeUser},
}

func (k *kit) credential(account string) {
	k.Helper()
	k.must(k.a.SaveCredential(k.ctx, auth.Record{Account: account, KeyID: "k", Sealed: []byte("sealed")}))
}

func (k *kit) noCredential(account string) {
	k.Helper()
	_, err := k.b.Credential(k.ctx, account)
	k.is(err, auth.ErrNone, "the credential of "+account)
}

func removeKeeps(k *kit) {
	c := k.furnished("github")
	k.credential(c.AccountID)
	r, err := k.b.RemoveNetwork(k.ctx, c.ID, false)
	k.must(err)
	k.same(r, store.Removed{Accounts: 1, Networks: 1, Credentials: 1}, "removed")
	k.same(len(k.found(store.Query{User: "me"})), 2, "items found")
	k.same(k.all(c.ID)["1"].Network, c.Name(), "the network's name on its items")
	k.same(len(k.changes("me", 0)), 1, "changes")
	_, err = k.b.Network(k.ctx, c.ID)
	k.is(err, state.ErrNotFound, "reading it")
	k.is(k.b.WishSync(k.ctx, c.ID, false, at(0)), state.ErrNotFound, "wishing")
	k.is(k.b.SetPaused(k.ctx, c.ID, false, at(0)), state.ErrNotFound, "resuming")
	k.noCredential(c.AccountID)
	wakes, err := k.b.Wakes(k.ctx, state.Initial)
	k.must(err)
	k.same(len(wakes), 0, "wakes")
	_, err = k.b.RemoveNetwork(k.ctx, c.ID, false)
	k.is(err, state.ErrNotFound, "removing it again")
	r, err = k.b.RemoveNetwork(k.ctx, c.ID, true)
	k.must(err)
	k.same([]int{r.Items, r.Changes, r.Quarantined}, []int{2, 1, 1}, "items, changes and quarantined objects purged afterwards")
	k.same(len(k.found(store.Query{})), 0, "items found after the purge")
}

func removePurges(k *kit) {
	kept := k.started("mastodon")
	k.commit(kept.Lease, page(kept.ID, 1, like("1", at(-hour))))
	c := k.furnished("github")
	k.commit(kept.Lease, page(kept.ID, 2, like("2", at(-hour))))
	k.credential(c.AccountID)
	k.credential(kept.AccountID)
	last, err := k.b.LastChange(k.ctx)
	k.must(err)

	r, err := k.b.RemoveNetwork(k.ctx, c.ID, true)
	k.must(err)
	k.same(r, store.Removed{Accounts: 1, Networks: 1, Items: 2, Changes: 1, Quarantined: 1, Credentials: 1}, "removed")
	k.same([]int{len(k.all(c.ID)), len(k.quarantined(c.ID, "9")), len(k.bare(c.ID, at(day), 9))}, []int{0, 0, 0}, "items, quarantine, bare")
	k.same(list(k.found(store.Query{Expr: word("thing")})), "1 2", "what a search still finds")
	_, err = k.b.Account(k.ctx, c.AccountID)
	k.is(err, state.ErrNotFound, "its account")
	k.noCredential(c.AccountID)
	if _, err := k.b.Credential(k.ctx, kept.AccountID); err != nil {
		k.Errorf("the credential of another account: %v", err)
	}
	for _, change := range k.changes("", 0) { // from the beginning: a purge is no end of the log
		if change.NetworkID != kept.ID {
			k.Errorf("the log still holds %+v", change)
		}
	}
	now, err := k.b.LastChange(k.ctx)
	k.must(err)
	k.same(now, last, "the newest change")
	k.commit(kept.Lease, page(kept.ID, 3, like("3", at(-hour))))
	k.same(k.changes("", last)[0].Seq, last+1, "the number of the next change")
	_, err = k.b.RemoveNetwork(k.ctx, c.ID, true)
	k.is(err, state.ErrNotFound, "purging it again")
}

func removeLast(k *kit) {
	a := k.account("me", "github")
	one, two := k.of(a, "github"), k.of(a, "mastodon")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{one, two}))
	k.credential(a.ID)
	r, err := k.a.RemoveNetwork(k.ctx, one.ID, true)
	k.must(err)
	k.same(r, store.Removed{Networks: 1}, "the first of two")
	if _, err := k.b.Credential(k.ctx, a.ID); err != nil {
		k.Errorf("the credential went with the first of two networks: %v", err)
	}
	again := k.of(a, "github")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{again})) // collected anew
	_, err = k.a.RemoveNetwork(k.ctx, again.ID, true)
	k.must(err)
	r, err = k.a.RemoveNetwork(k.ctx, two.ID, true)
	k.must(err)
	k.same(r, store.Removed{Networks: 1, Accounts: 1, Credentials: 1}, "the last one")
	k.noCredential(a.ID)
}

func purgeUser(k *kit) {
	leased := k.furnished("github")
	removed := k.network("mastodon")
	_, err := k.a.RemoveNetwork(k.ctx, removed.ID, false)
	k.must(err)
	k.credential(leased.AccountID)
	empty := k.account("me", "bluesky") // connected, no network yet
	k.credential(empty.ID)
	other := k.networkOf("you", "bluesky")
	k.credential(other.AccountID)
	theirs := k.lease(k.b, "b", at(0))
	k.commitAs(k.b, theirs.Lease, page(other.ID, 1, like("1", at(-hour))))

	r, err := k.b.PurgeUser(k.ctx, "me")
	k.must(err)
	k.same(r, store.Removed{Accounts: 2, Networks: 2, Items: 2, Changes: 1, Quarantined: 1, Credentials: 2}, "removed")
	ns, err := k.b.Networks(k.ctx, store.Filter{Removed: true})
	k.must(err)
	accounts, err := k.b.Accounts(k.ctx, "")
	k.must(err)
	records, err := k.b.Credentials(k.ctx, "", 100)
	k.must(err)
	k.same([]int{len(ns), len(accounts), len(records)}, []int{1, 1, 1}, "networks, accounts and credentials left")
	k.same(fmt.Sprint(ns[0].ID, accounts[0].ID, records[0].Account), fmt.Sprint(other.ID, other.AccountID, other.AccountID), "whose they are")
	k.same([]int{len(k.found(store.Query{})), len(k.found(store.Query{User: "me"})), len(k.changes("me", 0)), len(k.changes("you", 0))},
		[]int{1, 0, 0, 1}, "items of all and of the purged user, changes of both")
	k.lateWrites(k.a, leased)
	r, err = k.b.PurgeUser(k.ctx, "")
	k.must(err)
	k.same(r, store.Removed{}, "purging nobody")
}
