package mongo

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/simulate"
	"collector/store/mongo/mongotest"
)

// fleet is instances of the program that serve networks over one database, and what
// the database tells of these.
type fleet struct {
	figure.Run
	instances, networks int
	every               time.Duration // each network is polled so often
	lease, calm         time.Duration

	program string
	env     []string
	living  []*exec.Cmd
	served  *simulate.Running
	told    func() error // why nothing more is told of the networks
	stop    context.CancelFunc

	mu    sync.Mutex
	is    map[string]mongotest.Step // by network, its newest step
	begun []time.Duration           // how late what began since the last look was
}

// settle makes the networks and starts the instances, and waits until each network
// has been read.
func (f *fleet) settle(ctx context.Context, s *server, name, cluster string) (err error) {
	f.served, err = simulate.Serve(ctx, simulate.New(simulate.Options{
		Seed: f.Seed, Brief: true, KeepRequests: 1, Latency: 300 * time.Millisecond, Jitter: 400 * time.Millisecond,
		Budgets: map[string][]simulate.Budget{simulate.GitHub: {}},
	}), simulate.Listen{})
	if err != nil {
		return err
	}
	if f.program, err = process.Build(ctx, f.Root, f.Dir, "./cmd/collector"); err != nil {
		return err
	}
	key := filepath.Join(f.Dir, "due.key")
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600); err != nil {
		return err
	}
	at := s.URI(strings.ReplaceAll(name, "/", "-"))
	f.env = append(os.Environ(),
		"COLLECTOR_STORE="+at, "COLLECTOR_SECRET_KEY_FILE="+key, "COLLECTOR_WORKERS=16", "COLLECTOR_GITHUB_URL="+f.served.URLs[simulate.GitHub],
		"COLLECTOR_GITHUB_POLL_MIN="+f.every.String(), "COLLECTOR_GITHUB_POLL_MAX="+f.every.String(), "COLLECTOR_LEASE="+f.lease.String(),
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_LOG_FORMAT=json")
	if cluster != "" {
		f.env = append(f.env, "COLLECTOR_CLUSTER="+cluster, "COLLECTOR_CLUSTER_TTL="+ttl.String())
	}
	if err := f.connect(ctx); err != nil {
		return err
	}
	if err := f.follow(ctx, s.client.Database(database(at)).Collection("networks")); err != nil {
		return err
	}
	for range f.instances {
		if err := f.start(ctx); err != nil {
			return err
		}
	}
	late := time.Now().Add(10 * time.Minute)
	for ready := 0; ready < f.networks; {
		if time.Now().After(late) {
			return fmt.Errorf("%d of %d networks were read within 10 minutes", ready, f.networks)
		}
		if _, err := f.watch(ctx, time.Second); err != nil {
			return err
		}
		ready = 0
		f.mu.Lock()
		for _, n := range f.is {
			if n.Epoch >= 3 { // the history, and polls in their rhythm
				ready++
			}
		}
		f.mu.Unlock()
	}
	_, err = f.watch(ctx, f.every)
	return err
}

// connect adds the accounts.
func (f *fleet) connect(ctx context.Context) error {
	var lines bytes.Buffer
	for i := range f.networks {
		a, err := f.served.AddAccount(simulate.Spec{Service: simulate.GitHub, Name: fmt.Sprint("person", i), Likes: 3})
		if err != nil {
			return err
		}
		user := fmt.Sprint("user", i/100) // connecting looks at all accounts of the user
		if err := json.NewEncoder(&lines).Encode(map[string]string{"service": a.Service, "user": user, "token": a.Tokens[0]}); err != nil {
			return err
		}
	}
	add := exec.CommandContext(ctx, f.program, "accounts", "import", "-")
	add.Env, add.Stdin = f.env, &lines
	_, _, err := process.Run(add)
	return err
}

// follow begins to listen to what happens to the networks.
func (f *fleet) follow(ctx context.Context, networks *driver.Collection) (err error) {
	f.is = map[string]mongotest.Step{}
	ctx, f.stop = context.WithCancel(ctx)
	f.told, err = mongotest.Follow(ctx, networks, func(s mongotest.Step) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if s.Kind == mongotest.Claimed && !s.Due.IsZero() {
			f.begun = append(f.begun, s.Until.Add(-f.lease).Sub(s.Due)) // its lease began when it was claimed
		}
		f.is[s.Network] = s
	})
	return err
}

func (f *fleet) start(ctx context.Context) error {
	d := exec.CommandContext(ctx, f.program)
	d.Env = f.env
	if err := d.Start(); err != nil {
		return fmt.Errorf("starting an instance: %w", err)
	}
	f.living = append(f.living, d)
	return nil
}

// holds says whether an instance has a network in hand: its id names its process.
func holds(d *exec.Cmd, n mongotest.Step) bool {
	return n.Kind != mongotest.Ended && strings.Contains(n.Owner, fmt.Sprintf("-%d-", d.Process.Pid))
}

// kill kills the instance that has most in hand, and returns how much that is.
func (f *fleet) kill(ctx context.Context) (held int, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for held == 0 {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-tick.C:
		}
		victim := 0
		f.mu.Lock()
		for i, d := range f.living {
			n := 0
			for _, s := range f.is {
				if holds(d, s) {
					n++
				}
			}
			if n > held {
				held, victim = n, i
			}
		}
		f.mu.Unlock()
		if held == 0 {
			continue
		}
		d := f.living[victim]
		if err := d.Process.Kill(); err != nil {
			return 0, fmt.Errorf("killing an instance: %w", err)
		}
		_ = d.Wait() // it was killed
		f.living = slices.Delete(f.living, victim, victim+1)
	}
	return held, nil
}

// watch looks each second at how late what began since the last look was, and what is
// due and nobody who lives has in hand, and returns the 99th percentile of each.
func (f *fleet) watch(ctx context.Context, during time.Duration) (out lags, err error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := time.Now().Add(during); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return out, context.Cause(ctx)
		case <-tick.C:
		}
		out = append(out, f.look(time.Now()))
	}
	return out, nil
}

func (f *fleet) look(now time.Time) float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.begun
	f.begun = nil
	for _, n := range f.is {
		inHand := slices.ContainsFunc(f.living, func(d *exec.Cmd) bool { return holds(d, n) })
		if late := now.Sub(n.Due); late > 0 && !inHand && !n.Due.IsZero() {
			all = append(all, late)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)*99+99)/100-1].Seconds() // nearest rank
}

// end stops everything.
func (f *fleet) end() error {
	var errs []error
	for _, d := range f.living {
		_ = d.Process.Kill()
		_ = d.Wait()
	}
	if f.stop != nil {
		f.stop()
	}
	if f.told != nil {
		errs = append(errs, f.told())
	}
	if f.served != nil {
		f.served.Close()
	}
	return errors.Join(errs...)
}
