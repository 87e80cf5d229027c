// Package scale measures what must not grow with the size of a store: a claim, a
// daemon with nothing to do and the summary of a status among a million networks,
// a search among a million items, and the start on a store that holds them.
//
// The networks are written by plain SQL into the product's own schema, since a
// million calls that add one network each would take the time of all the rest.
// The items are committed by the product itself, as pages.
package scale

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/bench/figure"
	"collector/store"
	"collector/store/sqlite"
)

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "networks", What: "a million networks: claims, an idle daemon, the status", Do: networks},
		{Name: "search", What: "searches in a library of 100,000 and of 1,000,000 items, and the start on it", Do: searching},
	}
}

// Sizes are how large the stores are.
type Sizes struct {
	Few, Many int           // networks; as many as Few are due in the large store
	Items     []int         // of the library
	Claims    int           // of each store
	Idle      time.Duration // over which an idle daemon is watched
}

// SizesOf are those of a run.
func SizesOf(r figure.Run) Sizes {
	if r.Short {
		return Sizes{Few: 300, Many: 2000, Items: []int{1500, 3000}, Claims: 2, Idle: 300 * time.Millisecond}
	}
	return Sizes{Few: 10_000, Many: 1_000_000, Items: []int{100_000, 1_000_000}, Claims: 40, Idle: 30 * time.Second}
}

func networks(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	size := SizesOf(r)
	p, err := NewPrograms(ctx, r, "./cmd/collector")
	if err != nil {
		return nil, err
	}
	began := time.Now()
	idle := p.file("idle")
	if err := buildNetworks(ctx, idle, size.Many); err != nil {
		return nil, err
	}
	r.Log("%d networks were written in %.1f s", size.Many, time.Since(began).Seconds())
	status, err := p.Status(ctx, Place{
		Name: "networks", Address: "sqlite:" + idle,
		Open:  func(ctx context.Context) (store.Store, error) { return sqlite.Open(ctx, idle, store.Options{}) },
		Count: func(ctx context.Context) (networks, items int, err error) { return fullCount(ctx, idle) },
	}, size.Many)
	if err != nil {
		return nil, err
	}
	rest, err := p.idle(ctx, idle, size.Idle)
	if err != nil {
		return nil, err
	}
	claims, err := claims(ctx, r, size, p.file)
	return slices.Concat(claims, rest, status), err
}

func searching(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
	size := SizesOf(r)
	p, err := NewPrograms(ctx, r, "./cmd/collector", "./bench/service")
	if err != nil {
		return nil, err
	}
	most := size.Items[len(size.Items)-1]
	lib, err := openLibrary(ctx, p.file("library"), r, most)
	if err != nil {
		return nil, err
	}
	for i, n := range size.Items {
		began := time.Now()
		if err := lib.fill(ctx, n, most); err != nil {
			return nil, errors.Join(err, lib.Close())
		}
		r.Log("%d items were committed, now there are %d: %.1f s", n-append([]int{0}, size.Items...)[i], n, time.Since(began).Seconds())
		fs, err := lib.measure(ctx, r, n)
		if err != nil {
			return nil, errors.Join(err, lib.Close())
		}
		figures = append(figures, fs...)
	}
	if err := errors.Join(lib.settle(ctx), lib.Close()); err != nil {
		return nil, err
	}
	start, err := p.start(ctx, lib.path, most)
	return append(figures, start...), err
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// short writes a number as people do: 10k, 1M.
func short(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
