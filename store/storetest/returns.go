package storetest

import (
	"fmt"
	"slices"
	"time"

	"collector/state"
	"collector/store"
)

var returns = []promise{
	{"ReconnectedListGoesOnWithWhatWasKept", returned},
	{"ReconnectedListOfALivingAccountGoesOn", returnedInside},
	{"ReconnectedListTakesUpAllThatWasKept", returnedTwice},
	{"ReconnectedListTakesNothingOfOthers", returnedOnly},
	{"LearnJoinsWhatWasKept", learnJoins},
	{"LearnTakesNothingOfOthers", learnOnly},
}

// ended is a furnished network, with an item of a fourth walk, whose collecting
// was ended.
func (k *kit) ended(service string) state.Claimed {
	k.Helper()
	c := k.furnished(service)
	p := page(c.ID, 7, like("7", at(-3*hour)))
	p.ID, p.Walk, p.After.Walks = c.ID+"/4/1", 4, 3 // an item of a later walk than the progress tells
	k.commit(c.Lease, p)
	_, err := k.a.RemoveNetwork(k.ctx, c.ID, false)
	k.must(err)
	return c
}

// reconnect connects the list of a network again, with an account of its own.
func (k *kit) reconnect(was state.Network, remote string) state.Network {
	k.Helper()
	k.made++
	a := state.Account{
		ID: fmt.Sprintf("acc%04d", k.made), User: was.User, Provider: was.Provider, Server: was.Server,
		RemoteID: remote, Name: fmt.Sprintf("again%d", k.made), CreatedAt: at(hour),
	}
	k.must(k.a.AddAccount(k.ctx, a))
	n := k.of(a, was.Service)
	n.Params, n.CreatedAt = was.Params, at(hour)
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
	return k.now(n.ID)
}

func (k *kit) everyNetwork() []string {
	k.Helper()
	ns, err := k.b.Networks(k.ctx, store.Filter{Removed: true})
	k.must(err)
	var out []string
	for _, n := range ns {
		out = append(out, n.ID)
	}
	slices.Sort(out)
	return out
}

func returned(k *kit) {
	c := k.ended("github")
	n := k.reconnect(c.Network, c.RemoteID)
	k.same(k.everyNetwork(), []string{n.ID}, "networks, the ended ones too")
	k.same([]any{n.Mode, n.Condition, n.Walks, n.Walk, n.ScheduledTo, n.CreatedAt, n.Owner, n.Epoch}, []any{state.Initial, state.OK, 4, nil, at(hour), at(hour), "", 0}, "its state")
	k.same([]int{n.Items, n.Bare, n.Bad}, []int{3, 1, 1}, "its counters")
	k.same(list(k.found(store.Query{User: "me"})), "1 bare 7", "items found")
	k.same(list(k.found(store.Query{User: "me", Network: n.ID, Expr: word("thing")})), "1 7", "found by a word")
	k.same(len(k.all(c.ID)), 0, "items under the old id")
	got := k.all(n.ID)["1"]
	k.same([]any{got.FirstSeenAt, got.Network, got.NetworkID, got.Account}, []any{at(0), n.Name(), n.ID, n.Account}, "an item that was kept")
	for _, change := range k.changes("me", 0) {
		k.same([]string{change.NetworkID, change.Network}, []string{n.ID, n.Name()}, "the network in the log")
	}
	k.same(len(k.changes("me", 0)), 2, "changes")
	k.same([]int{len(k.quarantined(n.ID, "9")), len(k.bare(n.ID, at(day), 9))}, []int{1, 1}, "quarantined objects and bare items")
	k.lateWrites(k.a, c)

	l := k.lease(k.a, "a", at(hour))
	p := page(n.ID, 1, like("1", at(-hour)), like("new", at(0)))
	p.ID, p.Walk, p.ObservedAt, p.After.Walks = n.ID+"/5/1", 5, at(hour), 5
	k.same(k.commit(l.Lease, p).Added, 1, "added by its first page")
	known, err := k.a.Known(k.ctx, n.ID, 5, []string{"1", "bare", "7", "new"})
	k.must(err)
	k.same(known, []bool{true, true, true, false}, "known to its first walk")
	k.same(list(k.found(store.Query{User: "me"})), "new 1 bare 7", "items found after it")
	k.same([]any{k.now(n.ID).Items, k.all(n.ID)["1"].FirstSeenAt}, []any{4, at(0)}, "items counted, and when one was first seen")

	r, err := k.a.RemoveNetwork(k.ctx, n.ID, true)
	k.must(err)
	k.same(r, store.Removed{Accounts: 1, Networks: 1, Items: 4, Changes: 3, Quarantined: 1}, "purged")
	k.same([]int{len(k.all("")), len(k.everyNetwork()), len(k.changes("", 0))}, []int{0, 0, 0}, "items, networks and changes after it")
}

