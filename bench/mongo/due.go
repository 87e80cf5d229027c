package mongo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"collector/bench/figure"
	"collector/cluster/etcd/etcdtest"
)

// soon is how late what is due may be begun, and lease how long a network stays with
// an instance that does not answer: the default.
const (
	soon  = 5 * time.Second
	lease = 30 * time.Second
	ttl   = 2 * time.Second // of a registration: what an operator sets who wants a death to be seen at once
)

// due measures how late networks are begun that fall due all the time, while one of
// the instances that serve them is killed and, later, another one arrives: by claims
// alone, and in a cluster.
func due(ctx context.Context, r figure.Run, s *server) ([]figure.Figure, error) {
	alone, err := dueRun(ctx, r, s, "mongo/due/claims", "", lease)
	if err != nil {
		return nil, err
	}
	if _, err := etcdtest.Program(); err != nil {
		return alone, fmt.Errorf("%w: mongo/due/etcd: %w", figure.ErrLeftOut, err)
	}
	etcd, err := etcdtest.Open(ctx, filepath.Join(r.Dir, "etcd"))
	if etcd != nil {
		defer etcd.Kill()
	}
	if err != nil {
		return alone, err
	}
	together, err := dueRun(ctx, r, s, "mongo/due/etcd", "etcd://"+etcd.Endpoint+"/due", ttl)
	return append(alone, together...), err
}

// dueRun measures it once. seen is after how long at most the others know of a death.
func dueRun(ctx context.Context, r figure.Run, s *server, name, cluster string, seen time.Duration) (figures []figure.Figure, err error) {
	f := fleet{Run: r, instances: 4, networks: 600, every: 20 * time.Second, lease: lease, calm: 30 * time.Second}
	if r.Short {
		f.networks, f.every, f.lease, f.calm = 40, 4*time.Second, 3*time.Second, 3*time.Second
		seen = min(seen, f.lease)
	}
	if err := f.settle(ctx, s, name, cluster); err != nil {
		return nil, errors.Join(err, f.end())
	}
	defer func() { err = errors.Join(err, f.end()) }()
	before, err := f.watch(ctx, f.calm)
	if err != nil {
		return nil, err
	}
	held, err := f.kill(ctx)
	if err != nil {
		return nil, err
	}
	death, err := f.watch(ctx, seen+f.calm/2)
	if err != nil {
		return nil, err
	}
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	arrival, err := f.watch(ctx, f.calm)
	if err != nil {
		return nil, err
	}
	r.Log("%s: p99 of each second before:%v; from the death on:%v; from the arrival on:%v", name, before, death, arrival)
	within := (seen + time.Second).Seconds()
	line := func(part string, value, limit float64, note string) figure.Figure {
		return figure.Figure{Name: name + part, Unit: "s", Ours: value, Limit: limit, Repeats: 1, Note: note}
	}
	return []figure.Figure{
		line("/before", before.worst(), soon.Seconds(), fmt.Sprintf("worst second's p99 of the lag of what began or waits; %d networks, one poll each %v, %d instances", f.networks, f.every, f.instances)),
		line("/death/worst", death.worst(), 0, fmt.Sprintf("one is killed -9 with %d networks in hand", held)),
		line("/death/back", death.back(), within, fmt.Sprintf("from the death until p99 is back below %v for good; others know of it within %v", soon, seen)),
		line("/arrival/back", arrival.back(), within, fmt.Sprintf("from the arrival of another one, likewise; worst %.1f s", arrival.worst())),
	}, nil
}

// lags are the 99th percentiles of seconds that follow each other, in seconds.
type lags []float64

func (l lags) worst() (worst float64) {
	for _, v := range l {
		worst = max(worst, v)
	}
	return worst
}

// back is after how many seconds they stay below what counts as soon.
func (l lags) back() (after float64) {
	for i, v := range l {
		if v >= soon.Seconds() {
			after = float64(i + 1)
		}
	}
	return after
}

func (l lags) String() string {
	var out string
	for _, v := range l {
		out += fmt.Sprintf(" %.1f", v)
	}
	return out
}
