// Package headline measures what the program is for: very many lists that are
// due at once, and one long list. Ours is the built program as a process of its
// own, with its real store, leases, ledger and connector; the floor is package
// floor, bare code that does the same work, as a process of its own too. Both
// read the same pages from the same simulated service, a third process.
//
// The product fills its search index with every page. So each line is compared
// twice: with a floor that stores the items alone, and with one that fills the
// same search index row by row.
package headline

import (
	"context"
	"errors"
	"time"

	"collector/bench/figure"
	"collector/bench/process"
)

// Measurements are those of this package, in the order in which they are run.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "floor", What: "what bare code reaches on this machine: a slow floor proves nothing", Do: bare},
		{Name: "headline", What: "3,000 networks due at once, one page of 100 items each", Do: headline},
		{Name: "stars", What: "one user with 20,000 stars, one request after the other", Do: stars},
	}
}

const (
	unsearched = "bare code, items without a search index"
	searched   = "bare code, search index row by row"
)

// original is what the program that this one replaces does on such a machine:
// networks a minute, one after the other.
var original = map[time.Duration]string{
	0:                      "the original 2,611 a minute, 18 ms of CPU each",
	100 * time.Millisecond: "the original 421 a minute, 18 ms of CPU each",
}

// headline runs the pairs, each latency in turn.
func headline(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
	n, flying := 3000, 256
	if r.Short {
		n, flying = 12, 8
	}
	b, err := NewRig(ctx, r, &files{dir: r.Dir}, n, pageSize)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	b.Log("warming up: the service makes its pages")
	if _, err := b.bareRound(ctx, false, flying); err != nil {
		return nil, err
	}
	for _, latency := range []time.Duration{100 * time.Millisecond, 600 * time.Millisecond, 0} {
		fs, err := b.at(ctx, latency, flying)
		if err != nil {
			return nil, err
		}
		figures = append(figures, fs...)
	}
	wide, err := b.wide(ctx)
	return append(figures, wide...), err
}

// round is what the runs of one latency took, one entry a repeat.
type round struct{ ours, bare, search, oursAgain, bareAgain []process.Used }

// at measures one latency: the first reading of all lists, and at 100 ms a
// second one in which everything is known.
func (b *Rig) at(ctx context.Context, latency time.Duration, flying int) ([]figure.Figure, error) {
	if b.Short {
		latency /= 100
	}
	if err := b.Latency(ctx, latency); err != nil {
		return nil, err
	}
	again := latency == 100*time.Millisecond || b.Short && latency == time.Millisecond
	var all round
	for i := range b.Repeats {
		first, err := b.bareRound(ctx, again, flying)
		if err != nil {
			return nil, err
		}
		all.bare = append(all.bare, first[0])
		all.bareAgain = append(all.bareAgain, first[1:]...)
		if latency > 0 {
			used, err := b.once(ctx, b.Floor(flying, "-search"))
			if err != nil {
				return nil, err
			}
			all.search = append(all.search, used)
		}
		mine, err := b.ourRound(ctx, again, flying)
		if err != nil {
			return nil, err
		}
		all.ours = append(all.ours, mine[0])
		all.oursAgain = append(all.oursAgain, mine[1:]...)
		b.Log("%v, pair %d of %d: ours %.2f s, bare %.2f s", latency, i+1, b.Repeats, mine[0].Wall.Seconds(), first[0].Wall.Seconds())
	}
	return b.lines(latency, all), nil
}

// lines turns what was measured at a latency into figures.
func (b *Rig) lines(latency time.Duration, all round) []figure.Figure {
	if b.Short {
		latency *= 100
	}
	n := float64(len(b.accounts))
	name := "headline/" + latency.String() + "/"
	perMinute := figure.Figure{
		Name: name + "rate", Unit: "networks/min", Ours: 60 * n / median(all.ours, Wall), Repeats: b.Repeats, AtLeast: true, Note: original[latency],
	}
	if latency == 0 {
		return []figure.Figure{perMinute}
	}
	out := []figure.Figure{
		b.Pair(name+"wall", "s", Wall, all.ours, all.bare, 1, unsearched, 1.15),
		b.Pair(name+"searchable", "s", Wall, all.ours, all.search, 1, searched, 1),
		b.Pair(name+"cpu", "ms", CPU, all.ours, all.bare, n/1e3, unsearched, 1.3),
		b.Pair(name+"cpu-searchable", "ms", CPU, all.ours, all.search, n/1e3, searched, 1.3),
		{Name: name + "memory", Unit: "MB", Ours: median(all.ours, peak), Limit: 120, Repeats: b.Repeats, Note: "peak"},
		perMinute,
	}
	out[2].Note, out[3].Note = "a network", "a network"
	if len(all.oursAgain) > 0 {
		out = append(out,
			b.Pair(name+"again/wall", "s", Wall, all.oursAgain, all.bareAgain, 1, unsearched, 1.3),
			b.Pair(name+"again/cpu", "ms", CPU, all.oursAgain, all.bareAgain, n/1e3, unsearched, 1.3))
		out[len(out)-2].Note, out[len(out)-1].Note = "all items known", "all items known"
	}
	return out
}

// Pair is a line that compares one number of ours with that of the floor, each
// divided by per.
func (b *Rig) Pair(name, unit string, of func(process.Used) float64, ours, floor []process.Used, per float64, against string, limit float64) figure.Figure {
	return figure.Figure{
		Name: name, Unit: unit, Ours: median(ours, of) / per, Floor: median(floor, of) / per, Against: against, Limit: limit, Repeats: b.Repeats,
	}
}

// Wall is how long a run took, in seconds.
func Wall(u process.Used) float64 { return u.Wall.Seconds() }

// CPU is the CPU time of its programs, in seconds.
func CPU(u process.Used) float64 { return u.CPU.Seconds() }

// ServerCPU is the CPU time of the database server meanwhile, in seconds.
func ServerCPU(u process.Used) float64 { return u.Server.Seconds() }

func peak(u process.Used) float64 { return u.Peak }

func median(all []process.Used, of func(process.Used) float64) float64 {
	values := make([]float64, len(all))
	for i, u := range all {
		values[i] = of(u)
	}
	return figure.Median(values)
}
