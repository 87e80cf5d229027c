package storetest

import (
	"time"

	"collector/state"
	"collector/store"
)

var wishes = []promise{
	{"PauseSleepsUntilResume", pause},
	{"PauseDuringARunSurvivesTheRelease", pauseDuring},
	{"ResumeForgivesWhatAskedForAPerson", resumeForgives},
	{"ResumeDuringARunIsDueAtOnceAfterIt", resumeDuring},
	{"WishSyncGoesFirst", wishFirst},
	{"WishSyncDuringARunIsDueAtOnceAfterIt", wishDuring},
	{"WishSyncBeforeTheClaimIsNoReasonToHurry", wishBefore},
	{"WishSyncLeavesThePausedPaused", wishPaused},
	{"ReconnectedWakesTheNetworksOfTheAccount", reconnected},
	{"ReconnectedDuringARunIsDueAtOnceAfterIt", reconnectedDuring},
	{"WishesOfTheUnknownAreNotFound", wishUnknown},
}

func pause(k *kit) {
	n := k.network("github")
	k.must(k.a.SetPaused(k.ctx, n.ID, true, at(0)))
	got := k.now(n.ID)
	k.same([]any{got.Paused, got.WakeAt}, []any{true, time.Time{}}, "paused and WakeAt")
	if got := k.claim(at(day)); len(got) != 0 {
		k.Errorf("a paused network was claimed")
	}
	k.must(k.a.SetPaused(k.ctx, n.ID, false, at(day)))
	if got := k.claim(at(day - time.Millisecond)); len(got) != 0 {
		k.Errorf("claimed before it was resumed")
	}
	k.lease(k.a, "a", at(day))
}

func pauseDuring(k *kit) {
	c := k.started("github")
	k.must(k.b.SetPaused(k.ctx, c.ID, true, at(0)))
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour)))) // the page in hand is not lost
	k.same(k.now(c.ID).Paused, true, "paused after a commit")
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(minute)}))
	got := k.now(c.ID)
	k.same([]any{got.Paused, got.WakeAt, got.ScheduledTo, got.Items}, []any{true, time.Time{}, at(minute), 1}, "paused, WakeAt, ScheduledTo and items after the release")
	if got := k.claim(at(day)); len(got) != 0 {
		k.Errorf("a paused network was claimed")
	}
}

func resumeForgives(k *kit) {
	for _, condition := range []state.Condition{state.NeedsSignIn, state.NeedsScope, state.Missing, state.Broken, state.Stalled} {
		c := k.started("github")
		k.must(k.a.Release(k.ctx, c.Lease, state.Progress{
			Mode: state.Normal, Condition: condition, ScheduledTo: at(20 * day),
			Failures: 7, BadRuns: 5, RefusedAt: at(0), NextStep: "do something", Fault: "bug", LastError: "it broke",
		}))
		k.must(k.a.SetPaused(k.ctx, c.ID, false, at(hour)))
		n := k.now(c.ID)
		k.same([]any{n.Condition, n.Failures, n.BadRuns, n.RefusedAt, n.NextStep, n.Fault, n.LastError, n.ScheduledTo, n.WakeAt, n.Mode},
			[]any{state.OK, 0, 0, time.Time{}, "", "", "it broke", at(hour), at(hour), state.Normal}, "after a resume from "+string(condition))
	}
	c := k.started("github")
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Normal, Condition: state.Failing, ScheduledTo: at(day), Failures: 7}))
	k.must(k.a.SetPaused(k.ctx, c.ID, false, at(hour)))
	n := k.now(c.ID)
	k.same([]any{n.Condition, n.Failures, n.WakeAt}, []any{state.Failing, 7, at(hour)}, "a failure that asked for nobody stays until a success")
}

func resumeDuring(k *kit) {
	c := k.started("github")
	k.must(k.b.SetPaused(k.ctx, c.ID, true, at(0)))
	k.must(k.b.SetPaused(k.ctx, c.ID, false, at(0)))
	k.same(k.now(c.ID).WakeAt, at(Lease), "WakeAt: the run in hand goes on")
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(day)}))
	k.lease(k.a, "a", at(minute))
}

func wishFirst(k *kit) {
	overdue := k.of(k.account("me", "github"), "github")
	overdue.CreatedAt = at(-3 * 365 * day)
	k.must(k.a.AddNetworks(k.ctx, []state.Network{overdue}))
	c := k.startedBeside("github", overdue.ID)
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(5 * day)}))
	k.must(k.a.Release(k.ctx, state.Lease{Network: overdue.ID, Owner: "a", Epoch: 1}, state.Progress{Mode: state.Initial, ScheduledTo: overdue.CreatedAt}))
	k.must(k.a.WishSync(k.ctx, c.ID, false, at(minute)))
	n := k.now(c.ID)
	k.same([]any{n.SyncSeq, n.FullSeq, n.ScheduledTo}, []any{1, 0, at(5 * day)}, "the wish; what the daemon found out is its own")
	k.same(n.WakeAt, at(minute), "WakeAt: since when it is due, not the mark that puts it first")
	one := want("a", at(minute))
	one.N = 1
	got, err := k.a.Claim(k.ctx, one)
	k.must(err)
	k.same(ids(got), []string{c.ID}, "who goes first")
	k.same([]any{got[0].SyncSeq, got[0].SyncDone}, []any{1, 0}, "the open wish is seen by the claim")
	k.must(k.a.WishSync(k.ctx, c.ID, true, at(minute)))
	n = k.now(c.ID)
	k.same([]any{n.SyncSeq, n.FullSeq}, []any{2, 1}, "a full wish is a wish too")
}

