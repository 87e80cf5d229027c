package storetest

import (
	"time"

	"collector/state"
)

var oneClaims = []promise{
	{"ClaimOfOneNetworkTakesItBeforeItIsDue", claimOne},
	{"ClaimOfOneNetworkLeavesItPaused", claimOnePaused},
	{"ClaimOfOneNetworkRespectsALease", claimOneLeased},
	{"ClaimOfOneNetworkFindsNoneThatEnded", claimOneEnded},
}

// only is a claim of one network.
func only(owner, network string, now time.Time) state.Claim {
	return state.Claim{Network: network, Owner: owner, Now: now, Until: now.Add(Lease)}
}

// one claims a network by its id and gives it, or nil where it was not given.
func (k *kit) one(owner, network string, now time.Time) *state.Claimed {
	k.Helper()
	s := k.a
	if owner == "b" {
		s = k.b
	}
	got, err := s.Claim(k.ctx, only(owner, network, now))
	k.must(err)
	switch {
	case len(got) > 1, len(got) == 1 && got[0].ID != network:
		k.Fatalf("claimed %s, want %s alone", ids(got), network)
	case len(got) == 1:
		return &got[0]
	}
	return nil
}

func claimOne(k *kit) {
	k.network("mastodon") // due, and not asked for
	n := k.network("github")
	c := k.one("a", n.ID, at(-day))
	if c == nil {
		k.Fatal("a network that is not due was not given")
	}
	k.same(c.Lease, state.Lease{Network: n.ID, Owner: "a", Epoch: 1, Until: at(Lease - day)}, "lease")
	now := k.now(n.ID)
	k.same([]any{now.Owner, now.LeaseUntil, now.WakeAt, now.Crashes}, []any{"a", at(Lease - day), at(Lease - day), 1}, "owner, lease end, WakeAt and crashes")
	k.commit(c.Lease, page(n.ID, 1, like("1", at(-2*day))))
	k.must(k.a.Postpone(k.ctx, c.Lease, at(0)))
	k.same([]any{k.now(n.ID).WakeAt, k.now(n.ID).Owner}, []any{at(0), ""}, "WakeAt and owner after it was given back")

	k.must(k.a.Release(k.ctx, k.one("a", n.ID, at(0)).Lease, state.Progress{Mode: state.Normal, ScheduledTo: at(hour)}))
	if k.one("b", n.ID, at(0)) == nil {
		k.Error("a network in the other mode was not given")
	}
	if k.one("a", "unheard-of", at(0)) != nil {
		k.Error("a network that does not exist was given")
	}
	k.same(len(k.claim(at(0))), 1, "networks that are still due")
}

func claimOnePaused(k *kit) {
	n := k.network("github")
	k.must(k.a.SetPaused(k.ctx, n.ID, true, at(0)))
	c := k.one("a", n.ID, at(0))
	if c == nil {
		k.Fatal("a paused network was not given")
	}
	k.same(k.now(n.ID).WakeAt.IsZero(), true, "without WakeAt once it was claimed")
	k.must(k.a.Renew(k.ctx, "a", at(2*Lease)))
	now := k.now(n.ID)
	k.same([]any{now.Paused, now.WakeAt.IsZero(), now.LeaseUntil}, []any{true, true, at(2 * Lease)}, "paused, without WakeAt, and lease end")
	if got := k.claim(at(hour)); len(got) != 0 {
		k.Error("a paused network was claimed as due once its lease had ended")
	}
	c = k.one("b", n.ID, at(hour))
	k.must(k.b.Postpone(k.ctx, c.Lease, at(0)))
	if got := k.claim(at(2 * hour)); len(got) != 0 {
		k.Error("a paused network was claimed as due once it had been given back")
	}
	k.same(k.now(n.ID).Paused, true, "paused at the end")
}

func claimOneLeased(k *kit) {
	c := k.started("github")
	if k.one("b", c.ID, at(Lease-time.Millisecond)) != nil {
		k.Fatal("a network in work was given")
	}
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour)))) // the lease still holds
	if k.one("b", c.ID, at(Lease)) == nil {
		k.Fatal("a network whose lease has ended was not given")
	}
	k.is(k.a.Release(k.ctx, c.Lease, c.Progress), state.ErrLeaseLost, "a release by the old owner")
	k.must(k.b.Renew(k.ctx, "b", at(day)))
	if k.one("a", c.ID, at(Lease)) == nil {
		k.Error("a lease that a wrong clock wrote was believed")
	}
}

func claimOneEnded(k *kit) {
	n := k.network("github")
	_, err := k.a.RemoveNetwork(k.ctx, n.ID, false)
	k.must(err)
	if k.one("a", n.ID, at(0)) != nil {
		k.Error("a network whose collecting has ended was given")
	}
}
