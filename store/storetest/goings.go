package storetest

import (
	"time"

	"collector/search"
	"collector/state"
	"collector/store"
)

var goings = []promise{
	{"RemovedItemIsFoundOnlyWhenAskedFor", removedFound},
	{"RemovedIsOnlyWhatIsUnseen", removedUnseen},
	{"RemovedComesBackOnlyByALaterObservation", removedReturns},
	{"ImportBringsNothingBack", removedImport},
	{"RemovedBareItemIsOwedNoDetails", removedBare},
	{"PageRemovesWhatTheServiceCallsGone", pageRemoves},
}

// remove must succeed.
func (k *kit) remove(l state.Lease, r state.Removal) int {
	k.Helper()
	n, err := k.a.Remove(k.ctx, l, r)
	k.must(err)
	return n
}

// store1 is a query for the items of one network.
func store1(network string) store.Query { return store.Query{Network: network} }

func removedFound(k *kit) {
	c := k.listed(4)
	k.commit(c.Lease, swept(c.ID, 2, minute, true, like("2", at(-2*hour))))
	before := k.snapshot(c.ID)
	k.same(k.remove(c.Lease, state.Removal{ID: "none", At: at(hour), Sweep: 2}), 0, "removed of nothing")
	k.same(k.snapshot(c.ID), before, "after a removal of nothing")
	n := k.remove(c.Lease, state.Removal{ID: "gone", At: at(hour), Sweep: 2, Because: map[string]state.Reason{"4": state.Gone, "1": state.Unknown}})
	k.same(n, 2, "removed")
	k.same([]any{list(k.found(store1(c.ID))), k.now(c.ID).Items}, []any{"2 3", 2}, "found and counted")
	k.same(list(k.found(store.Query{Network: c.ID, Expr: search.Field{Name: "is", Value: "removed"}})), "1 4", "found by is:removed")
	k.same(list(k.found(store.Query{User: "me", Expr: word("thing")})), "2 3", "found by a word")
	k.same(list(k.found(store.Query{User: "me", Expr: word("thing"), Removed: true})), "1 2 3 4", "found by a word, the removed too")
	all := k.all(c.ID)
	k.same([]any{all["4"].RemovedAt, all["4"].RemovedBecause, all["1"].RemovedBecause, all["2"].RemovedAt, all["2"].RemovedBecause}, []any{at(hour), "gone", "unknown", time.Time{}, ""}, "when and why")
	last := k.changes("me", 1)
	k.same(len(last), 1, "changes after the backfill's")
	k.same([]any{last[0].Page, last[0].Kind, last[0].At, last[0].Removed, last[0].Added, last[0].Changed}, []any{"gone", "sweep", at(hour), []string{"1", "4"}, []string(nil), []string(nil)}, "the change")
	known, err := k.b.Known(k.ctx, c.ID, 9, []string{"1", "2"})
	k.must(err)
	k.same(known, []bool{false, true}, "known")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 2}), "3", "unseen still")
	k.commit(c.Lease, swept(c.ID, 3, 2*hour, true))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3}), "2 3", "unseen by the next sweep: what is gone is not looked for")
	k.same(k.remove(c.Lease, state.Removal{ID: "again", At: at(3 * hour), Sweep: 3, Because: map[string]state.Reason{"4": state.Unliked}}), 0, "removed again")
	k.same(k.all(c.ID)["4"].RemovedBecause, "gone", "why")
}

func removedUnseen(k *kit) {
	c := k.listed(4)
	k.commit(c.Lease, swept(c.ID, 2, minute, true, like("1", at(-hour))))
	shown := swept(c.ID, 2, 3*minute, false, like("2", at(-2*hour)))
	shown.Kind, shown.After.Sweep = "poll", nil
	k.commit(c.Lease, shown)
	because := map[string]state.Reason{"1": state.Unknown, "2": state.Unknown, "3": state.Unknown, "nobody": state.Unknown}
	k.same(k.remove(c.Lease, state.Removal{ID: "of another sweep", At: at(hour), Sweep: 1, Because: because}), 0, "removed of another sweep")
	k.same(k.remove(c.Lease, state.Removal{ID: "older", At: at(-minute), Sweep: 2, Because: map[string]state.Reason{"4": state.Unknown}}), 0, "removed by what was observed before it was seen last")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 2}), "3", "unseen after that")
	k.same(k.remove(c.Lease, state.Removal{ID: "gone", At: at(hour), Sweep: 2, Because: because}), 1, "removed")
	k.same(list(k.found(store1(c.ID))), "1 2 4", "found")
}

