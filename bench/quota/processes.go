package quota

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
	"collector/simulate"
	"collector/store"
)

// Place is a store that processes share.
type Place struct {
	Name    string // first part of the figures' names
	Address string
	Hasty   string // address at which every second of some processes gives a call up sooner; "" for all the same
	Open    func(context.Context) (store.Store, error)
}

// crowd is processes that spend one quota together.
type crowd struct {
	figure.Run
	sim     *simulate.Sim
	store   store.Store
	start   func(name, forget string) (*spender, error)
	members []*spender
	limit   int
	per     time.Duration
	busy    time.Duration // how long a window's calls take, as fast as the service answers
	done    done
}

// done is what processes did that have ended.
type done struct {
	calls  int // that the service answered
	barred int // times that the ledger gave nothing
	failed int // times that the store could not be had
}

// spender is one of them.
type spender struct {
	name string
	cmd  *exec.Cmd
	end  io.Closer
	talk bytes.Buffer
	told bytes.Buffer // what it did, once it has ended
}

const (
	crowdSize    = 4
	crowdWorkers = 64
	hourly       = 5000
	crowdKey     = "github/core/octocat" // of the windows that the service counts
)

// Crowd measures four processes of 64 workers each, which two services of one
// account make call, with nothing but a quota of 5,000 calls a window to limit them:
// undisturbed, with one killed and one paused while they hold reservations, and with
// a stranger who spends from the same quota. It is of the ledger alone, over an
// hour that is compressed to seconds.
func Crowd(ctx context.Context, r figure.Run, in Place) ([]figure.Figure, error) {
	calm, err := crowdRun(ctx, r, in, 0)
	if err != nil {
		return nil, err
	}
	in.Name += "/stranger"
	strange, err := crowdRun(ctx, r, in, 1)
	return append(calm, strange...), err
}

// crowdRun runs until all windows are over. strangers is which share of the quota
// somebody else spends, a tenth each.
func crowdRun(ctx context.Context, r figure.Run, in Place, strangers int) (figures []figure.Figure, err error) {
	c := &crowd{Run: r, limit: hourly, per: 30 * time.Second, busy: 15 * time.Second}
	windows := 6
	if r.Short {
		c.limit, c.per, c.busy, windows = 1000, 6*time.Second, 3*time.Second, 4
	}
	if strangers > 0 {
		windows = 4
	}
	end, err := c.begin(ctx, in, fmt.Sprint(strangers), strangers)
	defer func() { err = errors.Join(err, end()) }()
	if err != nil {
		return nil, err
	}
	marks, err := c.watch(ctx, windows, strangers == 0)
	if err != nil {
		return nil, err
	}
	return c.judge(in.Name, windows, marks, strangers > 0)
}

// begin starts the service and the processes, whose names begin with name. end ends what
// was started, also after an error.
func (c *crowd) begin(ctx context.Context, in Place, name string, strangers int) (end func() error, err error) {
	var ends []func() error
	end = func() error {
		var errs []error
		for _, one := range slices.Backward(ends) {
			errs = append(errs, one())
		}
		return errors.Join(errs...)
	}
	latency := crowdSize * crowdWorkers * c.busy / time.Duration(c.limit)
	c.sim = simulate.New(simulate.Options{
		Seed: c.Seed, Latency: latency, Brief: true, KeepRequests: 1, Parallel: map[string]int{simulate.GitHub: 1 << 20},
		Budgets: map[string][]simulate.Budget{simulate.GitHub: {{Name: "core", Limit: c.limit, Per: c.per}}},
	})
	served, err := simulate.Serve(ctx, c.sim, simulate.Listen{})
	if err != nil {
		return end, err
	}
	ends = append(ends, func() error { served.Close(); return nil })
	a, err := served.AddAccount(simulate.Spec{
		Service: simulate.GitHub, Name: "octocat", Likes: 1, Stranger: float64(strangers) * float64(c.limit) / 10 * float64(time.Hour) / float64(c.per),
	})
	if err != nil {
		return end, err
	}
	if c.store, err = in.Open(ctx); err != nil {
		return end, err
	}
	ends = append(ends, c.store.Close)
	program, err := process.Build(ctx, c.Root, c.Dir, "./bench/quota/worker")
	if err != nil {
		return end, err
	}
	c.start = func(name, forget string) (*spender, error) {
		address := in.Address
		if in.Hasty != "" && len(c.members)%2 == 1 {
			address = in.Hasty
		}
		s := &spender{name: name, cmd: exec.CommandContext(ctx, program, "-store", address, "-url", served.URLs[simulate.GitHub], "-token", a.Tokens[0],
			"-process", name, "-forget", forget, "-workers", strconv.Itoa(crowdWorkers), "-guess", strconv.Itoa(c.limit), "-per", c.per.String())}
		s.cmd.Stdout, s.cmd.Stderr = &s.told, &s.talk
		in, err := s.cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		s.end = in
		return s, s.cmd.Start()
	}
	ends = append(ends, c.leave)
	for i := range crowdSize {
		if err := c.join(fmt.Sprintf("%s-%d", name, i), ""); err != nil {
			return end, err
		}
	}
	return end, nil
}

func (c *crowd) join(name, forget string) error {
	s, err := c.start(name, forget)
	if err != nil {
		return fmt.Errorf("starting a process: %w", err)
	}
	c.members = append(c.members, s)
	return nil
}

