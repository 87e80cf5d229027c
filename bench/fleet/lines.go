package fleet

import (
	"fmt"
	"slices"
	"time"

	"collector/bench/figure"
	"collector/limit/limittest"
)

// deadLines tell how the fleet gets over a death: when nothing is polled late any
// more, and how late the latest was.
func (w *world) deadLines(all sight) []figure.Figure {
	var out []figure.Figure
	for _, d := range w.deaths {
		name, limit := "lease", lease+time.Second
		if d.known {
			name, limit = "membership", late
		}
		before, during, after := all.between(d.at-time.Minute, d.at), all.between(d.at, d.at+lease), all.between(d.at+lease+tick, d.at+2*time.Minute)
		note := fmt.Sprintf("%d of %d die; due-lag p99 and longest in the minute before %s, in a lease after %s, then until two minutes after %s",
			d.instances, w.plan.instances, spread(before), spread(during), spread(after))
		over := all.between(d.at, w.length+1).of(func(p poll) bool { return p.late > late && p.at-p.late < d.at+tick })
		recovered := time.Duration(0)
		for _, p := range over.polls {
			recovered = max(recovered, p.at-d.at)
		}
		out = append(out, figure.Figure{
			Name: "fleet/death/" + name, Unit: "s", Ours: recovered.Seconds(), Limit: limit.Seconds(), Repeats: 1,
			Note: "from the death until nothing is polled more than 5 s late; " + note,
		})
	}
	return out
}

func spread(s sight) string {
	return fmt.Sprintf("%.2f and %.1f s", s.at(0.99).Seconds(), s.at(1).Seconds())
}

// hangLine tells how the other services fare while one hangs.
func (w *world) hangLine(all sight) figure.Figure {
	h := w.hangs[0]
	during := all.between(h.at, h.until)
	others := during.of(func(p poll) bool { return w.services[p.service].name != h.service })
	return figure.Figure{
		Name: "fleet/hang/p99", Unit: "s", Ours: others.at(0.99).Seconds(), Limit: late.Seconds(), Repeats: 1,
		Note: fmt.Sprintf("due-lag of the %d polls of other services while %s answers nothing for %v", len(others.polls), h.service, h.until-h.at),
	}
}

// quotaLines tell how much is used of the quotas that are short, by the services'
// count, in windows that began and ended in the quiet time; and how long a poll
// waits for them.
func (w *world) quotaLines(log func(format string, args ...any), quiet sight) []figure.Figure {
	var out []figure.Figure
	for _, s := range w.services {
		mine := quiet.of(func(p poll) bool { return p.service == s.number })
		wait := func(share float64) time.Duration {
			return quantile(mine.polls, share, func(p poll) time.Duration { return p.waited }).Round(time.Millisecond)
		}
		windows, short, least := w.shortage(s)
		log("%s: %d polls, %v after they were planned at the median, %v at p99, %v at most; %d full windows, %d of them short", s.name,
			len(mine.polls), wait(0.5), wait(0.99), wait(1), windows, short)
		if short == 0 {
			continue
		}
		out = append(out, figure.Figure{
			Name: "fleet/quota/" + s.name, Unit: "%", Ours: 100 * least, Limit: 99, AtLeast: true, Repeats: 1,
			Note: fmt.Sprintf("the worst of %d windows in which polls were put off; none refused; a poll comes %v after it was planned at the median, %v at p99", short, wait(0.5), wait(0.99)),
		})
	}
	return out
}

// shortage tells of a service's full windows: how many there were, in how many a
// poll was put off, and the least share that was used of one of those.
func (w *world) shortage(s *service) (windows, short int, least float64) {
	least = 1
	for key, b := range s.budgets {
		for _, one := range w.full(b) {
			windows++
			late := func(t time.Duration) bool { return w.start.Add(t).After(one.Start) && w.start.Add(t).Before(one.End) }
			if slices.ContainsFunc(s.putOff[key], late) {
				short++
				least = min(least, float64(one.Used)/float64(b.N))
			}
		}
	}
	return windows, short, least
}

// full are the windows of a budget that lie in the quiet time.
func (w *world) full(b *limittest.Budget) (out []limittest.Window) {
	for _, one := range b.Windows {
		if !one.Start.Before(w.start.Add(quietFrom)) && !one.End.After(w.start.Add(quietUntil)) {
			out = append(out, one)
		}
	}
	return out
}

// savedLines compare with a poll every 15 minutes.
func (w *world) savedLines(quiet sight) []figure.Figure {
	rival := float64(w.accounts) * float64(quietUntil-quietFrom) / float64(fixed)
	const every = "a poll every 15 minutes"
	spent := quiet.of(func(p poll) bool { return p.spent })
	return []figure.Figure{
		{Name: "fleet/calls/sent", Unit: "calls", Ours: float64(len(quiet.polls)), Floor: rival, Against: every, Limit: 1, Repeats: 1, Note: fmt.Sprintf("in %v of virtual time", quietUntil-quietFrom)},
		{Name: "fleet/calls/spent", Unit: "calls", Ours: float64(len(spent.polls)), Floor: rival, Against: every, Limit: 1, Repeats: 1, Note: "those that count in a quota: a 304 is free where the service says so"},
	}
}
