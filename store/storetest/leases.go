package storetest

import (
	"time"

	"collector/state"
)

var leases = []promise{
	{"ClaimTakesOverAtTheEndOfALease", claimExpired},
	{"ClaimTakesAWrongClockForPast", claimClock},
	{"SetRightWakesWhatAWrongClockPutOff", setRight},
	{"SetRightLeavesARightClockAlone", setRightAlone},
	{"WakesTellsTheEarliestOfEachService", wakes},
	{"RenewMovesOwnLiveLeasesOnly", renew},
	{"FreeDeadLeavesTheLivingAlone", freeDead},
}

func claimExpired(k *kit) {
	c := k.started("github")
	n := k.now(c.ID)
	k.same([]any{n.Owner, n.LeaseUntil, n.WakeAt}, []any{"a", at(Lease), at(Lease)}, "owner, lease end and WakeAt of a leased network")
	if got, err := k.b.Claim(k.ctx, want("b", at(Lease-time.Millisecond))); err != nil || len(got) != 0 {
		k.Errorf("claimed %s, %v, while another lease lives", ids(got), err)
	}
	k.same(k.lease(k.b, "b", at(Lease)).Owner, "b", "owner after the take-over")
}

func claimClock(k *kit) {
	c := k.started("github")
	release := func(to time.Time) {
		k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: to}))
	}
	release(at(40 * day))
	if got := k.claim(at(0)); len(got) != 0 {
		k.Errorf("a due time of now + 40 days counted as past")
	}
	c = k.lease(k.a, "a", at(40*day))
	release(at(80*day + time.Millisecond))
	c = k.lease(k.a, "a", at(40*day)) // beyond 40 days: a wrong clock

	release(at(0))
	far := want("a", at(0))
	far.Until = at(2 * Lease)
	got, err := k.a.Claim(k.ctx, far)
	k.must(err)
	if len(got) != 1 {
		k.Fatalf("claimed %s", ids(got))
	}
	if got, err := k.b.Claim(k.ctx, want("b", at(0))); err != nil || len(got) != 0 {
		k.Errorf("claimed %s, %v: a lease end of now + 2 leases counted as past", ids(got), err)
	}
	k.must(k.a.Renew(k.ctx, "a", at(2*Lease+time.Millisecond)))
	k.lease(k.b, "b", at(0)) // beyond 2 leases: a wrong clock
}

func wakes(k *kit) {
	got, err := k.a.Wakes(k.ctx, state.Initial)
	k.must(err)
	k.same(got, map[string]time.Time{}, "wakes of an empty store")

	k.network("github")
	c := k.lease(k.a, "a", at(0))
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(hour)}))
	k.network("github")
	k.must(k.a.SetPaused(k.ctx, k.network("mastodon").ID, true, at(0)))
	n := k.network("bluesky")
	got, err = k.b.Wakes(k.ctx, state.Initial)
	k.must(err)
	k.same(got, map[string]time.Time{"bluesky": at(0), "github": at(0)}, "the earliest of each, none of what is paused")

	k.claim(at(minute))
	got, err = k.b.Wakes(k.ctx, state.Initial)
	k.must(err)
	k.same(got, map[string]time.Time{"bluesky": at(minute + Lease), "github": at(minute + Lease)}, "a lease end counts")

	k.must(k.a.Release(k.ctx, state.Lease{Network: n.ID, Owner: "a", Epoch: 1}, state.Progress{Mode: state.Normal, ScheduledTo: at(day)}))
	got, err = k.b.Wakes(k.ctx, state.Normal)
	k.must(err)
	k.same(got, map[string]time.Time{"bluesky": at(day)}, "the other mode")
}

func renew(k *kit) {
	mine := k.started("github")
	k.network("mastodon")
	theirs := k.lease(k.b, "b", at(0))
	k.network("bluesky") // free

	k.must(k.a.Renew(k.ctx, "a", at(Lease+10*time.Second)))
	n := k.now(mine.ID)
	k.same([]time.Time{n.LeaseUntil, n.WakeAt}, []time.Time{at(Lease + 10*time.Second), at(Lease + 10*time.Second)}, "an own lease")
	k.same(k.now(theirs.ID).LeaseUntil, at(Lease), "a lease of another")
	k.same(len(k.claim(at(0))), 1, "the free network is still due")

	taken, err := k.b.Claim(k.ctx, want("b", at(Lease+10*time.Second), "github"))
	k.must(err)
	k.same(ids(taken), []string{mine.ID}, "a take-over at the renewed end")
	k.must(k.a.Renew(k.ctx, "a", at(hour)))
	k.same(k.now(mine.ID).LeaseUntil, at(2*Lease+10*time.Second), "a lease that was taken over")

	k.must(k.b.SetPaused(k.ctx, mine.ID, true, at(minute)))
	k.must(k.b.Renew(k.ctx, "b", at(2*minute)))
	n = k.now(mine.ID)
	k.same([]time.Time{n.LeaseUntil, n.WakeAt}, []time.Time{at(2 * minute), {}}, "lease end and WakeAt of a paused network")
	if err := k.b.Release(k.ctx, theirs.Lease, theirs.Progress); err != nil {
		k.Errorf("releasing a renewed lease: %v", err)
	}
}

func freeDead(k *kit) {
	c := k.started("github")
	if _, err := k.b.FreeDead(k.ctx, at(0)); err != nil {
		k.Fatal(err)
	}
	if _, err := k.a.Commit(k.ctx, c.Lease, page(c.ID, 1, like("1", at(-hour)))); err != nil {
		k.Errorf("the lease of a living instance was ended: %v", err)
	}
}
