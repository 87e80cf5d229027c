package storetest

import (
	"fmt"
	"time"

	"collector/state"
	"collector/store"
)

var people = []promise{
	{"AccountsAreListedInOrder", accountsListed},
	{"AccountOfTheSamePersonExists", accountExists},
	{"NetworksAreListedAndFiltered", networksListed},
	{"NetworksAreAddedAllOrNone", networksAllOrNone},
	{"LearnSavesTheIdentity", learn},
	{"LearnKeepsAGivenName", learnGiven},
	{"LearnRefusesAnotherPerson", learnOther},
	{"LearnRefusesAnIdentityTheUserHasAlready", learnTwice},
}

func accountsListed(k *kit) {
	add := func(id, user, provider, name string) {
		k.must(k.a.AddAccount(k.ctx, state.Account{
			ID: id, User: user, Provider: provider, Server: "https://x.example",
			RemoteID: "r" + id, Name: name, Given: true, Scopes: []string{"read"}, CreatedAt: at(0),
		}))
	}
	add("1", "you", "github", "a")
	add("2", "me", "mastodon", "a")
	add("3", "me", "github", "b")
	add("4", "me", "github", "a")
	listed := func(user string) string {
		got, err := k.b.Accounts(k.ctx, user)
		k.must(err)
		s := ""
		for _, a := range got {
			s += a.ID
		}
		return s
	}
	k.same([]string{listed(""), listed("me"), listed("you"), listed("nobody")}, []string{"4321", "432", "1", ""}, "by user, provider, name")
	got, err := k.b.Account(k.ctx, "4")
	k.must(err)
	k.same(got, state.Account{
		ID: "4", User: "me", Provider: "github", Server: "https://x.example", RemoteID: "r4",
		Name: "a", Given: true, Scopes: []string{"read"}, CreatedAt: at(0),
	}, "one account")
}

func accountExists(k *kit) {
	add := func(id, user, server, remote, name string) error {
		return k.a.AddAccount(k.ctx, state.Account{ID: id, User: user, Provider: "mastodon", Server: server, RemoteID: remote, Name: name, CreatedAt: at(0)})
	}
	const home, away = "https://home.example", "https://away.example"
	k.must(add("1", "me", home, "77", "ada"))
	k.is(add("2", "me", home, "77", "other"), state.ErrExists, "the same person under another name")
	k.is(add("3", "me", home, "", "ada"), state.ErrExists, "the same name, not yet confirmed")
	k.is(add("1", "you", away, "1", "bob"), state.ErrExists, "the same id")
	k.must(add("4", "me", home, "78", "eve"))
	k.must(add("5", "me", away, "77", "ada"))
	k.must(add("6", "you", home, "77", "ada"))
	k.must(add("7", "me", home, "", ""))
	k.must(add("8", "me", home, "", "")) // imported without a name: nobody can tell yet
	got, err := k.b.Accounts(k.ctx, "")
	k.must(err)
	k.same(len(got), 6, "accounts")
}

func networksListed(k *kit) {
	me, you := k.account("me", "github"), k.account("you", "github")
	a, b, c := k.of(me, "mastodon"), k.of(me, "github"), k.of(you, "github")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{a, b, c}))
	gone := k.network("bluesky")
	_, err := k.a.RemoveNetwork(k.ctx, gone.ID, false)
	k.must(err)
	for _, normal := range k.claim(at(0)) {
		if normal.ID == c.ID {
			k.must(k.a.Release(k.ctx, normal.Lease, state.Progress{Mode: state.Normal, ScheduledTo: at(0)}))
		}
	}
	listed := func(f store.Filter) string {
		got, err := k.b.Networks(k.ctx, f)
		k.must(err)
		var out []string
		for _, n := range got {
			out = append(out, n.ID)
		}
		return list(out)
	}
	for _, q := range []struct {
		f    store.Filter
		want []string
	}{
		{store.Filter{}, []string{b.ID, a.ID, c.ID}},
		{store.Filter{User: "me"}, []string{b.ID, a.ID}},
		{store.Filter{Service: "github"}, []string{b.ID, c.ID}},
		{store.Filter{Account: you.Name}, []string{c.ID}},
		{store.Filter{AccountID: me.ID, Service: "mastodon"}, []string{a.ID}},
		{store.Filter{Mode: state.Normal}, []string{c.ID}},
		{store.Filter{User: "nobody"}, nil},
		{store.Filter{Removed: true}, []string{gone.ID, b.ID, a.ID, c.ID}},
	} {
		k.same(listed(q.f), list(q.want), fmt.Sprintf("%+v", q.f))
	}
	n := k.now(a.ID)
	k.same([]any{n.Mode, n.Condition, n.Account, n.User, n.Items, n.Owner}, []any{state.Initial, state.OK, me.Name, "me", 0, "a"}, "a new network")
}

