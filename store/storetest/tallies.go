package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/state"
	"collector/store"
)

var tallies = []promise{
	{"TallyCountsEveryState", tallyStates},
	{"TallyKnowsWhatIsDue", tallyDue},
	{"NetworksInTroubleAreFoundFirst", troubled},
}

// counted holds the counters to a full count, at several times. It is asked
// after every test of the kit.
func (k *kit) counted() {
	k.Helper()
	all, err := k.b.Networks(k.ctx, store.Filter{})
	k.must(err)
	for _, now := range []time.Time{at(0), at(minute), at(hour), at(1000 * hour)} {
		want, got, heldUp := tallyText(fullCount(all, now)), "", true
		for calls := 0; heldUp && got != want && calls < 5; calls++ { // a call that was held up, and no other, may tell of what was counted before
			begun := time.Now()
			t, err := k.b.Tally(k.ctx, now)
			k.must(err)
			got, heldUp = tallyText(t), time.Since(begun) > time.Second
		}
		k.same(got, want, fmt.Sprintf("the counters against a full count of %d networks at %s", len(all), now.Format(time.RFC3339)))
	}
}

func fullCount(all []state.Network, now time.Time) store.Tally {
	var t store.Tally
	for _, n := range all {
		st := store.Standing{Service: n.Service, Mode: n.Mode, Condition: cmp.Or(n.Condition, state.OK), Paused: n.Paused, Networks: 1}
		running := n.Owner != "" && n.LeaseUntil.After(now)
		if running {
			st.Running = 1
		}
		t.States = append(t.States, st)
		t.Items += n.Items
		if !running && !n.Paused && !n.WakeAt.IsZero() && n.WakeAt.Before(now) {
			t.Due++
			if t.Oldest.IsZero() || n.WakeAt.Before(t.Oldest) {
				t.Oldest = n.WakeAt
			}
		}
	}
	return t
}

// tallyText sums up equal states and writes them in order.
func tallyText(t store.Tally) string {
	sums := map[store.Standing][2]int{}
	for _, st := range t.States {
		is := st
		is.Networks, is.Running = 0, 0
		sum := sums[is]
		sums[is] = [2]int{sum[0] + st.Networks, sum[1] + st.Running}
	}
	var lines []string
	for is, n := range sums {
		lines = append(lines, fmt.Sprintf("%s/%s/%s paused %v: %d, %d running", is.Service, is.Mode, is.Condition, is.Paused, n[0], n[1]))
	}
	slices.Sort(lines)
	oldest := "none"
	if !t.Oldest.IsZero() {
		oldest = t.Oldest.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%s; %d items, %d due, oldest %s", strings.Join(lines, ", "), t.Items, t.Due, oldest)
}

func tallyStates(k *kit) {
	c := k.started("github")
	p := page(c.ID, 1, like("1", at(-hour)), like("2", at(-hour)))
	p.After.Condition = state.Failing
	k.commit(c.Lease, p)
	n, conditions := k.now(c.ID), []state.Condition{state.Limited, state.NeedsSignIn, state.Stalled, state.OK}
	for i, condition := range conditions {
		k.counted()
		next := n.Progress
		next.Condition, next.Mode, next.ScheduledTo = condition, state.Normal, at(time.Duration(i)*minute)
		k.must(k.a.Release(k.ctx, c.Lease, next))
		k.counted()
		k.must(k.a.SetPaused(k.ctx, c.ID, true, at(hour)))
		k.counted()
		k.must(k.a.SetPaused(k.ctx, c.ID, false, at(hour)))
		w := want("a", at(hour))
		w.Mode = state.Normal
		got, err := k.a.Claim(k.ctx, w)
		k.must(err)
		if len(got) != 1 {
			k.Fatalf("%d networks are due, want one", len(got))
		}
		c = got[0]
	}
	t, err := k.b.Tally(k.ctx, at(hour))
	k.must(err)
	k.same([]int{t.Networks(), t.Items}, []int{1, 2}, "networks and items")
	_, err = k.a.RemoveNetwork(k.ctx, c.ID, false)
	k.must(err)
	t, err = k.b.Tally(k.ctx, at(hour))
	k.must(err)
	k.same(tallyText(t), "; 0 items, 0 due, oldest none", "when its collecting has ended")
}

func tallyDue(k *kit) {
	for range 5 {
		k.network("github")
	}
	ended := k.network("mastodon")
	k.counted()
	k.must(k.a.WishSync(k.ctx, ended.ID, true, at(minute)))
	k.counted()
	k.claim(at(0))
	k.counted()
	_, err := k.a.PurgeUser(k.ctx, "me")
	k.must(err)
	k.counted()
}

func troubled(k *kit) {
	var ids []string
	for range 4 {
		ids = append(ids, k.network("github").ID)
	}
	for _, c := range k.claim(at(0)) {
		next := c.Progress
		next.Condition = []state.Condition{state.OK, state.NeedsSignIn, state.Limited, state.NeedsSignIn}[slices.Index(ids, c.ID)]
		next.ScheduledTo = at(1000 * hour)
		k.must(k.a.Release(k.ctx, c.Lease, next))
	}
	find := func(most int, conditions ...state.Condition) string {
		got, err := k.b.Networks(k.ctx, store.Filter{Conditions: conditions, Limit: most})
		k.must(err)
		var out []string
		for _, n := range got {
			out = append(out, n.ID)
		}
		slices.Sort(out)
		return list(out)
	}
	k.same(find(0, state.NeedsSignIn), ids[1]+" "+ids[3], "that need a sign-in")
	k.same(find(9, state.NeedsSignIn, state.Limited), list(ids[1:]), "that need a sign-in or wait")
	k.same(len(strings.Fields(find(1, state.NeedsSignIn))), 1, "one that needs a sign-in")
	k.same(len(strings.Fields(find(3))), 3, "three of any")
	k.same(find(5, state.Missing), "", "that are gone")
}
