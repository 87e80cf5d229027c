package freshness

import (
	"math/rand/v2"
	"time"

	"collector/bench/population"
)

const (
	before = 60 * 24 * time.Hour // history that a backfill finds
	during = 30 * 24 * time.Hour // of polling
)

// person is one list and when something was added to it.
type person struct {
	rate  float64         // true likes an hour
	likes []time.Duration // in order; 0 is when the polling begins, history is negative
}

// people returns n persons. When they like something is drawn.
func people(n int, seed uint64) []person {
	out := make([]person, n)
	for i := range out {
		rate := population.Rate(i, n, population.Middle)
		out[i] = person{rate: rate, likes: population.Likes(rate, rand.New(rand.NewPCG(seed, uint64(i))), -before, during)}
	}
	return out
}
