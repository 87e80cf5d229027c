package freshness

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"collector/executor"
	"collector/scheduler"
	"collector/state"
)

const (
	floor   = time.Minute
	ceiling = time.Hour
	fixed   = 15 * time.Minute
)

func sorted(d []time.Duration) []time.Duration {
	slices.Sort(d)
	return d
}

// result is what polling a population came to.
type result struct {
	lags  []time.Duration // of each like
	calls int
}

func (r *result) collected(p person, from, to time.Duration) (n int) {
	first, _ := slices.BinarySearch(p.likes, from+1)
	for _, at := range p.likes[first:] {
		if at > to {
			break
		}
		r.lags = append(r.lags, to-at)
		n++
	}
	return n
}

func (r *result) at(share float64) time.Duration {
	return r.lags[min(len(r.lags)-1, int(share*float64(len(r.lags))))]
}

func (r *result) mean() time.Duration {
	sum := 0.0
	for _, l := range r.lags {
		sum += float64(l)
	}
	return time.Duration(sum / float64(len(r.lags)))
}

// evenly polls each person at an interval of their own, from a place in it that
// differs between people.
func evenly(all []person, interval func(person) time.Duration) result {
	var out result
	for i, p := range all {
		every := interval(p)
		phase := time.Duration(math.Mod(float64(i)*math.Phi, 1) * float64(every))
		for from, to := time.Duration(0), phase; to < during; from, to = to, to+every {
			out.calls++
			out.collected(p, from, to)
		}
	}
	sorted(out.lags)
	return out
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// byPolicy polls each person when the scheduler says. daily is the policy's; 0 is
// what the program does.
func byPolicy(ctx context.Context, all []person, daily time.Duration) (result, error) {
	var out result
	policy := scheduler.Policy{PollMin: floor, PollMax: ceiling, Daily: daily, BackoffMin: time.Minute, BackoffMax: 6 * time.Hour}
	for i, p := range all {
		history, _ := slices.BinarySearch(p.likes, 1)
		n := state.Network{ID: fmt.Sprintf("n%d", i), Service: "github", Progress: state.Progress{Mode: state.Normal}}
		backfill := executor.Outcome{Network: n, Kind: "backfill", Pages: 1 + history/100, Ended: true, Polled: true, Read: history}
		if history > 0 {
			backfill.History = -p.likes[0]
		}
		n.Progress = scheduler.Next(start, policy, backfill)
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		for last := time.Duration(0); ; {
			now := n.ScheduledTo.Sub(start)
			if now <= last {
				return out, fmt.Errorf("person %d: polled at %v and again at %v", i, last, now)
			}
			if now >= during {
				break
			}
			out.calls++
			added := out.collected(p, last, now)
			if added > 0 {
				n.LastLikeAt = n.ScheduledTo // as the executor does
			}
			n.Progress = scheduler.Next(n.ScheduledTo, policy, executor.Outcome{
				Network: n, Kind: "poll", Pages: 1, Added: added, Ended: true, Polled: true, Since: n.ScheduledTo.Sub(n.RateAt),
			})
			last = now
		}
	}
	sorted(out.lags)
	return out, nil
}

// optimum is the interval of each person that has the least mean lag for a
// number of calls in all (see the package comment).
func optimum(all []person, calls int) func(person) time.Duration {
	at := func(c float64) func(person) time.Duration {
		return func(p person) time.Duration {
			return min(ceiling, max(floor, time.Duration(c/math.Sqrt(p.rate)*float64(time.Hour))))
		}
	}
	low, high := 1e-9, 1e9
	for range 200 {
		c := math.Sqrt(low * high)
		sum := 0.0
		for _, p := range all {
			sum += float64(during) / float64(at(c)(p))
		}
		if sum > float64(calls) {
			low = c
		} else {
			high = c
		}
	}
	return at(high)
}