func removedReturns(k *kit) {
	c := k.listed(2)
	k.commit(c.Lease, swept(c.ID, 2, minute, true, like("1", at(-hour))))
	k.remove(c.Lease, state.Removal{ID: "gone", At: at(hour), Sweep: 2, Because: map[string]state.Reason{"2": state.Unliked}})
	late := page(c.ID, 7, like("2", at(-2*hour)))
	late.ObservedAt = at(hour - time.Millisecond)
	k.same(k.commit(c.Lease, late), state.Committed{}, "a page that was read before it was gone")
	k.same(list(k.found(store1(c.ID))), "1", "found after it")
	again := page(c.ID, 8, like("2", at(0)))
	again.ObservedAt = at(hour + time.Millisecond)
	k.same(k.commit(c.Lease, again), state.Committed{Added: 1}, "a page that was read after it was gone")
	got := k.all(c.ID)["2"]
	k.same([]any{got.RemovedAt, got.RemovedBecause, got.FirstSeenAt, k.now(c.ID).Items}, []any{time.Time{}, "", at(0), 2}, "when gone, why, first seen, and how many are counted")
	log := k.changes("me", 1)
	k.same([]string{list(log[0].Removed), list(log[1].Added)}, []string{"2", "2"}, "the changes")
}

// An export of long ago holds likes that were taken back since.
func removedImport(k *kit) {
	c := k.listed(2)
	k.commit(c.Lease, swept(c.ID, 2, minute, true, like("1", at(-hour))))
	k.remove(c.Lease, state.Removal{ID: "gone", At: at(hour), Sweep: 2, Because: map[string]state.Reason{"2": state.Unliked}})
	p := page(c.ID, 7, like("2", at(-2*hour)), like("old", at(-day)))
	p.Kind, p.ObservedAt = "import", at(2*hour)
	k.same(k.commit(c.Lease, p), state.Committed{Added: 1}, "an import of a like that is gone, and of a new one")
	k.same([]any{list(k.found(store1(c.ID))), k.all(c.ID)["2"].RemovedAt, k.now(c.ID).Items}, []any{"1 old", at(hour), 2}, "found, when gone, and counted")
	p = page(c.ID, 8, like("2", at(-2*hour)))
	p.ObservedAt = at(90 * minute)
	k.same(k.commit(c.Lease, p), state.Committed{Added: 1}, "a page that was read after it was gone, and before the import")
}

func removedBare(k *kit) {
	c := k.started("github")
	k.commit(c.Lease, page(c.ID, 1, bare("b", at(-hour))))
	k.commit(c.Lease, swept(c.ID, 2, minute, true))
	k.remove(c.Lease, state.Removal{ID: "gone", At: at(hour), Sweep: 2, Because: map[string]state.Reason{"b": state.Gone}})
	k.same([]any{k.now(c.ID).Bare, k.now(c.ID).Items, list(k.bare(c.ID, at(day), 9))}, []any{0, 0, ""}, "details owed of what is gone")
	p := page(c.ID, 3, bare("b", at(-hour)))
	p.ObservedAt = at(2 * hour)
	k.commit(c.Lease, p)
	k.same([]any{k.now(c.ID).Bare, k.now(c.ID).Items, list(k.bare(c.ID, at(day), 9))}, []any{1, 1, "b"}, "details owed once it is back")
}

func pageRemoves(k *kit) {
	c := k.listed(4)
	k.commit(c.Lease, swept(c.ID, 2, minute, true, like("1", at(-hour))))
	p := page(c.ID, 5, like("3", at(-3*hour)))
	p.Kind, p.ObservedAt, p.Removed = "poll", at(hour), []string{"4", "3", "1", "4", "nobody"}
	k.same(k.commit(c.Lease, p), state.Committed{Removed: 2}, "a page that calls two gone, and one that it shows")
	k.same(k.all(c.ID)["4"].RemovedBecause, "unliked", "why")
	k.same([]any{list(k.found(store1(c.ID))), k.now(c.ID).Items, k.unseen(c.ID, state.Unseen{Sweep: 2})}, []any{"2 3", 2, "2"}, "found, counted, unseen")
	k.same(k.commit(c.Lease, p), state.Committed{}, "the same page again")
	late := page(c.ID, 6)
	late.ObservedAt, late.Removed = at(-minute), []string{"2"}
	k.same(k.commit(c.Lease, late), state.Committed{}, "a page that was read before it was shown")
	k.same(k.changes("me", 1)[0].Removed, []string{"4", "1"}, "the change")
}