func networksAllOrNone(k *kit) {
	a := k.account("me", "stackexchange")
	n := func(site string) state.Network {
		n := k.of(a, "github")
		n.Params = map[string]string{"site": site}
		return n
	}
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n("one"), n("two")}))
	k.is(k.a.AddNetworks(k.ctx, []state.Network{n("three"), n("two")}), state.ErrExists, "one new, one known")
	k.is(k.a.AddNetworks(k.ctx, []state.Network{n("four"), n("four")}), state.ErrExists, "the same twice")
	stranger := n("five")
	stranger.AccountID = "unheard-of"
	k.is(k.a.AddNetworks(k.ctx, []state.Network{n("six"), stranger}), state.ErrNotFound, "an unknown account")
	got, err := k.b.Networks(k.ctx, store.Filter{})
	k.must(err)
	k.same(len(got), 2, "networks")
	paused := n("seven")
	paused.Paused = true
	k.must(k.a.AddNetworks(k.ctx, []state.Network{paused}))
	k.same(k.now(paused.ID).WakeAt, time.Time{}, "WakeAt of a network added paused")
}

func learn(k *kit) {
	a := state.Account{ID: "acc", User: "me", Provider: "mastodon", Server: "https://social.example", CreatedAt: at(0)}
	k.must(k.a.AddAccount(k.ctx, a))
	one, two := k.of(a, "mastodon"), k.of(a, "bluesky")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{one, two}))
	c := k.claim(at(0))
	id := state.Identity{ID: "77", Name: "@ada@social.example", Scopes: []string{"read", "profile"}}
	k.must(k.b.Learn(k.ctx, "acc", id))
	k.must(k.b.Learn(k.ctx, "acc", id))
	got, err := k.b.Account(k.ctx, "acc")
	k.must(err)
	k.same([]any{got.RemoteID, got.Name, got.Scopes}, []any{"77", "@ada@social.example", []string{"read", "profile"}}, "the account")
	for _, n := range []state.Network{one, two} {
		got := k.now(n.ID)
		k.same([]string{got.RemoteID, got.Account, got.Name()}, []string{"77", "@ada@social.example", n.Service + "/@ada@social.example"}, "a network")
	}
	k.commit(c[0].Lease, page(c[0].ID, 1, like("1", at(-hour)))) // learning ends no lease
	k.same(k.changes("", 0)[0].Network, k.now(c[0].ID).Name(), "the name in the log")

	id.Name = "@ada.lovelace@social.example" // renamed at the service
	k.must(k.b.Learn(k.ctx, "acc", id))
	k.same(k.now(one.ID).Account, id.Name, "after a renaming")
	k.same(k.all(c[0].ID)["1"].Account, id.Name, "of its items too")
}

func learnGiven(k *kit) {
	a := state.Account{ID: "acc", User: "me", Provider: "github", Name: "work", Given: true, CreatedAt: at(0)}
	k.must(k.a.AddAccount(k.ctx, a))
	n := k.of(a, "github")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
	k.must(k.a.Learn(k.ctx, "acc", state.Identity{ID: "9", Name: "octocat"}))
	got := k.now(n.ID)
	k.same([]string{got.Name(), got.RemoteID}, []string{"github/work", "9"}, "name and id")
}

func learnOther(k *kit) {
	a := k.account("me", "github")
	n := k.of(a, "github")
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
	k.is(k.a.Learn(k.ctx, a.ID, state.Identity{ID: "somebody else", Name: "eve", Scopes: []string{"all"}}), state.ErrOtherPerson, "learning")
	got, err := k.b.Account(k.ctx, a.ID)
	k.must(err)
	k.same(got, a, "the account")
	k.same([]string{k.now(n.ID).Account, k.now(n.ID).RemoteID}, []string{a.Name, a.RemoteID}, "the network")
}

func learnTwice(k *kit) {
	a := k.account("me", "github")
	unnamed := state.Account{ID: "unnamed", User: "me", Provider: "github", CreatedAt: at(0)}
	k.must(k.a.AddAccount(k.ctx, unnamed))
	k.is(k.a.Learn(k.ctx, "unnamed", state.Identity{ID: a.RemoteID, Name: a.Name}), state.ErrExists, "learning")
	got, err := k.b.Account(k.ctx, "unnamed")
	k.must(err)
	k.same([]string{got.RemoteID, got.Name}, []string{"", ""}, "the account")
}
