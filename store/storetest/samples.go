package storetest

import (
	"fmt"
	"time"

	"collector/item"
	"collector/state"
)

// at is a time of the kit: so long after its noon.
func at(d time.Duration) time.Time {
	return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC).Add(d)
}

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// account adds an account of a user, with a name and an identity of its own.
func (k *kit) account(user, provider string) state.Account {
	k.Helper()
	k.made++
	a := state.Account{
		ID: fmt.Sprintf("acc%04d", k.made), User: user, Provider: provider,
		RemoteID: fmt.Sprintf("r%d", k.made), Name: fmt.Sprintf("person%d", k.made), CreatedAt: at(-hour),
	}
	k.must(k.a.AddAccount(k.ctx, a))
	return a
}

// of makes a network of an account, due at noon, not yet saved.
func (k *kit) of(a state.Account, service string) state.Network {
	k.made++
	return state.Network{
		ID: fmt.Sprintf("net%05d", k.made), AccountID: a.ID, User: a.User, Service: service,
		Provider: a.Provider, Account: a.Name, RemoteID: a.RemoteID, CreatedAt: at(0),
	}
}

// network saves a network of the user me that is due at noon.
func (k *kit) network(service string) state.Network {
	k.Helper()
	return k.networkOf("me", service)
}

func (k *kit) networkOf(user, service string) state.Network {
	k.Helper()
	n := k.of(k.account(user, service), service)
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
	return n
}

// want is a claim of everything that is due.
func want(owner string, now time.Time, services ...string) state.Claim {
	c := state.Claim{Mode: state.Initial, Owner: owner, Now: now, Until: now.Add(Lease), N: 10000, Services: map[string]int{}}
	if len(services) == 0 {
		services = []string{"github", "mastodon", "bluesky"}
	}
	for _, s := range services {
		c.Services[s] = 10000
	}
	return c
}

// started is a network that instance a has claimed at noon.
func (k *kit) started(service string) state.Claimed {
	k.Helper()
	k.network(service)
	return k.lease(k.a, "a", at(0))
}

// like is an item with a like time.
func like(id string, liked time.Time) item.Item {
	return item.Item{
		ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: "thing " + id,
		Author: item.Author{Name: "maker"}, Language: "Go", Tags: []string{"tool"},
		CreatedAt: at(-300 * day), LikedAt: liked, LikedFrom: item.FromAPI,
	}
}

// page is a page of a backfill, observed at noon; walk 1.
func page(network string, number int, items ...item.Item) state.Page {
	return state.Page{
		ID: fmt.Sprintf("%s/1/%d", network, number), Kind: "backfill", Walk: 1, ObservedAt: at(0), Items: items,
		After: state.Progress{
			Mode: state.Initial, Condition: state.OK, ScheduledTo: at(0), Walks: 1,
			Walk: &state.Walk{Number: 1, Kind: "backfill", Cursor: fmt.Sprint(number + 1), PageSize: 100, StartedAt: at(0), Pages: number},
		},
	}
}
