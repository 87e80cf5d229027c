// Package population invents people and when they like something, for the
// measurements that need many of them.
//
// How often people like something differs between them by a log-normal factor:
// with sigma 2 one in forty likes fifty times as often as the one in the middle.
// They do it in sessions of 1 to 20 likes that follow each other after two
// minutes on average.
package population

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	sigma   = 2.0             // of the log-normal rhythms
	session = 10.5            // mean likes of a session: 1 to 20
	gap     = 2 * time.Minute // mean time between two likes of a session
)

// Middle is how many likes a day the person in the middle makes.
const Middle = 1.0

// Rate is the likes an hour of person i of n, where the one in the middle makes
// median likes a day. Rates are the quantiles of the distribution, not draws from
// it, so that few people stand for many without chance in their tail.
func Rate(i, n int, median float64) float64 {
	return rate(math.Sqrt2*math.Erfinv(2*(float64(i)+0.5)/float64(n)-1), median)
}

// Draw is the likes an hour of somebody.
func Draw(rnd *rand.Rand, median float64) float64 { return rate(rnd.NormFloat64(), median) }

func rate(z, median float64) float64 { return median / 24 * math.Exp(sigma*z) }

// Likes draws when a person of a rate (likes an hour) likes something between two
// times, in order. Sessions are at independent times, since those of somebody who
// likes very much overlap.
func Likes(rate float64, rnd *rand.Rand, from, to time.Duration) []time.Duration {
	var starts []time.Duration
	for t := from; ; {
		t += time.Duration(rnd.ExpFloat64() * session / rate * float64(time.Hour))
		if t >= to || t < from { // an overflow is later than everything
			break
		}
		starts = append(starts, t)
	}
	var out []time.Duration
	for _, t := range starts {
		for range 1 + rnd.IntN(20) {
			if t < to {
				out = append(out, t)
			}
			t += time.Duration(rnd.ExpFloat64() * float64(gap))
		}
	}
	slices.Sort(out)
	return out
}
