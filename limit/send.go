package limit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"collector/fault"
	"collector/trace"
)

// Send must be called right before the call is sent, after every other wait. It
// waits for the pace and refuses with a *fault.Error of kind RateLimited (Busy)
// when the permit has become void, when someone was refused by the service
// meanwhile, or when what was reserved went to others since this process was taken for
// dead (Forget).
func (p *Permit) Send(ctx context.Context) error {
	l := p.ledger
	for _, n := range p.needs {
		if err := l.pace(ctx, n); err != nil {
			return err
		}
	}
	now := l.now()
	// Both clocks: a machine that slept has an old monotonic reading, one whose
	// clock was set has an odd wall clock.
	if !now.Before(p.void) || !now.Round(0).Before(p.void.Round(0)) {
		return busy(now, "the reservation ran out before the call could be sent")
	}
	for i, n := range p.needs {
		if !shared(n.Quota) && n.Quota.Parallel <= 1 {
			continue // granted alone, just now: nobody else can have been refused since
		}
		rows, err := l.store.Quotas(ctx, n.Key)
		if err != nil {
			return fmt.Errorf("reading the quota %s: %w", n.Key, err)
		}
		at := slices.IndexFunc(rows, func(r Row) bool { return r.Key == n.Key })
		if at < 0 {
			continue
		}
		r := rows[at]
		if id := p.ids[i]; shared(n.Quota) && !slices.ContainsFunc(r.Lent, func(b Batch) bool { return b.ID == id }) {
			return busy(now.Add(time.Second), "the reservation went to others, since this process was not heard of for too long")
		}
		l.adopt(&r)
		if ahead := l.ahead(&r, n, now); r.Blocked.After(now.Add(ahead)) {
			return busy(r.Blocked.Add(-ahead), r.Because)
		}
		if !r.Blocked.IsZero() && r.Probe != p.ids[i] {
			return busy(now.Add(2*time.Second), "waiting for the answer to one call that tests whether the limit is over")
		}
		if shared(n.Quota) && r.overdrawn() {
			return busy(now.Add(time.Second), "the reservation was taken back: less is left than was granted")
		}
	}
	return nil
}

func busy(until time.Time, reason string) *fault.Error {
	return &fault.Error{Kind: fault.RateLimited, Busy: true, Until: until, Reason: reason, Whose: "nobody: the service's quota"}
}

// pace waits for the turn of a call; a wait above maxPace is a refusal.
func (l *Ledger) pace(ctx context.Context, n Need) error {
	if n.Quota.Rate <= 0 {
		return nil
	}
	l.mu.Lock()
	if len(l.pacers) > 10_000 { // idle pacers are full again: making them anew changes nothing
		l.pacers = map[string]*rate.Limiter{}
	}
	limiter := l.pacers[n.Key]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(n.Quota.Rate), max(1, n.Quota.Burst))
		l.pacers[n.Key] = limiter
	}
	l.mu.Unlock()
	turn := limiter.Reserve()
	wait := turn.Delay()
	if wait <= 0 {
		return nil
	}
	if wait > maxPace {
		turn.Cancel()
		return busy(l.now().Add(wait), fmt.Sprintf("many calls wait for the pace of %g a second", n.Quota.Rate))
	}
	begun := l.now()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		trace.Of(ctx).Note(begun, trace.Step{Kind: trace.Paced, Took: l.now().Sub(begun), Rate: n.Quota.Rate})
		return nil
	case <-ctx.Done():
		turn.Cancel()
		return fmt.Errorf("waiting for the pace: %w", context.Cause(ctx))
	}
}
