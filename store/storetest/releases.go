package storetest

import (
	"fmt"
	"time"

	"collector/state"
)

var releases = []promise{
	{"ReleaseSavesTheProgress", releaseProgress},
	{"ReleaseWithoutATimeSleeps", releaseSleeps},
	{"PostponeGivesALeaseBackUntouched", postpone},
	{"KnownIsAnEarlierWalk", known},
	{"KnownIsNotAnImport", knownImport},
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
