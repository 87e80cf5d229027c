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
)

// Measurements are those of this package.
func Measurements() []figure.Measurement {
	return []figure.Measurement{
		{Name: "networks", What: "a million networks: claims, an idle daemon, the status", Do: networks},
		{Name: "search", What: "searches in a library of 100,000 and of 1,000,000 items, and the start on it", Do: searching},
	}
}

// sizes are how large the stores are.
type sizes struct {
	few, many int           // networks; as many as few are due in the large store
	items     []int         // of the library
	claims    int           // of each store
	idle      time.Duration // over which an idle daemon is watched
}

func sizesOf(r figure.Run) sizes {
	if r.Short {
		return sizes{few: 300, many: 2000, items: []int{1500, 3000}, claims: 2, idle: 300 * time.Millisecond}
	}
	return sizes{few: 10_000, many: 1_000_000, items: []int{100_000, 1_000_000}, claims: 40, idle: 30 * time.Second}
}

func networks(ctx context.Context, r figure.Run) ([]figure.Figure, error) {
	size := sizesOf(r)
	p, err := newPrograms(ctx, r, "./cmd/collector")
	if err != nil {
		return nil, err
	}
	began := time.Now()
	idle := p.file("idle")
	if err := buildNetworks(ctx, idle, size.many); err != nil {
		return nil, err
	}
	r.Log("%d networks were written in %.1f s", size.many, time.Since(began).Seconds())
	status, err := p.status(ctx, idle, size.many)
	if err != nil {
		return nil, err
	}
	rest, err := p.idle(ctx, idle, size.idle)
	if err != nil {
		return nil, err
	}
	claims, err := claims(ctx, r, size, p.file)
	return slices.Concat(claims, rest, status), err
}

func searching(ctx context.Context, r figure.Run) (figures []figure.Figure, err error) {
	size := sizesOf(r)
	p, err := newPrograms(ctx, r, "./cmd/collector", "./bench/service")
	if err != nil {
		return nil, err
	}
	most := size.items[len(size.items)-1]
	lib, err := openLibrary(ctx, p.file("library"), r, most)
	if err != nil {
		return nil, err
	}
	for i, n := range size.items {
		began := time.Now()
		if err := lib.fill(ctx, n, most); err != nil {
			return nil, errors.Join(err, lib.Close())
		}
		r.Log("%d items were committed, now there are %d: %.1f s", n-append([]int{0}, size.items...)[i], n, time.Since(began).Seconds())
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
