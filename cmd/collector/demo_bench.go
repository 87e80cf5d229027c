package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"collector/simulate"
	"collector/store"
)

// The headline run: as many lists as that, of so many likes each, all due at once.
const (
	benchAccounts = 3000
	benchLikes    = 100
	benchWorkers  = 64
)

// pace is what one measured run took.
type pace struct {
	latency  time.Duration
	took     time.Duration
	items    int
	requests int
	refused  int
}

// measure is `collector demo --bench`: how long first reads take, with a service
// that answers after 100 and 600 ms. It is the real program writing a real file;
// but the services are simulated in the same process, so no network, no parsing of
// TLS and no quota of theirs is in it.
func (d *demo) measure(ctx context.Context) error {
	var paces []pace
	d.say("SIMULATED FIGURES - %s with %s each, made up and served in this process; first reads of all of them at once, by %d workers.",
		many(d.accounts, "list", "lists"), many(d.items/d.accounts, "like", "likes"), d.conf.Workers)
	for _, latency := range []time.Duration{100 * time.Millisecond, 600 * time.Millisecond} {
		p, err := d.firstReads(ctx, latency)
		if err != nil {
			return err
		}
		paces = append(paces, p)
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"ANSWERS AFTER", "LISTS", "LIKES", "TOOK", "LISTS/S", "LIKES/S", "CALLS", "REFUSED"})
	for _, p := range paces {
		s := max(p.took.Seconds(), 1e-3)
		t.AppendRow(table.Row{
			p.latency, count(d.accounts), count(p.items), fmt.Sprintf("%.1f s", s),
			count(int(float64(d.accounts) / s)), count(int(float64(p.items) / s)), count(p.requests), count(p.refused),
		})
	}
	for _, r := range strings.Split(t.Render(), "\n") {
		d.printf("%s\n", strings.TrimRight(r, " "))
	}
	return nil
}

// plan makes the headline run what is measured, where nothing else was asked for.
func (d *demo) plan(asked func(flag string) bool) {
	if !asked("accounts") {
		d.accounts = benchAccounts
	}
	if !asked("items") {
		d.items = d.accounts * benchLikes
	}
	if !asked("speed") {
		d.speedText = "1x"
	}
	if !asked("log-level") {
		d.conf.LogLevel = "warn" // thousands of lines would be measured too
	}
	d.conf.Workers = max(d.conf.Workers, benchWorkers)
}

// firstReads runs one pass over a store of its own in which every list is new.
func (d *demo) firstReads(ctx context.Context, latency time.Duration) (p pace, err error) {
	dir, err := os.MkdirTemp("", "collector-bench-")
	if err != nil {
		return p, fmt.Errorf("making the demo's folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d.setUp(dir)
	d.sim = simulate.New(simulate.Options{Seed: d.seed, Now: d.now, Latency: latency, KeepRequests: 1})
	owner := d.newOwner()
	var began time.Time
	var connectErr error
	err = d.withNewStore(ctx, owner, func(ctx context.Context, st store.Store) error {
		if err := st.SetMeta(ctx, store.MetaSimulated, "1"); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := d.collect(ctx, st, collecting{
			owner: owner, once: true, poll: d.pollTimes, transport: d.sim.Transport(),
			ready: func(cl *client) {
				d.keep = cl.keeper
				if connectErr = d.connectTo(ctx, st, []string{simulate.GitHub}, simulate.Rates{}); connectErr != nil {
					cancel()
				}
				began = d.now()
			},
		})
		p.took = d.now().Sub(began)
		tally, counted := st.Tally(context.WithoutCancel(ctx), d.now())
		p.items = tally.Items
		return errors.Join(connectErr, err, counted)
	})
	p.latency, p.requests, p.refused = latency, d.sim.Total(), d.sim.Refused()
	return p, err
}
