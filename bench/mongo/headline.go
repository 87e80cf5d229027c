package mongo

import (
	"context"
	"errors"
	"time"

	"collector/bench/figure"
	"collector/bench/headline"
	"collector/bench/process"
)

const pageSize = 100

// lists measures the headline over MongoDB: 3,000 networks due at once, and once
// more when every item is known.
func lists(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	n, flying := 3000, 256
	if r.Short {
		n, flying = 12, 8
	}
	b, err := headline.NewRig(ctx, r, &place{server: s}, n, pageSize)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	r.Log("warming up: the service makes its pages")
	if _, err := b.Each(ctx, b.Floor(flying)); err != nil {
		return nil, err
	}
	for _, latency := range []time.Duration{100 * time.Millisecond, 600 * time.Millisecond} {
		name := "mongo/headline/" + latency.String() + "/"
		if r.Short {
			latency /= 100
		}
		if err := b.Latency(ctx, latency); err != nil {
			return nil, err
		}
		var ours, floor, again, upserts []process.Used
		for i := range r.Repeats {
			bare, err := b.Each(ctx, b.Floor(flying), b.Floor(flying, "-upsert"))
			if err != nil {
				return nil, err
			}
			mine, err := b.Each(ctx, b.Ours(flying, 1), b.OursAgain(flying, 1))
			if err != nil {
				return nil, err
			}
			floor, upserts = append(floor, bare[0]), append(upserts, bare[1])
			ours, again = append(ours, mine[0]), append(again, mine[1])
			r.Log("%v, pair %d of %d: ours %.2f s, floor %.2f s; again %.2f s, floor %.2f s", latency, i+1, r.Repeats,
				mine[0].Wall.Seconds(), bare[0].Wall.Seconds(), mine[1].Wall.Seconds(), bare[1].Wall.Seconds())
		}
		figures = append(figures, both(b, name, ours, floor, "bare code, unordered inserts, majority", 1.3, n)...)
		figures = append(figures, both(b, name+"again/", again, upserts, "bare code, bulk upserts, majority", 0.5, n)...)
	}
	return figures, nil
}

// both are the lines of one kind of round: its time, within a limit, and the CPU of
// the programs and of the server.
func both(b *headline.Rig, name string, ours, floor []process.Used, against string, limit float64, n int) []figure.Figure {
	each := float64(n) / 1e3
	out := []figure.Figure{
		b.Pair(name+"wall", "s", headline.Wall, ours, floor, 1, against, limit),
		b.Pair(name+"cpu", "ms", headline.CPU, ours, floor, each, against, 0),
		b.Pair(name+"server-cpu", "ms", headline.ServerCPU, ours, floor, each, against, 0),
	}
	out[1].Note, out[2].Note = "a network, of the program", "a network, of the database server"
	return out
}

// instances compares two with one at 600 ms: where the latency is the limit they do
// twice the work; where the processors and the database are, neither slows the other.
func instances(ctx context.Context, r figure.Run, s *server) (figures []figure.Figure, err error) {
	n, flying, latency := 3000, 64, 600*time.Millisecond
	if r.Short {
		n, flying, latency = 12, 4, 6*time.Millisecond
	}
	for _, of := range []struct {
		name  string
		likes int
		known bool // what is measured is a second round, which brings nothing new
		limit float64
		note  string
	}{
		{"known", 10, true, 1.8, "known; the latency is the limit"},
		{"10-items", 10, false, 1.8, "new; the processors are busy most of the time"},
		{"100-items", 100, false, 1, "new; the processors and the database are the limit"},
	} {
		b, err := headline.NewRig(ctx, r, &place{server: s}, n, of.likes)
		if err != nil {
			return nil, err
		}
		var one, two []float64
		err = b.Latency(ctx, latency)
		for range r.Repeats {
			for into, instances := range map[*[]float64]int{&one: 1, &two: 2} {
				if err != nil {
					break
				}
				var used []process.Used
				todo := []headline.Step{b.Ours(flying, instances)}
				if of.known {
					todo = []headline.Step{b.Ours(flying, 2), b.OursAgain(flying, instances)}
				}
				if used, err = b.Each(ctx, todo...); err == nil {
					took := used[len(used)-1].Wall.Seconds()
					*into = append(*into, 60*float64(n)/took)
					r.Log("%s, instances: %d: %.2f s", of.name, instances, took)
				}
			}
		}
		if err = errors.Join(err, b.Close(), s.client.Database(prepared).Drop(ctx)); err != nil {
			return nil, err
		}
		figures = append(figures, figure.Figure{
			Name: "mongo/instances/" + of.name, Unit: "networks/min", Ours: figure.Median(two), Floor: figure.Median(one), Against: "one instance",
			Limit: of.limit, AtLeast: true, Repeats: r.Repeats, Note: "two instances of 64 in flight; a page of so many items; " + of.note,
		})
	}
	return figures, nil
}
