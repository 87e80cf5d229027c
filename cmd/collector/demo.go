package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/cmd/collector/internal/config"
	"collector/connectors"
	"collector/simulate"
	"collector/state"
	"collector/store"
)

// demo is `collector demo`: the real program over made-up services.
type demo struct {
	*app
	accounts, items int
	speedText       string
	speed           float64
	seed            uint64
	chaos           bool

	sim  *simulate.Sim
	keep *auth.Keeper
}

func (a *app) demoCommand() *cobra.Command {
	d := &demo{app: a}
	c := &cobra.Command{
		Use:   "demo",
		Short: "look around with simulated services: no account, no network",
		Long: `Runs the real program against built-in simulated services, in a temporary folder
that is deleted when it ends. People and items are made up and nothing leaves this
machine. Likes come and go; quotas, 429s, an expired token and an outage are on
purpose. It prints commands to try, for another terminal.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if err := d.check(); err != nil {
				return err
			}
			return d.run(c.Context())
		}),
	}
	c.Flags().IntVar(&d.accounts, "accounts", 3, "how many accounts, 1 to 1000")
	c.Flags().IntVar(&d.items, "items", 5000, "how many likes they have together, 0 to 1000000")
	c.Flags().StringVar(&d.speedText, "speed", "60x", "how much faster polls, quota windows and waits are, 1x to 1000x")
	c.Flags().Uint64Var(&d.seed, "seed", 1, "another number makes other people and items")
	c.Flags().BoolVar(&d.chaos, "chaos", false, "let much more go wrong")
	return c
}

func (d *demo) check() error {
	var err error
	if d.speed, err = strconv.ParseFloat(strings.TrimSuffix(d.speedText, "x"), 64); err != nil || !(d.speed >= 1 && d.speed <= 1000) {
		return you(exitUsage, "--speed=60x", "--speed=%s is not between 1x and 1000x", plain(d.speedText))
	}
	if d.accounts < 1 || d.accounts > 1000 {
		return you(exitUsage, "--accounts=3", "--accounts=%d is not between 1 and 1000", d.accounts)
	}
	if d.items < 0 || d.items > 1_000_000 {
		return you(exitUsage, "--items=5000", "--items=%d is not between 0 and 1000000", d.items)
	}
	return nil
}

func (d *demo) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "collector-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d.setUp(dir)
	owner := d.newOwner()
	return d.withNewStore(ctx, owner, func(ctx context.Context, st store.Store) error {
		if err := st.SetMeta(ctx, store.MetaSimulated, "1"); err != nil {
			return err
		}
		d.simulated = true
		d.sim = d.world()
		d.introduce()
		var stage sync.WaitGroup
		var connectErr error
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := d.collect(ctx, st, collecting{
			owner: owner, poll: d.fastPolls, transport: d.sim.Transport(),
			ready: func(cl *client) {
				d.keep = cl.keeper
				if connectErr = d.connectAll(ctx, st); connectErr != nil {
					cancel()
					return
				}
				stage.Go(func() { d.firstItem(ctx, st) })
				stage.Go(func() { d.expire(ctx, st) })
			},
		})
		cancel()
		stage.Wait()
		if len(d.sim.Violations()) > 0 {
			d.say("[simulated] the services object to: %s", d.sim.Violations()[0])
		}
		return errors.Join(connectErr, err)
	})
}

// setUp points the configuration at the demo's folder and makes its waits short.
func (d *demo) setUp(dir string) {
	d.conf.Store = "sqlite:" + filepath.Join(dir, "collector.db")
	d.conf.SecretKey, d.conf.SecretKeyFile = config.Secret{}, ""
	d.conf.Providers = nil
	d.env = nil // no key of systemd, no proxy: nothing of this machine's set-up counts
	d.conf.BackoffMin = d.faster(d.conf.BackoffMin, time.Second)
	d.conf.BackoffMax = d.faster(d.conf.BackoffMax, 10*time.Second)
}

func (d *demo) faster(t, least time.Duration) time.Duration {
	return max(time.Duration(float64(t)/d.speed), least)
}

func (d *demo) fastPolls(service string) (floor, ceiling time.Duration) {
	floor, ceiling = d.pollTimes(service)
	return d.faster(floor, 2*time.Second), min(d.faster(ceiling, 10*time.Second), 20*time.Second)
}

// world makes the services: quotas that a backfill of this size meets, and what
// goes wrong.
func (d *demo) world() *simulate.Sim {
	budgets := map[string][]simulate.Budget{}
	tight := map[string]int{simulate.GitHub: 60, simulate.Mastodon: 30}
	for _, service := range []string{simulate.GitHub, simulate.Mastodon, simulate.Bluesky} {
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
	sim.AddFault(simulate.Fault{Kind: simulate.Status, Service: simulate.Bluesky, After: d.now().Add(25 * time.Second), Until: d.now().Add(32 * time.Second)})
	if d.chaos {
		for _, f := range []simulate.Fault{
			{Kind: simulate.Status, Chance: 0.05}, {Kind: simulate.Reset, Chance: 0.03},
			{Kind: simulate.CutJSON, Chance: 0.02}, {Kind: simulate.HTML, Chance: 0.02},
			{Kind: simulate.Slow, Chance: 0.05, Wait: 2 * time.Second}, {Kind: simulate.Unauthorized, Chance: 0.01},
			{Kind: simulate.Limit, Chance: 0.01, Wait: 5 * time.Second},
		} {
			sim.AddFault(f)
		}
	}
	return sim
}

func (d *demo) introduce() {
	d.say(`SIMULATED NETWORK - made-up people and items, nothing leaves this machine.
Store: %s (deleted on exit)
  %s on simulated GitHub, Mastodon and Bluesky; polls, quotas and waits run %s;
  likes come and go; quotas, 429s, an expired token and an outage are on purpose.
Try, in another terminal:
  collector status --watch --store=%s
  collector search --store=%s garden
  collector export --store=%s
  collector changes --since 0 --store=%s
Ctrl-C to stop.`, d.conf.Store, many(d.accounts, "account", "accounts"), d.speedText, d.conf.Store, d.conf.Store, d.conf.Store, d.conf.Store)
}

// connectAll adds the accounts as an import does: whose they are is asked at the
// first run.
func (d *demo) connectAll(ctx context.Context, st store.Store) error {
	names := []string{simulate.GitHub, simulate.Mastodon, simulate.Bluesky}
	perDay := 24 * 60 * d.speed / 10 // one like in ten minutes of the faster time
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
		made, err := d.sim.AddAccount(simulate.Spec{
			Service: in.Name, Name: personName(i), Likes: likes, Expiring: i%2 == 0,
			PerDay: simulate.Rates{Like: perDay, Unlike: perDay / 4, Relike: perDay / 10},
		})
		if err != nil {
			return err
		}
		w := wish{User: "demo"}
		switch {
		case in.Server != "":
			w.Server = in.Server
		case in.Servers:
			w.Server = "https://social.example"
		}
		acc, err := d.newAccount(ctx, st, in, w, connectors.Identity{Name: made.Name})
		if err != nil {
			return err
		}
		if err := d.sign(ctx, acc.ID, made.Tokens[0]); err != nil {
			return err
		}
		n := networkOf(acc, in, w, newID(), d.now())
		if err := st.AddNetworks(ctx, []state.Network{n}); err != nil {
			return err
		}
	}
	return nil
}

// personName is the name of the i-th made-up person.
func personName(i int) string {
	names := []string{"anna", "bruno", "clara", "darian", "edda", "felix", "greta", "hugo", "ida", "jonas", "karla", "linus"}
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s%d", names[i%len(names)], i/len(names)+1)
}

func (d *demo) sign(ctx context.Context, account, token string) error {
	c, err := auth.ParseCredential(token)
	if err != nil {
		return err
	}
	return d.keep.Put(ctx, account, c)
}

// firstItem says when the first item could be found.
func (d *demo) firstItem(ctx context.Context, st store.Store) {
	began := d.now()
	for wait(ctx, 50*time.Millisecond) {
		r, err := st.Search(ctx, store.Query{Limit: 1})
		if err == nil && len(r.Items) > 0 {
			it := r.Items[0]
			d.say("[simulated] first item searchable after %.1f s: %s", d.now().Sub(began).Seconds(), short(line(firstOf(it.Title, it.Text, it.URL)), 60))
			return
		}
	}
}

// expire takes the token of one account back, lets people see what that looks
// like, and signs it in again.
func (d *demo) expire(ctx context.Context, st store.Store) {
	accounts := d.sim.Accounts()
	if len(accounts) < 2 || !wait(ctx, 40*time.Second) {
		return
	}
	victim := accounts[1]
	if d.sim.Revoke(victim.Key) != nil {
		return
	}
	d.say("[simulated] the token of %s was taken back: collector status shows what to do", line(victim.Key))
	if !wait(ctx, time.Minute) {
		return
	}
	token, err := d.sim.Issue(victim.Key)
	if err != nil {
		return
	}
	stored, err := st.Accounts(ctx, "demo")
	if err != nil {
		return
	}
	for _, acc := range stored {
		if acc.Provider == victim.Service && acc.RemoteID == victim.ID {
			if d.sign(ctx, acc.ID, token) == nil && st.Reconnected(ctx, acc.ID, d.now()) == nil {
				d.say("[simulated] %s signed in again", line(victim.Key))
			}
		}
	}
}

// wait passes a while; false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