// startedBeside claims all that is due, and returns a new network of it.
func (k *kit) startedBeside(service, beside string) state.Claimed {
	k.Helper()
	n := k.network(service)
	for _, c := range k.claim(at(0)) {
		if c.ID == n.ID {
			return c
		}
	}
	k.Fatalf("%s was not claimed beside %s", n.ID, beside)
	return state.Claimed{}
}

func wishDuring(k *kit) {
	c := k.started("github")
	k.must(k.b.WishSync(k.ctx, c.ID, false, at(0)))
	k.same(k.now(c.ID).WakeAt, at(Lease), "WakeAt while leased")
	k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour))))
	k.same(k.now(c.ID).SyncSeq, 1, "the wish after a commit")
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(day)}))
	k.same(k.now(c.ID).WakeAt, at(0), "WakeAt after the run during which it was asked for")
	again := k.lease(k.b, "b", at(0))
	k.same(again.SyncSeq, 1, "the wish at the next claim")
	p := again.Progress
	p.SyncDone, p.ScheduledTo = 1, at(day)
	k.must(k.b.Release(k.ctx, again.Lease, p))
	k.same(k.now(c.ID).WakeAt, at(day), "WakeAt once the wish is done")
}

func wishBefore(k *kit) {
	n := k.network("github")
	k.must(k.a.WishSync(k.ctx, n.ID, false, at(0)))
	c := k.lease(k.a, "a", at(0))
	// The run met a limit: the wish stays open, and the network still waits.
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, Condition: state.Limited, ScheduledTo: at(hour)}))
	k.same(k.now(n.ID).WakeAt, at(hour), "WakeAt")
}

func wishPaused(k *kit) {
	n := k.network("github")
	k.must(k.a.SetPaused(k.ctx, n.ID, true, at(0)))
	k.must(k.a.WishSync(k.ctx, n.ID, true, at(0)))
	got := k.now(n.ID)
	k.same([]any{got.Paused, got.WakeAt, got.SyncSeq, got.FullSeq}, []any{true, time.Time{}, 1, 1}, "paused, WakeAt and wishes")
	if got := k.claim(at(day)); len(got) != 0 {
		k.Errorf("a paused network was claimed")
	}
}

func reconnected(k *kit) {
	a := k.account("me", "github")
	stars, gists, idle := k.of(a, "github"), k.of(a, "mastodon"), k.of(a, "bluesky")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{stars, gists, idle}))
	for _, c := range k.claim(at(0)) {
		k.must(k.a.Release(k.ctx, c.Lease, state.Progress{
			Mode: state.Initial, Condition: state.NeedsSignIn, ScheduledTo: at(20 * day),
			RefusedAt: at(0), Failures: 2, NextStep: "connect", Fault: "unauthorized",
		}))
	}
	k.must(k.a.SetPaused(k.ctx, idle.ID, true, at(0)))
	other := k.started("github")
	k.must(k.a.Release(k.ctx, other.Lease, state.Progress{Mode: state.Initial, Condition: state.NeedsSignIn, ScheduledTo: at(20 * day)}))

	k.must(k.a.Reconnected(k.ctx, a.ID, at(hour)))
	for _, n := range []state.Network{stars, gists} {
		got := k.now(n.ID)
		k.same([]any{got.Condition, got.RefusedAt, got.Failures, got.NextStep, got.WakeAt, got.ScheduledTo},
			[]any{state.OK, time.Time{}, 0, "", at(hour), at(hour)}, "after a new credential")
	}
	got := k.now(idle.ID)
	k.same([]any{got.Condition, got.Paused, got.WakeAt}, []any{state.OK, true, time.Time{}}, "a paused network")
	k.same(k.now(other.ID).Condition, state.NeedsSignIn, "a network of another account")
}

func reconnectedDuring(k *kit) {
	c := k.started("github")
	k.must(k.b.Reconnected(k.ctx, c.AccountID, at(0)))
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, Condition: state.NeedsSignIn, ScheduledTo: at(20 * day)}))
	k.lease(k.a, "a", at(minute)) // the run failed with the old credential
}

func wishUnknown(k *kit) {
	k.is(k.a.SetPaused(k.ctx, "unheard-of", true, at(0)), state.ErrNotFound, "pausing")
	k.is(k.a.WishSync(k.ctx, "unheard-of", true, at(0)), state.ErrNotFound, "wishing")
	k.is(k.a.Reconnected(k.ctx, "unheard-of", at(0)), state.ErrNotFound, "reconnecting")
	k.is(k.a.Learn(k.ctx, "unheard-of", state.Identity{ID: "1"}), state.ErrNotFound, "learning")
	_, err := k.a.Network(k.ctx, "unheard-of")
	k.is(err, state.ErrNotFound, "reading a network")
	_, err = k.a.Account(k.ctx, "unheard-of")
	k.is(err, state.ErrNotFound, "reading an account")
	_, err = k.a.RemoveNetwork(k.ctx, "unheard-of", true)
	k.is(err, state.ErrNotFound, "removing")
	r, err := k.a.PurgeUser(k.ctx, "unheard-of")
	k.must(err)
	k.same(r, store.Removed{}, "purging a user who has nothing")
}