// An account that nobody confirmed yet is still the same account.
func returnedInside(k *kit) {
	a := state.Account{ID: "acc", User: "me", Provider: "github", Name: "ada", CreatedAt: at(0)}
	k.must(k.a.AddAccount(k.ctx, a))
	one, other := k.of(a, "github"), k.of(a, "mastodon")
	one.Params = map[string]string{"list": "stars", "of": "ada"}
	k.must(k.a.AddNetworks(k.ctx, []state.Network{one, other}))
	for _, c := range k.claim(at(0)) {
		k.commit(c.Lease, page(c.ID, 1, like("1", at(-hour))))
	}
	_, err := k.a.RemoveNetwork(k.ctx, one.ID, false)
	k.must(err)
	again := k.of(a, "github")
	again.Params, again.Walks = one.Params, 9
	k.must(k.a.AddNetworks(k.ctx, []state.Network{again}))
	k.same(k.everyNetwork(), []string{other.ID, again.ID}, "networks")
	k.same([]any{k.now(again.ID).Items, k.now(again.ID).Walks, k.now(other.ID).Items}, []any{1, 9, 1}, "items and walks of it, items of the other")
}

// The list was ended in two accounts, one of which was confirmed only afterwards.
func returnedTwice(k *kit) {
	c := k.ended("github")
	a := state.Account{ID: "acc", User: "me", Provider: "github", Name: "ada", CreatedAt: at(hour)}
	k.must(k.a.AddAccount(k.ctx, a))
	one, other := k.of(a, "github"), k.of(a, "mastodon")
	one.CreatedAt, other.CreatedAt = at(hour), at(2*hour)
	k.must(k.a.AddNetworks(k.ctx, []state.Network{one, other}))
	l := k.lease(k.a, "a", at(hour))
	p := page(one.ID, 1, like("1", at(-hour)), like("own", at(0)))
	p.ObservedAt = at(hour)
	k.commit(l.Lease, p)
	_, err := k.a.RemoveNetwork(k.ctx, one.ID, false)
	k.must(err)
	k.must(k.a.Learn(k.ctx, a.ID, state.Identity{ID: c.RemoteID, Name: "ada"}))
	k.same(len(k.found(store.Query{User: "me"})), 5, "items found while both are ended")
	again := k.of(a, "github")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{again}))
	k.same(k.everyNetwork(), []string{other.ID, again.ID}, "networks")
	k.same(list(k.found(store.Query{User: "me"})), "own 1 bare 7", "items found")
	n := k.now(again.ID)
	k.same([]any{n.Items, n.Bare, n.Bad, n.Walks, k.all(n.ID)["1"].FirstSeenAt}, []any{4, 1, 1, 1, at(0)}, "counters, walks, and when an item was first seen")
	known, err := k.b.Known(k.ctx, n.ID, n.Walks+1, []string{"1", "own", "7", "bare"})
	k.must(err)
	k.same(known, []bool{true, true, true, true}, "known to its next walk")
	r, err := k.a.RemoveNetwork(k.ctx, n.ID, true)
	k.must(err)
	k.same([]int{r.Items, r.Changes, len(k.all("")), len(k.changes("", 0))}, []int{4, 3, 0, 0}, "purged and left")
}

