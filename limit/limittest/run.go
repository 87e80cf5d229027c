package limittest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// Run is processes that read a backfill limited only by a quota.
type Run struct {
	Kind     Kind
	Stores   []limit.Store // one for each process: handles of one database
	Skew     time.Duration // the service's clock minus ours
	Seed     uint64
	Windows  int  // full windows that are judged; at least 2
	Kill     bool // a process is killed in the second of them, while it holds a reservation
	Stranger int  // units that somebody else spends of the judged budget in a window, all along
}

// world is a Run in progress.
type world struct {
	Run
	ctx       context.Context
	clock     *Clock
	rnd       *rand.Rand
	budgets   []*Budget
	processes []*process
	began     time.Time // first call, in the service's clock
	barred    time.Time // a refusal said: not before, in the service's clock
	early     int
	killed    time.Time // in the service's clock
	held      int       // units that the killed process had reserved
	failed    error
}

type process struct {
	ledger *limit.Ledger
	name   string
	dead   bool
}

// Do runs and counts.
func (r Run) Do(ctx context.Context) (Result, error) {
	w := &world{
		Run: r, ctx: ctx, rnd: rand.New(rand.NewPCG(r.Seed, 5)),
		clock: NewClock(time.Date(2026, 3, 1, 11, 7, 13, 400_000_000, time.UTC)), // daylight saving begins a week later
	}
	for _, p := range r.Kind.Parts {
		w.budgets = append(w.budgets, p.Budget())
	}
	workers := max(2, 16/len(r.Stores))
	for i, s := range r.Stores {
		p := &process{name: fmt.Sprintf("p%d", i)}
		p.ledger = limit.New(s, p.name, w.clock.Now)
		w.processes = append(w.processes, p)
		for range workers {
			w.after(w.upTo(50*time.Millisecond), func() { w.ask(p) })
		}
	}
	judged := w.judged()
	if r.Stranger > 0 {
		w.after(0, w.strange)
	}
	// One window more at each end is not full; the gaps between windows that
	// begin with a call are theirs too.
	length := judged.Per
	if judged.Shape == UTCMonth {
		length = 31 * 24 * time.Hour
	}
	w.clock.Until(w.clock.now.Add(time.Duration(r.Windows+2)*(length+2*time.Second) - length/10))
	if w.failed == nil && r.Kill && w.killed.IsZero() {
		w.failed = errors.New("nobody was killed: the run proves nothing")
	}
	return w.result(), w.failed
}

func (w *world) judged() *Budget                    { return w.budgets[w.Kind.Judged] }
func (w *world) server() time.Time                  { return w.clock.now.Add(w.Skew) }
func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.rnd.Int64N(int64(d))) }

func (w *world) after(d time.Duration, fn func()) {
	w.clock.After(d, func() {
		if w.failed == nil && w.ctx.Err() == nil {
			fn()
		}
	})
}

func (w *world) fail(err error) {
	if w.failed == nil {
		w.failed = err
	}
}

func (w *world) needs() []limit.Need {
	var out []limit.Need
	for _, p := range w.Kind.Parts {
		out = append(out, limit.Need{Key: limit.Key("x", p.Quota, "me"), Quota: p.Quota, Cost: p.Cost})
	}
	return out
}

// ask is one worker that wants to make a call.
func (w *world) ask(p *process) {
	if p.dead {
		return
	}
	permit, err := p.ledger.Take(w.ctx, w.needs(), limit.Backfill)
	if err != nil {
		w.later(p, err)
		return
	}
	if w.due() {
		w.kill(p)
		return
	}
	if err := permit.Send(w.ctx); err != nil {
		if _, settleErr := p.ledger.Settle(w.ctx, permit, nil); settleErr != nil {
			w.fail(settleErr)
			return
		}
		w.later(p, err)
		return
	}
	there := w.Kind.latency()/4 + w.upTo(w.Kind.latency()/2)
	w.after(there, func() {
		answer := w.serve()
		w.after(w.Kind.latency()/4+w.upTo(w.Kind.latency()/2), func() { w.answered(p, permit, answer) })
	})
}

// later brings a worker back when the refusal says so.
func (w *world) later(p *process, err error) {
	f := fault.As(err)
	if f == nil || f.Kind != fault.RateLimited || !f.Busy || f.Reason == "" {
		w.fail(fmt.Errorf("refused without a time and a reason: %w", err))
		return
	}
	w.after(max(time.Millisecond, f.Until.Sub(w.clock.now)), func() { w.ask(p) })
}

// reply is what the service sends.
type reply struct {
	header  http.Header
	body    []connectors.Usage
	limited *limit.Limited
}

// serve counts a call and answers it.
func (w *world) serve() reply {
	now := w.server()
	if w.began.IsZero() {
		w.began = now
	}
	if now.Before(w.barred) {
		w.early++
	}
	units := make([]int, len(w.budgets))
	for i, p := range w.Kind.Parts {
		units[i] = max(1, p.Cost)
	}
	var r reply
	h, body, full := Serve(now, w.budgets, units)
	r.header = h
	if full != nil {
		w.barred = full.Frees(now)
		r.limited = &limit.Limited{Until: w.barred, Reason: "the service says 429"}
	}
	for i, u := range body {
		if u != nil {
			u.Quota = w.Kind.Parts[i].Quota.Name
			r.body = append(r.body, *u)
		}
	}
	return r
}

// answered settles a call, and lets its worker ask for the next one.
func (w *world) answered(p *process, permit *limit.Permit, r reply) {
	if p.dead {
		return
	}
	var quotas []connectors.Quota
	for _, part := range w.Kind.Parts {
		quotas = append(quotas, part.Quota)
	}
	a := limit.Read(r.header, quotas, w.clock.now)
	a.Told(r.body)
	a.Limited = r.limited
	until, err := p.ledger.Settle(w.ctx, permit, a)
	if err != nil {
		w.fail(err)
		return
	}
	w.after(max(w.upTo(5*time.Millisecond), until.Sub(w.clock.now)), func() { w.ask(p) })
}

// strange spends for somebody else, evenly.
func (w *world) strange() {
	b := w.judged()
	if b.fits(w.server(), 1) {
		b.spend(w.server(), 1, true)
	}
	w.after(b.Per/time.Duration(w.Stranger), w.strange)
}

// due says whether a process is to die now.
func (w *world) due() bool {
	if !w.Kill || !w.killed.IsZero() || w.began.IsZero() {
		return false
	}
	b := w.judged()
	if b.Shape == Rolling {
		return w.server().Sub(w.began) > 2*b.Per+b.Per/100
	}
	return len(b.Windows) == 3 && b.present().Used >= b.N/4
}

// kill ends a process that has just reserved something. The others learn of it
// a second later, as they do by the lock of its file.
func (w *world) kill(p *process) {
	p.dead, w.killed = true, w.server()
	rows, err := w.Stores[0].Quotas(w.ctx, limit.Key("x", w.Kind.Parts[w.Kind.Judged].Quota, "me"))
	if err != nil {
		w.fail(err)
		return
	}
	for _, r := range rows {
		for _, b := range r.Lent {
			if b.Proc == p.name {
				w.held += b.Left
			}
		}
	}
	w.after(time.Second, func() {
		for _, other := range w.processes {
			if other.dead {
				continue
			}
			if err := other.ledger.Forget(w.ctx, []string{p.name}); err != nil {
				w.fail(err)
			}
			return
		}
	})
}
