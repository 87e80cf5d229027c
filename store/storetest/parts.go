package storetest

import (
	"fmt"
	"time"

	"collector/state"
	"collector/store"
)

var parts = []promise{
	{"ClaimOfAPartTakesItsUsersOnly", claimPart},
	{"ClaimOfAPartKeepsOrderAndCaps", claimPartOrder},
	{"FreeOwnerMakesDueAtOnce", freeOwner},
}

func claimPart(k *kit) {
	const users, of = 60, 3
	for i := range users {
		k.networkOf(fmt.Sprintf("user%d", i), []string{"github", "mastodon"}[i%2])
	}
	total := 0
	for i := 1; i <= of; i++ {
		c := want("a", at(0))
		c.Shard = state.Shard{Index: i, Of: of}
		for {
			c.N = 5
			got, err := k.a.Claim(k.ctx, c)
			k.must(err)
			if len(got) == 0 {
				break
			}
			total += len(got)
			for _, n := range got {
				if !c.Shard.Has(n.User) {
					k.Errorf("part %s claimed a network of %s", c.Shard, n.User)
				}
			}
		}
	}
	k.same(total, users, "networks claimed by all parts together")

	// What a wrong clock wrote is found in parts, too.
	c := want("b", at(41*day))
	c.Shard = state.Shard{Index: 1, Of: 1}
	got, err := k.b.Claim(k.ctx, c)
	k.must(err)
	k.same(len(got), users, "the part that is the whole")
	for _, n := range got {
		k.must(k.b.Release(k.ctx, n.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(100 * day)}))
	}
	far := 0
	for i := 1; i <= of; i++ {
		c := want("b", at(42*day))
		c.Shard = state.Shard{Index: i, Of: of}
		got, err := k.b.Claim(k.ctx, c)
		k.must(err)
		far += len(got)
	}
	k.same(far, users, "networks that a wrong clock had put off")
}

func claimPartOrder(k *kit) {
	// All of one user, so all are in one part.
	var byDue []string
	for i := range 6 {
		n := k.of(k.account("me", "github"), []string{"github", "mastodon"}[i%2])
		n.CreatedAt = at(-hour + minute*[]time.Duration{3, 1, 5, 0, 4, 2}[i])
		k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
		byDue = append(byDue, n.ID)
	}
	mine := state.Shard{Index: 1, Of: 5}
	for !mine.Has("me") {
		mine.Index++
	}
	other := want("a", at(0))
	other.Shard = state.Shard{Index: mine.Index%5 + 1, Of: 5}
	if got, err := k.a.Claim(k.ctx, other); err != nil || len(got) != 0 {
		k.Errorf("another part claimed %s, %v", ids(got), err)
	}
	c := want("a", at(0))
	c.Shard, c.N, c.Services = mine, 4, map[string]int{"github": 3, "mastodon": 2}
	got, err := k.a.Claim(k.ctx, c)
	k.must(err)
	k.same(ids(got), []string{byDue[3], byDue[1], byDue[0], byDue[4]}, "the most overdue, at most 2 of mastodon")
}

func freeOwner(k *kit) {
	soon := at(10 * time.Second) // before any lease ends
	c := k.started("github")
	other := k.network("mastodon")
	k.must(k.a.SetPaused(k.ctx, k.network("bluesky").ID, true, at(0)))
	theirs := k.lease(k.b, "b", at(0))
	k.same(theirs.ID, other.ID, "what b holds")
	paused := k.network("github")
	k.lease(k.a, "a", at(0))
	k.must(k.b.SetPaused(k.ctx, paused.ID, true, at(0)))
	if ok, err := k.a.LeaseRefresh(k.ctx, c.AccountID, "a", at(0), at(hour)); err != nil || !ok {
		k.Fatalf("the right to refresh: %v, %v", ok, err)
	}
	k.beat(store.Instance{ID: "a", Host: "here", Seen: at(0)})

	k.must(k.b.FreeOwner(k.ctx, "a", soon))

	n := k.now(c.ID)
	k.same([]any{n.Owner, n.LeaseUntil.IsZero(), n.WakeAt}, []any{"", true, soon}, "a network of who left")
	k.same(k.now(paused.ID).WakeAt.IsZero(), true, "a paused network stays paused")
	k.same(k.now(other.ID).Owner, "b", "a network of somebody else")
	_, err := k.a.Commit(k.ctx, c.Lease, page(c.ID, 1, like("1", at(-hour))))
	k.is(err, state.ErrLeaseLost, "a commit of who was thought to have left")
	if ok, err := k.b.LeaseRefresh(k.ctx, c.AccountID, "b", soon, at(hour)); err != nil || !ok {
		k.Errorf("the right to refresh is still of who left: %v, %v", ok, err)
	}
	beats, err := k.b.Beats(k.ctx, at(-hour))
	k.must(err)
	k.same(len(beats), 0, "instances")
	again := k.lease(k.b, "b", soon)
	k.same([]any{again.ID, again.Lease.Epoch}, []any{c.ID, c.Lease.Epoch + 1}, "who claims next")
	k.must(k.b.FreeOwner(k.ctx, "nobody", soon))
	k.must(k.b.FreeOwner(k.ctx, "", soon))
}
