package quota

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
	"strings"
	"syscall"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/simulate"
	"collector/store"
	"collector/store/sqlite"
)

const (
	budget = 100         // calls of a window of an account: one is a hundredth
	window = time.Minute // of the simulated GitHub: its hour, compressed
	people = 2           // accounts
	// hold is how many times a lease fits into a window. It is 120 in the product,
	// half a minute in an hour. A lease that outlived its window would leave an
	// account without an owner for whole windows, which no hour sees.
	hold = 30
)

// daemons is Daemons with two of them on SQLite.
func daemons(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	path := filepath.Join(r.Dir, "daemons.db")
	return Daemons(ctx, r, Place{
		Name: "quota/daemons", Address: "sqlite:" + path,
		Open: func(ctx context.Context) (store.Store, error) { return sqlite.Open(ctx, path, store.Options{}) },
	}, 2)
}

// Daemons runs daemons on a store until each account has had five windows. From the
// third on it kills with -9 the one that has the first account in hand.
func Daemons(ctx context.Context, r figure.Run, in Place, together int) (figures []figure.Figure, err error) {
	per, windows := window, 5
	if r.Short {
		per, windows = 4*time.Second, 4
	}
	limit := budget * int(per) / int(window)
	sim := simulate.New(simulate.Options{
		Seed: r.Seed, Latency: 5 * time.Millisecond, Brief: true, KeepRequests: 100,
		Budgets: map[string][]simulate.Budget{simulate.GitHub: {{Name: "core", Limit: limit, Per: per}}},
	})
	served, err := simulate.Serve(ctx, sim, simulate.Listen{})
	if err != nil {
		return nil, err
	}
	defer served.Close()
	program, err := process.Build(ctx, r.Root, r.Dir, "./cmd/collector")
	if err != nil {
		return nil, err
	}
	key := filepath.Join(r.Dir, "collector.key")
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600); err != nil {
		return nil, err
	}
	env := append(os.Environ(),
		"COLLECTOR_STORE="+in.Address, "COLLECTOR_SECRET_KEY_FILE="+key, "COLLECTOR_WORKERS=64", "COLLECTOR_GITHUB_URL="+served.URLs[simulate.GitHub],
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_LOG_FORMAT=json", "COLLECTOR_LEASE="+max(per/hold, 500*time.Millisecond).String())
	var lines bytes.Buffer
	for i := range people {
		a, err := served.AddAccount(simulate.Spec{Service: simulate.GitHub, Name: fmt.Sprintf("person%d", i), Likes: (windows + 3) * limit * 100})
		if err != nil {
			return nil, err
		}
		if err := json.NewEncoder(&lines).Encode(map[string]string{"service": a.Service, "token": a.Tokens[0]}); err != nil {
			return nil, err
		}
	}
	add := exec.CommandContext(ctx, program, "accounts", "import", "-")
	add.Env, add.Stdin = env, &lines
	if _, _, err := process.Run(add); err != nil {
		return nil, err
	}
	st, err := in.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var running []*exec.Cmd
	for range together {
		d := exec.CommandContext(ctx, program)
		d.Env = env
		if err := d.Start(); err != nil {
			return nil, fmt.Errorf("starting a daemon: %w", err)
		}
		running = append(running, d)
		defer func() { _ = d.Process.Kill(); _ = d.Wait() }()
	}
	killed, err := watch(ctx, sim, windows, limit, per, func() (bool, error) { return killOwner(ctx, st, running) })
	if err != nil {
		return nil, err
	}
	return judge(sim, in.Name, together, windows, limit, killed)
}

// killOwner kills the daemon that has the first account in hand, if one has.
func killOwner(ctx context.Context, st store.Store, running []*exec.Cmd) (bool, error) {
	all, err := st.Networks(ctx, store.Filter{})
	if err != nil {
		return false, err
	}
	for _, n := range all {
		for _, d := range running {
			if n.Account == "person0" && strings.Contains(n.Owner, fmt.Sprintf("-%d-", d.Process.Pid)) {
				return true, d.Process.Signal(syscall.SIGKILL)
			}
		}
	}
	return false, nil
}

// watch waits until every account has had its windows. From the third
// of the first account on it kills, once, in the middle of a window.
func watch(ctx context.Context, sim *simulate.Sim, windows, limit int, per time.Duration, kill func() (bool, error)) (killed time.Time, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Duration(windows+8) * 2 * per)
	for {
		select {
		case <-ctx.Done():
			return killed, context.Cause(ctx)
		case <-late:
			return killed, errors.New("the daemons did not spend their windows in twice the time")
		case <-tick.C:
		}
		done := true
		for i := range people {
			w := sim.Windows(fmt.Sprintf("github/core/person%d", i))
			done = done && len(w) > windows
			if n := len(w); i == 0 && n >= 3 && n < windows && w[n-1].Used >= limit/4 && killed.IsZero() {
				did, err := kill()
				if err != nil {
					return killed, fmt.Errorf("killing a daemon: %w", err)
				}
				if did {
					killed = sim.Now()
				}
			}
		}
		if done {
			return killed, nil
		}
	}
}

// judge reads the service's count: all full windows but the first.
func judge(sim *simulate.Sim, name string, together, windows, limit int, killed time.Time) ([]figure.Figure, error) {
	if n := sim.Refused(); n > 0 || killed.IsZero() {
		return nil, fmt.Errorf("%d calls over the quota; killed: %v", n, !killed.IsZero())
	}
	whole, dead := limit, limit
	for i := range people {
		for _, w := range sim.Windows(fmt.Sprintf("github/core/person%d", i))[1:windows] {
			if !killed.Before(w.Start) && killed.Before(w.End) {
				dead = min(dead, w.Used)
			} else {
				whole = min(whole, w.Used)
			}
		}
	}
	share := func(n int) float64 { return 100 * float64(n) / float64(limit) }
	return []figure.Figure{
		{Name: name + "/" + map[int]string{2: "two", 4: "four"}[together], Unit: "%", Ours: share(whole), Limit: 99, AtLeast: true, Repeats: 1, Note: fmt.Sprintf("the worst window of %d calls; none refused", limit)},
		{Name: name + "/one killed", Unit: "%", Ours: share(dead), Limit: 99, AtLeast: true, Repeats: 1, Note: fmt.Sprintf("windows in which a daemon is killed -9 that has an account in hand; a lease lasts a %dth of a window", hold)},
	}, nil
}
