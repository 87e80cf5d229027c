package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"collector/state"
	"collector/store"
)

var claims = []promise{
	{"ClaimGivesEachNetworkOnce", claimOnce},
	{"ClaimKnowsTheExactBoundaryOfDue", claimBoundary},
	{"ClaimKeepsCapsAndSkipsAbsentServices", claimCaps},
	{"ClaimTakesTheMostOverdueFirst", claimOrder},
	{"ClaimTakesOneModeOnly", claimMode},
	{"ClaimGrowsEpochAndCrashes", claimEpoch},
	{"ClaimTakesOverAtTheEndOfALease", claimExpired},
	{"ClaimTakesAWrongClockForPast", claimClock},
	{"ClaimReturnsTheWholeNetwork", claimWhole},
	{"ClaimUsesTheIndex", claimIndex},
	{"WakesTellsTheEarliestOfEachService", wakes},
	{"RenewMovesOwnLiveLeasesOnly", renew},
	{"FreeDeadLeavesTheLivingAlone", freeDead},
}

func claimOnce(k *kit) {
	const networks, claimers = 3000, 32
	a := k.account("me", "github")
	var ns []state.Network
	services := []string{"github", "mastodon", "bluesky"}
	for i := range networks {
		n := k.of(a, services[i%3])
		n.Params = map[string]string{"n": fmt.Sprint(i)}
		ns = append(ns, n)
	}
	k.must(k.a.AddNetworks(k.ctx, ns))

	var mu sync.Mutex
	given := map[string]int{}
	var wg sync.WaitGroup
	for g := range claimers {
		s, owner := k.a, "a"
		if g%2 == 1 {
			s, owner = k.b, "b"
		}
		wg.Go(func() {
			for {
				c := want(owner, at(0))
				c.N = 7 + g
				got, err := s.Claim(k.ctx, c)
				if err != nil {
					k.Errorf("claiming: %v", err)
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, n := range got {
					given[n.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, times := range given {
		if times != 1 {
			k.Errorf("%s was given %d times", id, times)
		}
	}
	if len(given) != networks {
		k.Errorf("%d networks were given, want %d", len(given), networks)
	}
}

func claimBoundary(k *kit) {
	n := k.network("github")
	const tick = time.Millisecond
	if got := k.claim(at(-tick)); len(got) != 0 {
		k.Errorf("claimed a network 1 ms before it was due")
	}
	c := k.lease(k.a, "a", at(0))
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Initial, ScheduledTo: at(hour)}))
	if got := k.claim(at(hour - tick)); len(got) != 0 {
		k.Errorf("claimed a network 1 ms before it was due again")
	}
	k.same(k.now(n.ID).WakeAt, at(hour), "WakeAt after a release")
	k.lease(k.b, "b", at(hour))
}

func claimCaps(k *kit) {
	for _, service := range []string{"github", "github", "github", "mastodon", "mastodon", "bluesky"} {
		k.network(service)
	}
	count := func(c state.Claim) map[string]int {
		got, err := k.a.Claim(k.ctx, c)
		k.must(err)
		per := map[string]int{}
		for _, n := range got {
			per[n.Service]++
		}
		return per
	}
	c := want("a", at(0))
	c.Services = map[string]int{"github": 2, "mastodon": 0, "unheard-of": 5}
	k.same(count(c), map[string]int{"github": 2}, "at most 2 of github, none of the others")
	c.Services = map[string]int{"github": 5, "mastodon": 5, "bluesky": 5}
	c.N = 3
	got := count(c)
	if total := got["github"] + got["mastodon"] + got["bluesky"]; total != 3 {
		k.Errorf("claimed %v, want 3 in all", got)
	}
	c.N = 0
	k.same(count(c), map[string]int{}, "none in all")
	c.N = 10
	got = count(c)
	if total := got["github"] + got["mastodon"] + got["bluesky"]; total != 1 {
		k.Errorf("claimed %v, want the one that is left", got)
	}
}

func claimOrder(k *kit) {
	due := []time.Duration{-minute, -3 * hour, -hour, -2 * day, 0, -2 * minute}
	var byDue []string
	for i, d := range due {
		n := k.of(k.account("me", "github"), []string{"github", "mastodon"}[i%2])
		n.CreatedAt = at(d)
		k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
		byDue = append(byDue, n.ID)
	}
	var order []string
	for range due {
		c := want("a", at(0))
		c.N = 1
		got, err := k.a.Claim(k.ctx, c)
		k.must(err)
		order = append(order, ids(got)...)
	}
	var expected []string
	for _, i := range []int{3, 1, 2, 5, 0, 4} {
		expected = append(expected, byDue[i])
	}
	k.same(order, expected, "one after the other")

	for i, d := range due { // and in one claim
		l := state.Lease{Network: byDue[i], Owner: "a", Epoch: 1}
		k.must(k.a.Release(k.ctx, l, state.Progress{Mode: state.Initial, ScheduledTo: at(d)}))
	}
	c := want("a", at(0))
	c.N, c.Services = 4, map[string]int{"github": 2, "mastodon": 2}
	got, err := k.a.Claim(k.ctx, c)
	k.must(err)
	k.same(ids(got), []string{byDue[3], byDue[1], byDue[2], byDue[0]}, "in one claim of two each")
}

func claimMode(k *kit) {
	c := k.started("github")
	k.must(k.a.Release(k.ctx, c.Lease, state.Progress{Mode: state.Normal, ScheduledTo: at(0)}))
	if got := k.claim(at(0)); len(got) != 0 {
		k.Errorf("a claim of initial networks gave a normal one")
	}
	normal := want("a", at(0))
	normal.Mode = state.Normal
	got, err := k.a.Claim(k.ctx, normal)
	k.must(err)
	k.same(ids(got), []string{c.ID}, "a claim of normal networks")
}

func claimEpoch(k *kit) {
	c := k.started("github")
	k.same([]int64{c.Epoch, c.Lease.Epoch, int64(c.Crashes)}, []int64{1, 1, 1}, "epoch, lease epoch and crashes after one claim")
	for i := range 3 {
		c = k.lease(k.b, "b", at(time.Duration(i+1)*Lease))
	}
	k.same([]int64{c.Epoch, c.Lease.Epoch, int64(c.Crashes)}, []int64{4, 4, 4}, "epoch, lease epoch and crashes after four claims that came to nothing")
	k.commitAs(k.b, c.Lease, page(c.ID, 1, like("1", at(-hour))))
	k.same(k.now(c.ID).Crashes, 0, "crashes after a commit")
	c = k.lease(k.a, "a", at(5*Lease))
	k.same([]int64{c.Epoch, int64(c.Crashes)}, []int64{5, 1}, "epoch and crashes of the next claim")
	k.must(k.a.Release(k.ctx, c.Lease, c.Progress))
	n := k.now(c.ID)
	k.same([]int64{n.Epoch, int64(n.Crashes)}, []int64{5, 0}, "epoch and crashes after a release")
	k.same(n.Owner, "", "owner after a release")
}

func (k *kit) commitAs(s store.Store, l state.Lease, p state.Page) {
	k.Helper()
	_, err := s.Commit(k.ctx, l, p)
	k.must(err)
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

func claimWhole(k *kit) {
	a := k.account("me", "stackexchange")
	n := k.of(a, "github")
	n.Params = map[string]string{"site": "stackoverflow"}
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
	c := k.lease(k.a, "a", at(0))
	p := page(n.ID, 1, like("1", at(-hour)), item3())
	p.Bad = []state.Bad{{Key: "k", Raw: []byte(`{}`), Reason: "odd", Version: "1", Walk: 1, At: at(0)}}
	p.After.Resume, p.After.Newest, p.After.Rate = "next", at(-hour), 0.5
	p.After.Walk.Paces = []int{120, 80}
	p.After.Runs = []state.Run{{At: at(0), Kind: "backfill", Pages: 1, Added: 2}}
	k.commit(c.Lease, p)
	k.must(k.a.Release(k.ctx, c.Lease, p.After))

	got := k.lease(k.b, "b", at(minute))
	k.same(got.Name(), "github/"+a.Name+":stackoverflow", "name")
	k.same([]string{got.User, got.Service, got.Provider, got.Account, got.RemoteID, got.AccountID},
		[]string{"me", "github", a.Provider, a.Name, a.RemoteID, a.ID}, "words of the account")
	k.same([]int{got.Items, got.Bare, got.Bad}, []int{2, 1, 1}, "items, bare and bad")
	k.same(fmt.Sprintf("%+v", *got.Progress.Walk), fmt.Sprintf("%+v", *p.After.Walk), "walk")
	got.Progress.Walk, p.After.Walk = nil, nil
	k.same(got.Progress, p.After, "progress")
	k.same(got.CreatedAt, n.CreatedAt, "created")
	k.same(got.Lease, state.Lease{Network: n.ID, Owner: "b", Epoch: 2, Until: at(minute + Lease)}, "lease")
}

func claimIndex(k *kit) {
	if k.Explain == nil {
		k.Log("this backend has no planner: nothing to explain")
		return
	}
	k.network("github")
	lines, err := k.Explain(want("a", at(0), "github", "mastodon"))
	k.must(err)
	plan := strings.Join(lines, "\n")
	if k.DueIndex == "" || !strings.Contains(plan, k.DueIndex) {
		k.Errorf("the plan of a claim does not use the index %q:\n%s", k.DueIndex, plan)
	}
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "COLLSCAN") || tableScan(l) }); i >= 0 {
		k.Errorf("the plan of a claim reads a whole table (%s):\n%s", lines[i], plan)
	}
}

// tableScan knows SQLite's "SCAN networks", and lets "SCAN (subquery-1)" and a
// scan of an index pass.
func tableScan(line string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "SCAN ")
	return ok && strings.HasPrefix(rest, "networks") && !strings.Contains(rest, "USING")
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
