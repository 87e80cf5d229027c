// Package figure is what a measurement says: how long or how much ours took,
// beside the floor or rival that was measured in the same run.
//
// Machines differ and are noisy, so what is compared, between ours and a target
// and between today and the committed figures, is the ratio of the two. A figure
// without a floor (memory, a share of a quota) is compared by itself.
package figure

import (
	"context"
	"errors"
)

// ErrLeftOut says that something which a measurement needs is not on this machine,
// and how to get it. The others are measured all the same.
var ErrLeftOut = errors.New("left out")

// Figure is one line of the benchmark.
type Figure struct {
	// Name tells it from all others and stays: "headline/stored/100ms/wall".
	Name string `json:"name"`
	// Unit of Ours and Floor: "s", "ms", "MB", "%", "rows/s".
	Unit string `json:"unit"`
	// Ours is the median of the repeats.
	Ours float64 `json:"ours"`
	// Floor is the median of the floor or rival of the same run, 0 where there is
	// none. What it is stands in Against.
	Floor   float64 `json:"floor,omitempty"`
	Against string  `json:"against,omitempty"`
	// Limit is the target: of the ratio where there is a floor, else of Ours. 0 is
	// no target.
	Limit float64 `json:"limit,omitempty"`
	// AtLeast says that more is better: the target is a least value.
	AtLeast bool `json:"atLeast,omitempty"`
	// Repeats is how many pairs were measured.
	Repeats int `json:"repeats"`
	// Note is what a reader must know to understand the line.
	Note string `json:"note,omitempty"`
}

// Value is what is compared: the ratio to the floor, or Ours without one.
func (f Figure) Value() float64 {
	if f.Floor == 0 {
		return f.Ours
	}
	return f.Ours / f.Floor
}

// Reached says whether the target is met; a figure without a target is.
func (f Figure) Reached() bool {
	switch {
	case f.Limit == 0:
		return true
	case f.AtLeast:
		return f.Value() >= f.Limit
	}
	return f.Value() <= f.Limit
}

// Run is what a measurement is given.
type Run struct {
	Root    string // folder of the repository
	Dir     string // an empty folder that is removed afterwards
	Keep    string // a folder for what takes long to make and the next run may use again; "" keeps nothing
	Short   bool   // small amounts, to see that it works; the figures mean nothing
	Repeats int    // pairs of ours and floor, interleaved; at least 1
	Seed    uint64
	// Log writes one line of progress.
	Log func(format string, args ...any)
}

// Measurement measures one thing and returns its lines.
type Measurement struct {
	Name string // first part of its figures' names
	What string // one sentence
	Do   func(context.Context, Run) ([]Figure, error)
}
