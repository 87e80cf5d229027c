package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/cmd/collector/internal/config"
	"collector/simulate"
	"collector/store"
)

// demo is `collector demo`: the real program over made-up services.
type demo struct {
	*app
	accounts, items int
	instances       int
	speedText       string
	speed           float64
	seed            uint64
	chaos           bool
	bench           bool

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
purpose. It prints commands to try, for another terminal.

--instances=3 shows a cluster: three instances over one file join, elect a leader,
hand each other tasks and answer them; then one dies, then the leader, and others
take over. They live in this one process and find each other without etcd, so the
deaths are played; everything else is what runs in earnest. The second one has the
pages, and lives.

--bench reads 3,000 lists of 100 likes once, at two latencies, prints how long that
took on this machine, and ends.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("store") {
				return you(exitUsage, "leave --store out", "the demo keeps what it makes up in a folder of its own, which it deletes")
			}
			if d.bench {
				d.plan(c.Flags().Changed)
			}
			if err := d.check(); err != nil {
				return err
			}
			if d.bench {
				return d.measure(c.Context())
			}
			return d.run(c.Context())
		}),
	}
	c.Flags().IntVar(&d.accounts, "accounts", 6, "how many accounts, 1 to 5000")
	c.Flags().IntVar(&d.items, "items", 5000, "how many likes they have together, 0 to 1000000")
	c.Flags().IntVar(&d.instances, "instances", 1, "how many instances collect, 1 to 9")
	c.Flags().StringVar(&d.speedText, "speed", "60x", "how much faster polls, quota windows and waits are, 1x to 1000x")
	c.Flags().Uint64Var(&d.seed, "seed", 1, "another number makes other people and items")
	c.Flags().BoolVar(&d.chaos, "chaos", false, "let much more go wrong")
	c.Flags().BoolVar(&d.bench, "bench", false, "measure first reads of many lists, and end")
	return c
}

func (d *demo) check() error {
	var err error
	if d.speed, err = strconv.ParseFloat(strings.TrimSuffix(d.speedText, "x"), 64); err != nil || !(d.speed >= 1 && d.speed <= 1000) {
		return you(exitUsage, "--speed=60x", "--speed=%s is not between 1x and 1000x", plain(d.speedText))
	}
	if d.accounts < 1 || d.accounts > 5000 {
		return you(exitUsage, "--accounts=3", "--accounts=%d is not between 1 and 5000", d.accounts)
	}
	if d.instances < 1 || d.instances > 9 {
		return you(exitUsage, "--instances=3", "--instances=%d is not between 1 and 9", d.instances)
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
		if d.instances > 1 {
			return d.perform(ctx, st)
		}
		var stage sync.WaitGroup
		var connectErr error
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := d.collect(ctx, st, collecting{
			owner: owner, poll: d.pollTimes, transport: d.sim.Transport(), shown: d.say,
			ready: func(cl *client) {
				d.keep = cl.keeper
				if connectErr = d.connectAll(ctx, st); connectErr != nil {
					cancel()
					return
				}
				stage.Go(func() { d.firstItem(ctx, st) })
				stage.Go(func() { d.takeBack(ctx, st) })
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
	d.env = nil // no key of systemd, no proxy: nothing of this machine's set-up counts
	d.conf.Lay(config.FromDemo, func(c *config.Config) {
		c.Store = "sqlite:" + filepath.Join(dir, "collector.db")
		c.SecretKey, c.SecretKeyFile = config.Secret{}, ""
		c.Providers = nil
		c.DiskFloor = "0"                    // what it writes is small and deleted at the end
		c.MetricsListen, c.Graphite = "", "" // who watches in earnest is told nothing made up
		c.Cluster = config.Cluster{ClusterTTL: c.ClusterTTL}
		c.BackoffMin = d.faster(c.BackoffMin, time.Second)
		c.BackoffMax = d.faster(c.BackoffMax, 10*time.Second)
		if !d.bench { // it reads everything once
			d.pollFaster(c.Services)
		}
	})
}

// pollFaster has services polled so often that there is something to see.
func (d *demo) pollFaster(services map[string]config.Service) {
	for name, s := range services {
		services[name] = config.Service{PollMin: d.faster(s.PollMin, 2*time.Second), PollMax: min(d.faster(s.PollMax, 10*time.Second), 20*time.Second)}
	}
}

func (d *demo) introduce() {
	d.say(`SIMULATED NETWORK - made-up people and items, nothing leaves this machine.
Store: %s (deleted on exit)
  %s on simulated GitHub, Mastodon, Bluesky, Reddit, YouTube and Spotify; polls, quotas and waits run %s;
  likes come and go; quotas, 429s, an expired token and an outage are on purpose.
Try, in another terminal:
  %[4]s status --watch --store=%[1]s
  %[4]s search --store=%[1]s garden
  %[4]s export --store=%[1]s
  %[4]s changes --since 0 --store=%[1]s
Ctrl-C to stop.`, d.conf.Store, many(d.accounts, "account", "accounts"), d.speedText, asTyped())
}

// asTyped is how this program is called at a terminal: by its name where the PATH has
// it, else by where it lies, as after `go run`.
func asTyped() string {
	const name = "collector"
	path, err := os.Executable()
	if _, missing := osexec.LookPath(name); missing == nil || err != nil {
		return name
	}
	return shellWord(path)
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
	d.say("[simulated] the token of %s was taken back: %s status --store=%s shows what to do", line(victim.Key), asTyped(), d.conf.Store)
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
