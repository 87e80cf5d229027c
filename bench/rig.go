package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"collector/simulate"
)

// rig is a world, the program, and a folder for its store.
type rig struct {
	amounts
	dir, program string
	sim          *simulate.Running
	accounts     []simulate.Account
	env          []string
	from         int // number of the last request before the phase
}

func newRig(ctx context.Context, root string, a amounts) (*rig, error) {
	dir, err := os.MkdirTemp("", "collector-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	b := &rig{amounts: a, dir: dir, program: filepath.Join(dir, "collector")}
	if err := b.prepare(ctx, root); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *rig) prepare(ctx context.Context, root string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.program, "./cmd/collector")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, out)
	}
	free := map[string][]simulate.Budget{} // no quota: the program itself is measured
	for _, s := range []string{simulate.GitHub, simulate.Mastodon, simulate.Bluesky} {
		free[s] = []simulate.Budget{}
	}
	var err error
	b.sim, err = simulate.Serve(ctx, simulate.New(simulate.Options{
		Seed: 1, Latency: b.latency, Budgets: free, LaxTokens: true, Gzip: true,
	}), simulate.Listen{})
	if err != nil {
		return fmt.Errorf("starting the simulated services: %w", err)
	}
	b.env = append(os.Environ(), "COLLECTOR_STORE=sqlite:"+filepath.Join(b.dir, "bench.db"),
		"COLLECTOR_GITHUB_URL="+b.sim.URLs[simulate.GitHub], "COLLECTOR_BLUESKY_URL="+b.sim.URLs[simulate.Bluesky],
		"COLLECTOR_ALLOW_PRIVATE=127.0.0.1", "COLLECTOR_LOG_LEVEL=warn", "COLLECTOR_QUIET=true",
		"COLLECTOR_WORKERS="+strconv.Itoa(b.workers))
	var lines bytes.Buffer
	for i := range b.networks {
		account, err := b.sim.AddAccount(simulate.Spec{Service: b.services[i%len(b.services)], Name: fmt.Sprintf("person%d", i), Likes: b.likes})
		if err != nil {
			return fmt.Errorf("adding an account: %w", err)
		}
		b.accounts = append(b.accounts, account)
		line := map[string]string{"service": account.Service, "token": account.Tokens[0]}
		if account.Service == simulate.Mastodon {
			line["server"] = b.sim.URLs[simulate.Mastodon]
		}
		if err := json.NewEncoder(&lines).Encode(line); err != nil {
			return err
		}
	}
	_, err = b.output(ctx, &lines, "accounts", "import", "-")
	return err
}

func (b *rig) close() error {
	if b.sim != nil {
		b.sim.Close()
	}
	return os.RemoveAll(b.dir)
}

func (b *rig) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

// output runs a command to its end and returns what it printed.
func (b *rig) output(ctx context.Context, in *bytes.Buffer, args ...string) ([]byte, error) {
	var out, talk bytes.Buffer
	cmd := b.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &talk
	if in != nil {
		cmd.Stdin = in
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("collector %v: %w\n%s", args, err, &talk)
	}
	return out.Bytes(), nil
}

// status is what the program says of itself.
type status struct {
	Networks []struct {
		Mode  string
		Items int
		Bare  int `json:"detailsMissing"`
	}
	Summary struct{ Items, Failing, NeedsYou int }
}

func (b *rig) status(ctx context.Context) (status, error) {
	var st status
	out, err := b.output(ctx, nil, "status", "--json")
	if err == nil {
		err = json.Unmarshal(out, &st)
	}
	return st, err
}

// backfill runs the daemon until it has every like with its details.
func (b *rig) backfill(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var talk bytes.Buffer
	daemon := b.command(ctx) // both loops: details are filled in by the normal one
	daemon.Stderr = &talk
	start := time.Now()
	if err := daemon.Start(); err != nil {
		return 0, err
	}
	for {
		st, err := b.status(ctx)
		if err != nil {
			return 0, errors.Join(err, daemon.Process.Kill(), daemon.Wait())
		}
		if st.done(b.networks * b.likes) {
			break
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%w with %d items of %d\n%s", ctx.Err(), st.Summary.Items, b.networks*b.likes, &talk)
		case <-time.After(200 * time.Millisecond):
		}
	}
	took := time.Since(start)
	if err := errors.Join(daemon.Process.Signal(syscall.SIGTERM), daemon.Wait()); err != nil {
		return 0, fmt.Errorf("stopping the program: %w\n%s", err, &talk)
	}
	return took, nil
}

func (st status) done(items int) bool {
	for _, n := range st.Networks {
		if n.Mode == "initial" || n.Bare > 0 {
			return false
		}
	}
	return st.Summary.Items == items
}

// poll makes every network due and reads each once.
func (b *rig) poll(ctx context.Context) (time.Duration, error) {
	if _, err := b.output(ctx, nil, "sync", "--all"); err != nil {
		return 0, err
	}
	start := time.Now()
	_, err := b.output(ctx, nil, "--mode=normal", "--once")
	return time.Since(start), err
}

// check says when a figure is worth nothing: calls that should not have been made.
func (b *rig) check() error {
	if v := b.sim.Violations(); len(v) > 0 {
		return fmt.Errorf("%d calls broke a rule of the services, the first: %v", len(v), v[0])
	}
	return nil
}
