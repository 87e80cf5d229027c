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
	{"ClaimReturnsTheWholeNetwork", claimWhole},
	{"ClaimUsesTheIndex", claimIndex},
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
