package storetest

import (
	"fmt"
	"time"

	"collector/item"
	"collector/state"
)

var sweeps = []promise{
	{"SweepLeavesWhatNothingHasShown", sweepLeaves},
	{"SweepsInARowAreCounted", sweepsCounted},
	{"SweepForgetsWhatAnEarlierOneHasShown", sweepForgets},
	{"SweepThatProvesNothingLeavesNothing", sweepProvesNothing},
	{"SweepIsOfOneNetwork", sweepOfOne},
	{"SweepEndsWithItsNetwork", sweepEnds},
	{"UnseenItemsAreAskedAboutOnce", unseenAsked},
	{"AcceptedSweepIsKept", accepted},
}

// swept is a page of the sweep of a number, observed so long after noon; it ends
// the sweep where last is true.
func swept(network string, number int64, after time.Duration, last bool, items ...item.Item) state.Page {
	p := page(network, 1, items...)
	p.ID, p.Kind, p.Walk, p.ObservedAt = fmt.Sprintf("%s/%d/%s", network, number, after), "sweep", number, at(after)
	p.After.Mode, p.After.Walk, p.After.Walks = state.Normal, nil, number
	if last {
		p.Swept = number
	} else {
		p.After.Sweep = &state.Walk{Number: number, Kind: "sweep", Pages: 1 + int(after/minute)}
	}
	return p
}

// listed is a leased network with the items 1 to n of a backfill.
func (k *kit) listed(n int) state.Claimed {
	k.Helper()
	c := k.started("github")
	var items []item.Item
	for i := range n {
		items = append(items, like(fmt.Sprint(i+1), at(-time.Duration(i+1)*hour)))
	}
	k.commit(c.Lease, page(c.ID, 1, items...))
	return c
}

// unseen lists what a sweep did not show.
func (k *kit) unseen(network string, u state.Unseen) string {
	k.Helper()
	u.Most = 100
	items, all, err := k.b.Unseen(k.ctx, network, u)
	k.must(err)
	var ids []string
	for _, it := range items {
		ids = append(ids, it.ID)
		k.same(it.Title, "thing "+it.ID, "title of an unseen item")
	}
	k.same(len(ids), all, "unseen items returned, and counted")
	return list(ids)
}

func sweepLeaves(k *kit) {
	c := k.listed(8)
	k.commit(c.Lease, swept(c.ID, 5, 0, false, like("1", at(-hour))))
	poll := swept(c.ID, 5, minute, false, like("2", at(-2*hour)), like("new", at(0)))
	poll.Kind, poll.Walk = "poll", 4 // begun before the sweep, and not over
	k.commit(c.Lease, poll)
	imported := swept(c.ID, 5, 2*minute, false, like("8", at(-8*hour)), like("brought", at(-day)))
	imported.Kind, imported.Walk = "import", 0
	k.commit(c.Lease, imported)
	odd := swept(c.ID, 5, 3*minute, false)
	odd.Bad = []state.Bad{{Key: "odd", ID: "3", Raw: []byte(`{}`), Version: "1", At: at(0)}, {Key: "nameless", Raw: []byte(`[]`), Version: "1", At: at(0)}}
	k.commit(c.Lease, odd)
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 5}), "", "unseen before the sweep has ended")
	k.commit(c.Lease, swept(c.ID, 5, 4*minute, true, like("4", at(-4*hour)), like("later", at(-9*hour))))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 5}), "5 6 7", "unseen once it has")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 4}), "", "unseen of another sweep")
	first, all, err := k.b.Unseen(k.ctx, c.ID, state.Unseen{Sweep: 5, Most: 2})
	k.must(err)
	k.same([]any{len(first), first[0].ID, first[1].ID, all}, []any{2, "5", "6", 3}, "two of the unseen, and how many there are")
	none, all, err := k.b.Unseen(k.ctx, c.ID, state.Unseen{Sweep: 5})
	k.must(err)
	k.same([]int{len(none), all}, []int{0, 3}, "none of the unseen, and how many there are")
	k.same(len(k.found(store1(c.ID))), 11, "items found: what is unseen is present")

	again := swept(c.ID, 5, 5*minute, false, like("6", at(-6*hour)))
	again.After.Sweep, again.Kind = nil, "poll"
	again.Bad = []state.Bad{{Key: "seven", ID: "7", Raw: []byte(`{}`), Version: "1", At: at(0)}}
	k.commit(c.Lease, again)
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 5}), "5", "unseen after a poll that showed one, and another as an object that it could not map")
}

func sweepsCounted(k *kit) {
	c := k.listed(4)
	k.commit(c.Lease, swept(c.ID, 2, minute, true, like("1", at(-hour)), like("2", at(-2*hour))))
	k.commit(c.Lease, swept(c.ID, 3, 2*minute, true, like("1", at(-hour)), like("3", at(-3*hour))))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3}), "2 4", "unseen")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3, Sweeps: 2}), "4", "twice in a row")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 2}), "", "unseen of the sweep before")
	k.commit(c.Lease, swept(c.ID, 4, 3*minute, true, like("1", at(-hour)), like("3", at(-3*hour))))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 4, Sweeps: 2}), "2 4", "twice in a row")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 4, Sweeps: 3}), "4", "three times in a row")
	k.commit(c.Lease, swept(c.ID, 4, 3*minute, true, like("1", at(-hour)), like("3", at(-3*hour)))) // its answer was lost
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 4, Sweeps: 3}), "4", "three times in a row, the last page committed again")
}