// returnedOnly connects lists that are like the ended one but for one thing.
func returnedOnly(k *kit) {
	c := k.ended("mastodon")
	for what, change := range map[string]func(*state.Network){
		"user":    func(n *state.Network) { n.User = "you" },
		"server":  func(n *state.Network) { n.Server = "https://away.example" },
		"person":  func(n *state.Network) { n.RemoteID = "somebody else" },
		"nobody":  func(n *state.Network) { n.RemoteID = "" },
		"params":  func(n *state.Network) { n.Params = map[string]string{"list": "other"}; n.Server = "" },
		"service": func(n *state.Network) { n.Service = "bluesky" },
	} {
		like := c.Network
		change(&like)
		n := k.reconnect(like, like.RemoteID)
		k.same([]any{n.Items, n.Walks, len(k.all(n.ID)), len(k.all(c.ID))}, []any{0, 0, 0, 3}, "items, walks and stored items of a network of another "+what+", kept items")
		_, err := k.a.RemoveNetwork(k.ctx, n.ID, true) // the same person has one account at a time
		k.must(err)
	}
	k.same(k.everyNetwork(), []string{c.ID}, "networks left")

	nobody := k.reconnect(c.Network, "")
	_, err := k.a.RemoveNetwork(k.ctx, nobody.ID, false)
	k.must(err)
	again := k.reconnect(c.Network, "")
	k.same(len(k.everyNetwork()), 3, "networks once a list of somebody unknown was connected, ended, and connected again")
	k.same([]int64{again.Walks, int64(again.Items)}, []int64{0, 0}, "walks and items of the one connected again")
}

func learnJoins(k *kit) {
	c := k.ended("github") // 1, 7, bare; odd in quarantine
	n := k.reconnect(c.Network, "")
	l := k.lease(k.a, "a", at(hour))
	changed, full := like("1", at(-hour)), like("bare", at(-2*hour))
	changed.Title = "renamed"
	p := page(n.ID, 1, changed, full, like("own", at(0)))
	p.ObservedAt = at(hour)
	p.Bad = []state.Bad{odd("mine", "x")}
	k.commit(l.Lease, p)
	k.must(k.a.Learn(k.ctx, n.AccountID, state.Identity{ID: c.RemoteID, Name: "ada"}))
	k.must(k.a.Learn(k.ctx, n.AccountID, state.Identity{ID: c.RemoteID, Name: "ada"}))

	k.same(k.everyNetwork(), []string{n.ID}, "networks")
	k.same(list(k.found(store.Query{User: "me"})), "own 1 bare 7", "items found")
	k.same(list(k.found(store.Query{User: "me", Expr: word("renamed")})), "1", "found by its later title")
	k.same(list(k.found(store.Query{User: "me", Expr: word("thing")})), "own bare 7", "found by the other titles")
	got := k.now(n.ID)
	k.same([]any{got.Items, got.Bare, got.Bad, got.Walks, got.Owner}, []any{4, 0, 2, 1, "a"}, "counters, walks and owner")
	all := k.all(n.ID)
	var seen []time.Time
	for _, id := range []string{"1", "bare", "7", "own"} {
		seen = append(seen, all[id].FirstSeenAt)
	}
	k.same(seen, []time.Time{at(0), at(0), at(0), at(hour)}, "when each was first seen")
	known, err := k.b.Known(k.ctx, n.ID, 1, []string{"7", "own", "1"})
	k.must(err)
	k.same(known, []bool{true, false, false}, "known to the walk that is in progress: what it did not read itself")
	var added []string
	for _, change := range k.changes("me", 0) {
		k.same(change.NetworkID, n.ID, "the network in the log")
		added = append(added, change.Added...)
	}
	slices.Sort(added)
	k.same(list(added), "1 7 bare own", "added in the log, each once")
	k.logCounted()
	next := page(n.ID, 2, like("7", at(-3*hour)))
	next.ObservedAt = at(hour)
	k.same(k.commit(l.Lease, next).Added, 0, "added by the next page under the same lease")

	r, err := k.a.RemoveNetwork(k.ctx, n.ID, true)
	k.must(err)
	k.same(r, store.Removed{Accounts: 1, Networks: 1, Items: 4, Changes: 3, Quarantined: 2}, "purged")
	k.same(len(k.all("")), 0, "items left")
}

func learnOnly(k *kit) {
	c := k.ended("github")
	like := c.Network
	like.User = "you"
	theirs := k.reconnect(like, "")
	like = c.Network
	like.Server = "https://away.example"
	away := k.reconnect(like, "")
	for _, n := range []state.Network{theirs, away} {
		k.must(k.a.Learn(k.ctx, n.AccountID, state.Identity{ID: c.RemoteID, Name: "ada"}))
		k.same([]int{k.now(n.ID).Items, len(k.all(n.ID)), len(k.all(c.ID))}, []int{0, 0, 3}, "items, stored items, kept items")
	}
}
