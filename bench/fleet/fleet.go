package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/bench/figure"
	"collector/scheduler"
)

// fixed is the interval of the rival, for everybody.
const fixed = 15 * time.Minute

// late is how late a due network may be polled.
const late = 5 * time.Second

// Measurements are the lines of the fleet.
func Measurements() []figure.Measurement {
	return []figure.Measurement{{Name: "fleet", What: "a million accounts on 50 instances, simulated: due-lag, deaths, a service that hangs, quotas, calls saved", Do: measure}}
}

// whole is the run that is measured. The longest window of a quota that is short
// takes five minutes, so the quiet time has two of them.
func whole(r figure.Run) plan {
	p := plan{
		accounts: 1_000_000, instances: 50, workers: 64, length: 23 * time.Minute, seed: r.Seed, slots: scheduler.Slots,
		deaths: []death{
			{at: 16 * time.Minute, back: 18 * time.Minute, instances: 5},
			{at: 19 * time.Minute, back: 21 * time.Minute, instances: 5, known: true},
		},
		hangs: []hang{{at: 21 * time.Minute, until: 22 * time.Minute, service: "stars"}},
	}
	if r.Short { // as many polls a worker
		p.accounts, p.instances = 40_000, 10
		p.workers = p.workers * p.accounts / 1_000_000 * 50 / p.instances
		// few are in work, so more of them have to die
		p.deaths[0].instances, p.deaths[1].instances = 7, 7
	}
	return p
}

// quiet is the time in which nothing happens to the fleet.
const (
	quietFrom  = 5 * time.Minute
	quietUntil = 16 * time.Minute
)

func measure(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	return whole(r).lines(ctx, r.Log)
}

// lines runs a plan and says what came of it.
func (p plan) lines(ctx context.Context, log func(format string, args ...any)) ([]figure.Figure, error) {
	w, err := p.run(ctx)
	if err != nil {
		return nil, err
	}
	seen := w.see()
	quiet := seen.between(quietFrom, quietUntil)
	if len(quiet.polls) == 0 {
		return nil, errors.New("nothing was polled")
	}
	log("%d polls in %v; %d runs were put off by a quota", len(w.polls), p.length, w.busy)
	due := func(share float64) figure.Figure {
		return figure.Figure{
			Name: fmt.Sprintf("fleet/due/p%.0f", 100*share), Unit: "s", Ours: quiet.at(share).Seconds(), Limit: late.Seconds(), Repeats: 1,
			Note: fmt.Sprintf("virtual time, %d polls", len(quiet.polls)),
		}
	}
	out := []figure.Figure{due(0.5), due(0.95), due(0.99)}
	out = append(out, w.deadLines(seen)...)
	out = append(out, w.hangLine(seen))
	out = append(out, w.quotaLines(log, quiet)...)
	return append(out, w.savedLines(quiet)...), nil
}

// sight is polls, in the order of their times.
type sight struct{ polls []poll }

// see returns the polls of a run, and those that are overdue at its end as if they
// were polled then.
func (w *world) see() sight {
	polls := slices.Clone(w.polls)
	working := map[*network]bool{}
	for _, i := range w.instances {
		for n := range i.hands {
			working[n] = true
		}
	}
	for i := range w.networks {
		n := &w.networks[i]
		if n.due < w.length && !working[n] {
			polls = append(polls, poll{at: w.length, late: w.length - n.due, waited: w.length - n.pollAt, service: n.service})
		}
	}
	return sight{polls}
}

func (s sight) between(from, until time.Duration) sight {
	first, _ := slices.BinarySearchFunc(s.polls, from, func(p poll, t time.Duration) int { return int(p.at - t) })
	last, _ := slices.BinarySearchFunc(s.polls, until, func(p poll, t time.Duration) int { return int(p.at - t) })
	return sight{s.polls[first:last]}
}

func (s sight) of(want func(poll) bool) sight {
	var out sight
	for _, p := range s.polls {
		if want(p) {
			out.polls = append(out.polls, p)
		}
	}
	return out
}

// at is a quantile of how late they were.
func (s sight) at(share float64) time.Duration {
	return quantile(s.polls, share, func(p poll) time.Duration { return p.late })
}

func quantile(polls []poll, share float64, of func(poll) time.Duration) time.Duration {
	if len(polls) == 0 {
		return 0
	}
	all := make([]time.Duration, len(polls))
	for i, p := range polls {
		all[i] = of(p)
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(share*float64(len(all))))]
}