func sweepForgets(k *kit) {
	c := k.listed(3)
	k.commit(c.Lease, swept(c.ID, 2, 0, false, like("1", at(-hour)), like("2", at(-2*hour))))
	k.commit(c.Lease, swept(c.ID, 3, 0, false, like("3", at(-3*hour)))) // begun anew
	k.commit(c.Lease, swept(c.ID, 3, minute, true, like("1", at(-hour))))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3}), "2", "unseen")
}

func sweepProvesNothing(k *kit) {
	c := k.listed(3)
	k.commit(c.Lease, swept(c.ID, 2, 0, false, like("1", at(-hour))))
	last := swept(c.ID, 2, minute, true)
	last.Swept = 0
	k.commit(c.Lease, last)
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 2}), "", "unseen")
	k.commit(c.Lease, swept(c.ID, 3, 2*minute, true, like("2", at(-2*hour))))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3}), "1 3", "unseen of the next one")
	last = swept(c.ID, 4, 3*minute, true)
	last.Swept = 0
	k.commit(c.Lease, last)
	k.commit(c.Lease, swept(c.ID, 5, 4*minute, true, like("2", at(-2*hour))))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 5, Sweeps: 2}), "1 3", "twice in a row, with one between that proves nothing")
}

func sweepOfOne(k *kit) {
	c := k.listed(2)
	other := k.listed(2)
	k.commit(other.Lease, swept(other.ID, 2, 0, false, like("1", at(-hour)), like("2", at(-2*hour))))
	k.commit(c.Lease, swept(c.ID, 2, 0, false, like("1", at(-hour))))
	k.commit(other.Lease, swept(other.ID, 2, minute, true))
	k.commit(c.Lease, swept(c.ID, 2, minute, true))
	k.same([]string{k.unseen(c.ID, state.Unseen{Sweep: 2}), k.unseen(other.ID, state.Unseen{Sweep: 2})}, []string{"2", ""}, "unseen of two networks")
}

func sweepEnds(k *kit) {
	c := k.listed(3)
	k.commit(c.Lease, swept(c.ID, 2, 0, true, like("1", at(-hour))))
	k.commit(c.Lease, swept(c.ID, 3, minute, false, like("1", at(-hour)), like("2", at(-2*hour))))
	_, err := k.b.RemoveNetwork(k.ctx, c.ID, false)
	k.must(err)
	again := k.reconnect(c.Network, c.RemoteID)
	n := k.lease(k.a, "a", at(hour))
	k.commit(n.Lease, swept(again.ID, 3, 2*minute, false, like("3", at(-3*hour))))
	k.commit(n.Lease, swept(again.ID, 3, 3*minute, true))
	k.same(k.unseen(again.ID, state.Unseen{Sweep: 3}), "1 2", "unseen by the first sweep after the list was connected again")
	k.same(k.unseen(again.ID, state.Unseen{Sweep: 3, Sweeps: 2}), "", "twice in a row")
}

func unseenAsked(k *kit) {
	c := k.listed(3)
	k.commit(c.Lease, swept(c.ID, 2, 0, true))
	k.remove(c.Lease, state.Removal{ID: "asked", At: at(minute), Sweep: 2, Asked: []string{"1", "nobody"}, Liked: []string{"2"}})
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 2, New: true}), "3", "unseen and not asked about")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 2}), "1 3", "unseen: not what is liked all the same")
	k.same(len(k.changes("", 1)), 0, "changes after the backfill's")
	k.commit(c.Lease, swept(c.ID, 3, 2*minute, true))
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3, New: true}), "1 2 3", "not asked about since the next sweep")
	k.same(k.unseen(c.ID, state.Unseen{Sweep: 3, Sweeps: 2}), "1 3", "twice in a row")
}

func accepted(k *kit) {
	c := k.listed(1)
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Normal, ScheduledTo: at(day)}))
	k.same(k.now(c.ID).Accepted, 0, "accepted by nobody")
	k.must(k.b.Accept(k.ctx, c.ID, 7, at(hour)))
	n := k.now(c.ID)
	k.same([]any{n.Accepted, n.WakeAt, n.SyncSeq}, []any{7, at(hour), 0}, "the sweep, when it is due, and wishes to sync")
	ask := want("a", at(hour))
	ask.Mode = state.Normal
	got, err := k.a.Claim(k.ctx, ask)
	k.must(err)
	if len(got) != 1 || got[0].Accepted != 7 {
		k.Errorf("claimed %+v", got)
	}
	k.is(k.b.Accept(k.ctx, "nothing", 7, at(hour)), state.ErrNotFound, "accepting for no network")
}