// leave ends all processes.
func (c *crowd) leave() error {
	var errs []error
	for _, s := range c.members {
		errs = append(errs, s.end.Close())
		if err := s.cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("a process ended badly: %w: %s", err, strings.TrimSpace(s.talk.String())))
			continue
		}
		var d done
		if _, err := fmt.Fscan(&s.told, &d.calls, &d.barred, &d.failed); err != nil {
			errs = append(errs, fmt.Errorf("reading what a process did: %w", err))
		}
		c.done.calls, c.done.barred, c.done.failed = c.done.calls+d.calls, c.done.barred+d.barred, c.done.failed+d.failed
	}
	c.members = nil
	return errors.Join(errs...)
}

// held is how many calls a process has reserved and not made, by the ledger.
func (c *crowd) held(ctx context.Context, s *spender) (n int, err error) {
	rows, err := c.store.Quotas(ctx, "github/core/app")
	for _, r := range rows {
		for _, b := range r.Lent {
			if b.Proc == s.name {
				n += b.Left
			}
		}
	}
	return n, err
}

// marks are when processes were disturbed.
type marks struct {
	killed, paused, resumed time.Time
	held                    [2]int // calls that the killed and the paused process had reserved
}

// watch waits for the windows to pass. Where it disturbs, one process is killed in
// the last but two while it holds a reservation and replaced by another one that is told so, and one is
// paused in the next until what it held has run out.
func (c *crowd) watch(ctx context.Context, windows int, disturb bool) (m marks, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Duration(windows+3) * 2 * c.per)
	for {
		select {
		case <-ctx.Done():
			return m, context.Cause(ctx)
		case <-late:
			return m, fmt.Errorf("%d windows were not spent in twice their time: %s", windows, c.talk())
		case <-tick.C:
		}
		w := c.sim.Windows(crowdKey)
		if len(w) > windows {
			return m, nil
		}
		if !m.paused.IsZero() && m.resumed.IsZero() && c.sim.Now().Sub(m.paused) > c.per/4 { // a reservation lives an eighth
			m.resumed = c.sim.Now()
			if err := resume(c.members[0].cmd.Process); err != nil {
				return m, fmt.Errorf("waking a process: %w", err)
			}
		}
		if !disturb || len(w) == 0 || w[len(w)-1].Used < c.limit/4 || w[len(w)-1].Used > 3*c.limit/4 {
			continue
		}
		switch {
		case len(w) == windows-2 && m.killed.IsZero():
			if m.held[0], err = c.held(ctx, c.members[0]); err != nil || m.held[0] == 0 {
				break
			}
			err = c.members[0].cmd.Process.Kill()
			_ = c.members[0].cmd.Wait() // it was killed
			dead := c.members[0].name
			c.members, m.killed = c.members[1:], c.sim.Now()
			err = errors.Join(err, c.join("late", dead))
		case len(w) == windows-1 && m.paused.IsZero():
			if m.held[1], err = c.held(ctx, c.members[0]); err != nil || m.held[1] == 0 {
				break
			}
			m.paused = c.sim.Now()
			err = pause(c.members[0].cmd.Process)
		}
		if err != nil {
			return m, fmt.Errorf("disturbing a process: %w", err)
		}
	}
}

// talk is what the processes complained of.
func (c *crowd) talk() string {
	var out []string
	for _, s := range c.members {
		out = append(out, s.name+": "+strings.TrimSpace(s.talk.String()))
	}
	return strings.Join(out, "; ")
}

// judge reads the service's count of all full windows: those after the first and
// before the last.
func (c *crowd) judge(name string, windows int, m marks, strangers bool) ([]figure.Figure, error) {
	whole, killed, paused, refused := c.limit, c.limit, c.limit, 0
	for _, w := range c.sim.Windows(crowdKey)[1:windows] {
		c.Log("a window of %d: %d used, %d of them by a stranger, %d refused", w.Limit, w.Used, w.Stranger, w.Refused)
		in := func(t time.Time) bool { return !t.Before(w.Start) && t.Before(w.End) }
		switch {
		case in(m.killed):
			killed = min(killed, w.Used)
		case in(m.paused) || in(m.resumed):
			paused = min(paused, w.Used)
		default:
			whole = min(whole, w.Used)
		}
		refused = max(refused, w.Refused)
	}
	if refused > 0 && !strangers {
		return nil, fmt.Errorf("%d calls over the quota in a window", refused)
	}
	line := func(part string, used int, note string) figure.Figure {
		return figure.Figure{
			Name: name + part, Unit: "%", Ours: 100 * float64(used) / float64(c.limit), Limit: 99, AtLeast: true, Repeats: 1,
			Note: fmt.Sprintf("the worst window, by the service's count; %d calls in %v, %d processes of %d workers, two services; %s", c.limit, c.per, crowdSize, crowdWorkers, note),
		}
	}
	if strangers {
		return []figure.Figure{
			line("/used", whole, "a stranger spends a tenth"),
			{Name: name + "/refused", Unit: "calls", Ours: float64(refused), Limit: 1, Repeats: 1, Note: "the most in a window, of one credential"},
		}, nil
	}
	if m.killed.IsZero() || m.resumed.IsZero() {
		return nil, errors.New("nobody was killed or paused while it held a reservation: the run proves too little")
	}
	return []figure.Figure{
		line("/four", whole, "none refused"),
		line("/one killed", killed, fmt.Sprintf("one is killed -9 holding %d calls and replaced; none refused", m.held[0])),
		line("/one paused", paused, fmt.Sprintf("one is paused past its reservation, holding %d calls; none refused", m.held[1])),
	}, nil
}
