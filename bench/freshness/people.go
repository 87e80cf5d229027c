package freshness

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	sigma   = 2.0                 // of the log-normal rhythms
	middle  = 1.0                 // likes a day of the person in the middle
	session = 10.5                // mean likes of a session: 1 to 20
	gap     = 2 * time.Minute     // mean time between two likes of a session
	before  = 60 * 24 * time.Hour // history that a backfill finds
	during  = 30 * 24 * time.Hour // of polling
)

// person is one list and when something was added to it.
type person struct {
	rate  float64         // true likes an hour
	likes []time.Duration // in order; 0 is when the polling begins, history is negative
}

// people returns n persons. Their rates are the quantiles of the distribution,
// not draws from it, so that few people stand for many without chance in their
// tail; when they like something is drawn.
func people(n int, median float64, seed uint64) []person {
	out := make([]person, n)
	for i := range out {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/float64(n)-1)
		out[i] = person{rate: median / 24 * math.Exp(sigma*z)}
		out[i].likes = likes(out[i].rate, rnd)
	}
	return out
}

// likes draws the sessions of a person: at independent times, since those of
// somebody who likes very much overlap.
func likes(rate float64, rnd *rand.Rand) []time.Duration {
	var starts []time.Duration
	for t := -before; ; {
		t += time.Duration(rnd.ExpFloat64() * session / rate * float64(time.Hour))
		if t >= during || t < -before { // an overflow is later than everything
			break
		}
		starts = append(starts, t)
	}
	var out []time.Duration
	for _, t := range starts {
		for range 1 + rnd.IntN(20) {
			if t < during {
				out = append(out, t)
			}
			t += time.Duration(rnd.ExpFloat64() * float64(gap))
		}
	}
	return sorted(out)
}
