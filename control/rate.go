package control

import (
	"maps"
	"slices"
	"sync"
	"time"

	"collector/queue"
)

// What is remembered of the counts of queues, in memory alone: about every 10 s, for 5 minutes.
const (
	rateSpan = 5 * time.Minute
	rateStep = 10 * time.Second
)

// Rates tells how many jobs of a queue end in a minute, done or failed for good, by all
// processes together: the stores count them, and this process remembers what they had counted
// when it looked. So the first look tells nothing. Its methods may be called at once; the zero
// value has not looked yet, and nil remembers nothing.
type Rates struct {
	mu   sync.Mutex
	seen []counted // by time
}

// counted is how many jobs had ended at a time.
type counted struct {
	at    time.Time
	ended map[string]int64 // by queue
}

// Rate is how many jobs ended within a time that has passed.
type Rate struct {
	Ended int64
	Over  time.Duration
}

// PerMinute is the rate; 0 of no time.
func (r Rate) PerMinute() float64 {
	if r.Over <= 0 {
		return 0
	}
	return float64(r.Ended) / r.Over.Minutes()
}

// Look remembers the counts of now and returns the rates of the queues: over 5 minutes, or as
// far back as was looked, be it longer. There are none within 10 s of the first look, and none
// of a queue whose counts went back.
func (r *Rates) Look(stats []queue.Stats, now time.Time) map[string]Rate {
	if r == nil {
		return nil
	}
	ended := map[string]int64{}
	for _, s := range stats {
		ended[s.Queue] += s.Completed + s.Buried
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = slices.DeleteFunc(r.seen, func(c counted) bool { return c.at.After(now) }) // of a clock that was ahead
	out := map[string]Rate{}
	for name, n := range ended {
		if base := r.base(name, now); base != nil && n >= base.ended[name] {
			out[name] = Rate{n - base.ended[name], now.Sub(base.at)}
		}
	}
	if n := len(r.seen); n == 0 || now.Sub(r.seen[n-1].at) >= rateStep {
		r.seen = append(r.seen, counted{now, maps.Clone(ended)})
	}
	for len(r.seen) > 1 && now.Sub(r.seen[1].at) >= rateSpan { // the one that is left reaches back so far
		r.seen = r.seen[1:]
	}
	return out
}

// base is what the rate of a queue begins with: the newest look that is 5 minutes old, else the
// oldest one, of those that saw the queue; nil: there is none that is old enough.
func (r *Rates) base(queue string, now time.Time) (base *counted) {
	for i := range r.seen {
		one := &r.seen[i]
		age := now.Sub(one.at)
		if _, saw := one.ended[queue]; saw && age >= rateStep && (base == nil || age >= rateSpan) {
			base = one
		}
	}
	return base
}
