package scale

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/store"
)

// Programs are what a measurement runs.
type Programs struct {
	figure.Run
	path []string // in the order asked for
}

// NewPrograms builds them, the product first.
func NewPrograms(ctx context.Context, r figure.Run, pkgs ...string) (*Programs, error) {
	p := &Programs{Run: r}
	into := filepath.Join(r.Root, "dist", "bench") // kept, so that the next run need not link them again
	if err := os.MkdirAll(into, 0o755); err != nil {
		return nil, fmt.Errorf("making a folder for the programs: %w", err)
	}
	for _, pkg := range pkgs {
		path, err := process.Build(ctx, r.Root, into, pkg)
		if err != nil {
			return nil, err
		}
		p.path = append(p.path, path)
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails: it ends the program where the system has no randomness
	return p, os.WriteFile(p.key(), []byte(base64.StdEncoding.EncodeToString(key)), 0o600)
}

func (p *Programs) key() string { return filepath.Join(p.Dir, "collector.key") }

func (p *Programs) file(name string) string { return filepath.Join(p.Dir, name+".db") }

// command is the product with a store and nothing of the caller's settings.
func (p *Programs) command(ctx context.Context, address string, more []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path[0], args...)
	cmd.Dir = p.Dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "COLLECTOR_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "COLLECTOR_STORE="+address, "COLLECTOR_SECRET_KEY_FILE="+p.key(), "COLLECTOR_LOG_LEVEL=warn")
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

// Place is a store of very many networks.
type Place struct {
	Name    string // of its figures, first part
	Address string
	Open    func(context.Context) (store.Store, error)
	Count   func(context.Context) (networks, items int, err error) // one by one
}

// Status measures the summary of all networks: the program from its start to its
// end, and the part of it that the store answers. The counters must be right.
func (p *Programs) Status(ctx context.Context, of Place, networks int) ([]figure.Figure, error) {
	const times = 10
	var program, asked []float64
	for range times {
		out, used, err := process.Run(p.command(ctx, of.Address, nil, "status"))
		if err != nil {
			return nil, err
		}
		if !strings.Contains(string(out), "networks:") {
			return nil, fmt.Errorf("the status says no summary: %q", out)
		}
		program = append(program, milliseconds(used.Wall))
	}
	st, err := of.Open(ctx)
	if err != nil {
		return nil, err
	}
	var t store.Tally
	for range times {
		start := time.Now()
		if t, err = st.Tally(ctx, start); err != nil {
			return nil, errors.Join(err, st.Close())
		}
		asked = append(asked, milliseconds(time.Since(start)))
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	start := time.Now()
	all, items, err := of.Count(ctx)
	full := milliseconds(time.Since(start))
	if err != nil {
		return nil, err
	}
	if all != networks || t.Networks() != all || t.Items != items {
		return nil, fmt.Errorf("%d networks with %d items are counted as %d with %d", all, items, t.Networks(), t.Items)
	}
	return []figure.Figure{
		{Name: of.Name + "/status", Unit: "ms", Ours: figure.Median(program), Limit: 50, Repeats: times, Note: "collector status, from its start to its end; " + short(networks) + " networks"},
		{Name: of.Name + "/counters", Unit: "ms", Ours: figure.Median(asked), Limit: 50, Repeats: times, Note: fmt.Sprintf("what of it the store answers; a full count takes %.0f ms and gives the same numbers", full)},
	}, nil
}

// fullCount counts the networks that are collected and their items one by one.
func fullCount(ctx context.Context, path string) (networks, items int, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return 0, 0, err
	}
	defer db.Close() // it was only read
	err = db.QueryRowContext(ctx, "SELECT count(*), sum(items) FROM networks WHERE ended = 0").Scan(&networks, &items)
	return networks, items, err
}

// idle watches a daemon that has nothing to do.
func (p *Programs) idle(ctx context.Context, db string, span time.Duration) (figures []figure.Figure, err error) {
	stop, pid, err := p.daemon(ctx, db)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	before, err := process.CPU(pid)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(span):
	}
	after, err := process.CPU(pid)
	share := 100 * (after - before).Seconds() / time.Since(start).Seconds()
	return []figure.Figure{
		{Name: "networks/idle/cpu", Unit: "%", Ours: share, Limit: 0.2, Repeats: 1, Note: fmt.Sprintf("of a core, over %v; the kernel counts in steps of 10 ms", span)},
		{Name: "networks/idle/memory", Unit: "MB", Ours: float64(process.Resident(pid)) / 1e6, Limit: 100, Repeats: 1, Note: "resident, at the end of that"},
	}, err
}

// daemon starts the program without a command and waits until it lives.
func (p *Programs) daemon(ctx context.Context, db string, more ...string) (stop func() error, pid int, err error) {
	cmd := p.command(ctx, "sqlite:"+db, more)
	var talk strings.Builder
	cmd.Stdout, cmd.Stderr = &talk, &talk
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	stop = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("the daemon ended badly: %w: %s", err, talk.String())
		}
		return nil
	}
	if err := until(ctx, db, "SELECT count(*) FROM instances"); err != nil {
		return nil, 0, errors.Join(err, stop())
	}
	return stop, cmd.Process.Pid, nil
}

// until waits until a query gives more than nothing.
func until(ctx context.Context, db, query string) error {
	conn, err := sql.Open("sqlite", "file:"+db+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer conn.Close() // it was only read
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		var n int
		if err := conn.QueryRowContext(ctx, query).Scan(&n); err != nil || n > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("%s: still nothing after two minutes", query)
		case <-tick.C:
		}
	}
}
