package limittest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// Day is many accounts of a service with two processes, in all classes of calls
// at once: each account has a budget of its own that its backfill uses up, and
// all share one of the application that they could use up many times over.
type Day struct {
	Accounts int
	Length   time.Duration
	Seed     uint64
	Stranger bool // somebody else spends from each account's budget
}

// DayResult is what the service counted.
type DayResult struct {
	Calls, Windows int
	Refused, Early int
	Most           int // refused calls in one window of one budget
}

type day struct {
	Day
	clock   *Clock
	rnd     *rand.Rand
	shared  *Budget
	owns    []*Budget
	barred  map[*Budget]time.Time
	ledgers [2]*limit.Ledger
	out     DayResult
	failed  error
}

// Do runs and counts.
func (d Day) Do(ctx context.Context) (DayResult, error) {
	w := &day{
		Day: d, clock: NewClock(time.Date(2026, 3, 1, 11, 7, 13, 0, time.UTC)), rnd: rand.New(rand.NewPCG(d.Seed, 6)),
		shared: &Budget{N: 40 * d.Accounts, Per: time.Hour, Shape: Aligned, Tell: tellAs("App")}, barred: map[*Budget]time.Time{},
	}
	table := &Table{}
	for i := range w.ledgers {
		w.ledgers[i] = limit.New(table, fmt.Sprintf("p%d", i), w.clock.Now)
	}
	for i := range d.Accounts {
		own := &Budget{N: 15, Per: 15 * time.Minute, Shape: FromFirst, Tell: tellAs("Own")}
		w.owns = append(w.owns, own)
		for _, c := range []limit.Class{limit.Poll, limit.Backfill, limit.Sweep} {
			w.after(ctx, w.upTo(5*time.Minute), func() { w.ask(ctx, i, c) })
		}
		if d.Stranger && i%3 == 0 {
			w.after(ctx, w.upTo(5*time.Minute), func() { w.strange(ctx, own) })
		}
	}
	w.clock.Until(w.clock.now.Add(d.Length))
	for _, b := range append(w.owns, w.shared) {
		w.out.Windows += len(b.Windows)
		for _, one := range b.Windows {
			w.out.Refused += one.Refused
			w.out.Most = max(w.out.Most, one.Refused)
		}
	}
	if w.failed == nil {
		w.failed = context.Cause(ctx)
	}
	return w.out, w.failed
}

// tellAs is Epoch under other names.
func tellAs(prefix string) func(http.Header, *Budget, int, time.Time, time.Time) *connectors.Usage {
	return func(h http.Header, b *Budget, left int, end, now time.Time) *connectors.Usage {
		one := http.Header{}
		Epoch(one, b, left, end, now)
		for name, values := range one {
			h[prefix+"-"+name] = values
		}
		return nil
	}
}

func quotaAs(prefix string, scope connectors.Scoping, n int, per time.Duration) connectors.Quota {
	return connectors.Quota{
		Name: prefix, Scope: scope, Unit: "calls", N: n, Per: per,
		Report: connectors.Report{Limit: prefix + "-X-Ratelimit-Limit", Remaining: prefix + "-X-Ratelimit-Remaining", Reset: prefix + "-X-Ratelimit-Reset"},
	}
}

func (w *day) upTo(d time.Duration) time.Duration { return time.Duration(w.rnd.Int64N(int64(d))) }

func (w *day) after(ctx context.Context, d time.Duration, fn func()) {
	w.clock.After(d, func() {
		if w.failed == nil && ctx.Err() == nil {
			fn()
		}
	})
}

// strange is somebody else's program on the same credential.
func (w *day) strange(ctx context.Context, b *Budget) {
	if now := w.clock.now; b.fits(now, 1) {
		b.spend(now, 1, true)
	}
	w.after(ctx, time.Minute+w.upTo(4*time.Minute), func() { w.strange(ctx, b) })
}

// ask makes a call of an account by one of the processes.
func (w *day) ask(ctx context.Context, account int, c limit.Class) {
	again := func(d time.Duration) { w.after(ctx, max(time.Millisecond, d), func() { w.ask(ctx, account, c) }) }
	quotas := []connectors.Quota{quotaAs("App", connectors.PerApp, w.shared.N, w.shared.Per), quotaAs("Own", connectors.PerAccount, 15, 15*time.Minute)}
	var needs []limit.Need
	for _, q := range quotas {
		needs = append(needs, limit.Need{Key: limit.Key("x", q, fmt.Sprint(account)), Quota: q})
	}
	l := w.ledgers[w.rnd.IntN(2)]
	permit, err := l.Take(ctx, needs, c)
	if err == nil {
		if err = permit.Send(ctx); err != nil {
			if _, settleErr := l.Settle(ctx, permit, nil); settleErr != nil {
				w.failed = settleErr
				return
			}
		}
	}
	if err != nil {
		f := fault.As(err)
		if f == nil || f.Kind != fault.RateLimited || !f.Busy {
			w.failed = err
			return
		}
		again(f.Until.Sub(w.clock.now))
		return
	}
	w.after(ctx, 20*time.Millisecond+w.upTo(100*time.Millisecond), func() {
		h, limited := w.serve(w.owns[account])
		w.after(ctx, 20*time.Millisecond+w.upTo(100*time.Millisecond), func() {
			a := limit.Read(h, quotas, w.clock.now)
			a.Limited = limited
			until, err := l.Settle(ctx, permit, a)
			if err != nil {
				w.failed = err
				return
			}
			pause := map[limit.Class]time.Duration{limit.Poll: 5 * time.Minute, limit.Backfill: 0, limit.Sweep: time.Minute}[c]
			again(max(pause, until.Sub(w.clock.now)))
		})
	})
}

// serve counts a call from both budgets, and answers it.
func (w *day) serve(own *Budget) (http.Header, *limit.Limited) {
	now := w.clock.now
	w.out.Calls++
	both := []*Budget{own, w.shared}
	for _, b := range both {
		if now.Before(w.barred[b]) {
			w.out.Early++
		}
	}
	var limited *limit.Limited
	h, _, full := Serve(now, both, []int{1, 1})
	if full != nil {
		w.barred[full] = full.Frees(now)
		limited = &limit.Limited{Until: w.barred[full], Reason: "the service says 429"}
	}
	return h, limited
}
