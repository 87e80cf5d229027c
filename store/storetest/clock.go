package storetest

import (
	"time"

	"collector/item"
	"collector/state"
)

// put releases a network that was run at a time and is due at another.
func (k *kit) put(c state.Claimed, ran, due time.Time) {
	k.Helper()
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, LastRunAt: ran, ScheduledTo: due}))
}

// right sets right at a time and holds how many networks that woke.
func (k *kit) right(now time.Time, woken int, what string) {
	k.Helper()
	got, err := k.b.SetRight(k.ctx, now)
	k.must(err)
	k.same(got, woken, "networks woken: "+what)
}

func setRight(k *kit) {
	c := k.started("github")
	k.must1(k.a.Commit(k.ctx, c.Lease, page(c.ID, 1, item.Item{ID: "1", Bare: true})))
	k.must1(k.a.Fill(k.ctx, c.Lease, state.Fill{ID: "fill", At: at(day), Later: []string{"1"}, Retry: at(day + minute)}))
	k.put(c, at(day), at(day+hour))
	k.right(at(minute), 1, "a run at the time of a clock that was a day ahead")
	k.same(k.now(c.ID).WakeAt, at(minute), "WakeAt")
	bare, err := k.b.Bare(k.ctx, c.ID, at(minute), 10)
	k.must(err)
	k.same(bare, []string{"1"}, "details that are due")
	k.right(at(minute), 0, "again")
	c = k.lease(k.b, "b", at(minute))
	k.put(state.Claimed{Network: c.Network, Lease: c.Lease}, at(minute), at(hour))
	k.right(at(2*minute), 0, "after a run at the right time")

	for what, put := range map[string]func(state.Network){
		"a new network": func(state.Network) {},
		"given back": func(n state.Network) {
			k.must(k.a.Postpone(k.ctx, k.lease(k.a, "a", at(day)).Lease, at(day+time.Minute)))
		},
		"resumed": func(n state.Network) {
			k.must(k.a.SetPaused(k.ctx, n.ID, true, at(day)))
			k.must(k.a.SetPaused(k.ctx, n.ID, false, at(day)))
		},
		"signed in": func(n state.Network) { k.must(k.a.Reconnected(k.ctx, n.AccountID, at(day))) },
	} {
		k.must1(k.a.RemoveNetwork(k.ctx, c.ID, true))
		n := k.of(k.account("me", "github"), "github")
		n.CreatedAt = at(day)
		k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
		put(n)
		k.right(at(hour), 1, what+" a day ahead")
		c = k.lease(k.a, "a", at(hour))
	}
}

// must1 is must for calls that also return a value.
func (k *kit) must1(_ any, err error) {
	k.Helper()
	k.must(err)
}

func setRightAlone(k *kit) {
	c := k.started("github")
	k.put(c, at(minute), at(30*day)) // a limit that is announced for long
	k.right(at(minute), 0, "what waits for a time that a right clock wrote")
	k.same(k.now(c.ID).WakeAt, at(30*day), "WakeAt of it")

	leased := k.started("bluesky")
	asks := k.started("mastodon")
	k.put(asks, at(day), time.Time{}) // a person has to act
	paused := k.started("mastodon")
	k.must(k.a.SetPaused(k.ctx, paused.ID, true, at(0)))
	k.put(paused, at(day), at(day+hour))
	wished := k.started("bluesky")
	k.put(wished, at(day), at(day+hour))
	k.must(k.a.WishSync(k.ctx, wished.ID, false, at(day)))
	before := k.now(wished.ID).WakeAt
	k.right(at(minute), 0, "what no clock wakes, what is in work, and what is due before all others")
	k.same([]any{k.now(asks.ID).WakeAt, k.now(paused.ID).WakeAt, k.now(wished.ID).WakeAt, k.now(leased.ID).WakeAt},
		[]any{time.Time{}, time.Time{}, before, at(Lease)}, "WakeAt of each")
}
