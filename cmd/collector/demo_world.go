package main

import (
	"context"
	"fmt"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/simulate"
	"collector/state"
	"collector/store"
)

// shown are the services of the demo, in the order in which accounts are spread
// over them.
func shown() []string {
	return []string{simulate.GitHub, simulate.Mastodon, simulate.Bluesky, simulate.Reddit, simulate.YouTube, simulate.Spotify}
}

// world makes the services: quotas that a backfill of this size meets, and what
// goes wrong.
func (d *demo) world() *simulate.Sim {
	budgets := map[string][]simulate.Budget{}
	tight := map[string]int{simulate.GitHub: 60, simulate.Mastodon: 30}
	for _, service := range shown() {
		for _, b := range simulate.Documented(service) {
			b.Per = d.faster(b.Per, 2*time.Second)
			if n := tight[service]; n > 0 && !b.Secondary {
				b.Limit = n
			}
			budgets[service] = append(budgets[service], b)
		}
	}
	sim := simulate.New(simulate.Options{
		Seed: d.seed, Now: d.now, Budgets: budgets, Latency: 30 * time.Millisecond, Jitter: 60 * time.Millisecond,
		SessionLife: d.faster(2*time.Hour, 10*time.Second), KeepRequests: 100,
	})
	sim.AddFault(simulate.Fault{Kind: simulate.Limit, Service: simulate.Mastodon, From: 6, Times: 1, Wait: 5 * time.Second})
	sim.AddFault(simulate.Fault{Kind: simulate.Status, Service: simulate.Bluesky, After: d.now().Add(20 * time.Second), Until: d.now().Add(45 * time.Second)})
	if d.chaos {
		for _, f := range []simulate.Fault{
			{Kind: simulate.Status, Chance: 0.05},
			{Kind: simulate.Reset, Chance: 0.03},
			{Kind: simulate.CutJSON, Chance: 0.02},
			{Kind: simulate.HTML, Chance: 0.02},
			{Kind: simulate.Slow, Chance: 0.05, Wait: 2 * time.Second},
			{Kind: simulate.Unauthorized, Chance: 0.01},
			{Kind: simulate.Limit, Chance: 0.01, Wait: 5 * time.Second},
		} {
			sim.AddFault(f)
		}
	}
	return sim
}

// personName is the name of the i-th made-up person.
func personName(i int) string {
	names := []string{"anna", "bruno", "clara", "darian", "edda", "felix", "greta", "hugo", "ida", "jonas", "karla", "linus"}
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s%d", names[i%len(names)], i/len(names)+1)
}

// connectAll adds the accounts as an import does: whose they are is asked at the
// first run.
func (d *demo) connectAll(ctx context.Context, st store.Store) error {
	perDay := 24 * 60 * d.speed / 10 // one like in ten minutes of the faster time
	return d.connectTo(ctx, st, shown(),
		simulate.Rates{Like: perDay, Unlike: perDay / 4, Relike: perDay / 10})
}

// connectTo spreads the accounts over services; their likes come and go at the
// given rates.
func (d *demo) connectTo(ctx context.Context, st store.Store, names []string, rates simulate.Rates) error {
	for i := range d.accounts {
		conn, err := d.service(names[i%len(names)])
		if err != nil {
			return err
		}
		in := conn.Info()
		likes := d.items / d.accounts
		if i < d.items%d.accounts {
			likes++
		}
		var granted []string
		if i == 0 && in.Name == simulate.GitHub { // so that the page of its connecting has something to say
			granted = []string{"read:user", "repo"}
		}
		made, err := d.sim.AddAccount(simulate.Spec{
			Service: in.Name, Name: personName(i), Likes: likes, Expiring: i%2 == 0,
			PerDay: rates, Granted: granted,
		})
		if err != nil {
			return err
		}
		w := control.Wanted{User: "demo"}
		switch {
		case in.Server != "":
			w.Server = in.Server
		case in.Servers:
			w.Server = "https://social.example"
		}
		acc, err := control.NewAccount(ctx, st, in, w, connectors.Identity{Name: made.Name}, d.now())
		if err != nil {
			return err
		}
		if err := d.sign(ctx, acc.ID, made.Tokens[0]); err != nil {
			return err
		}
		n := control.NetworkOf(acc, in, w, control.NewID(), d.now())
		if err := st.AddNetworks(ctx, []state.Network{n}); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) sign(ctx context.Context, account, token string) error {
	c, err := auth.ParseCredential(token)
	if err != nil {
		return err
	}
	return d.keep.Put(ctx, account, c)
}

func (d *demo) faster(t, least time.Duration) time.Duration {
	return max(time.Duration(float64(t)/d.speed), least)
}
