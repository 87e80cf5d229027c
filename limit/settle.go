package limit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"collector/connectors"
	"collector/trace"
)

// Settle ends a permit: answer nil gives the call back, unsent. After a
// refusal the block is stored before Settle returns, and until is its end in
// our clock.
func (l *Ledger) Settle(ctx context.Context, p *Permit, answer *Answer) (until time.Time, err error) {
	now := l.now()
	keys := make([]string, len(p.needs))
	for i, n := range p.needs {
		keys[i] = n.Key
		l.met(n.Key, answer, now)
	}
	target := blame(p.needs, answer)
	back := make([]int, len(p.needs)) // calls of the batch in hand that will not be sent
	for i, n := range p.needs {
		if answer == nil || answer.Limited != nil {
			back[i] = l.unsent(n.Key, p.ids[i])
		}
	}
	err = l.store.UpdateQuotas(ctx, keys, func(rows []*Row) error {
		p.left = nil
		for i, n := range p.needs {
			if answer != nil && !answer.Date.IsZero() && !rolls(n.Quota) {
				rows[i].Served = answer.Date.Truncate(time.Millisecond) // also where the server's clock went back
			}
			ahead := l.ahead(rows[i], n, now)
			server := now.Add(ahead)
			rows[i].roll(now, server, n.Quota)
			rows[i].Ahead = l.offset(n.Key).Truncate(time.Millisecond)
			before := rows[i].answeredLeft(n.Quota)
			rows[i].giveBack(p.ids[i], back[i], p.class)
			rows[i].settle(p.ids[i], n, p.class, answer, server)
			if after := rows[i].answeredLeft(n.Quota); after >= 0 {
				p.left = tighter(p.left, &trace.Quota{Name: n.Quota.Name, Unit: n.Quota.Unit, Before: before, After: after, Of: rows[i].Limit})
			}
			if target[i] {
				asked := *answer.Limited
				if !asked.Until.IsZero() {
					asked.Until = asked.Until.Add(ahead - l.offset(n.Key)) // in the clock of the row
				}
				until = rows[i].block(&asked, server).Add(-ahead)
			}
			if answer != nil && server.After(rows[i].Served) {
				rows[i].Served = server.Truncate(time.Millisecond)
			}
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("settling the quotas %v: %w", keys, err)
	}
	if !until.IsZero() {
		until = now.Add(until.Sub(now)) // so that it also tells by the monotonic clock how long that is
	}
	return until, nil
}

// blame says which quotas a refusal blocks: those that the answer calls used up,
// of them the account's own if there are any; if it calls none so, the account's
// own; else all.
func blame(needs []Need, a *Answer) []bool {
	out := make([]bool, len(needs))
	if a == nil || a.Limited == nil {
		return out
	}
	own := func(n Need) bool { return n.Quota.Scope == connectors.PerAccount }
	usedUp := func(n Need) bool {
		left := a.Usage[n.Quota.Name].Left
		return left != nil && *left <= 0
	}
	for _, guilty := range []func(Need) bool{
		func(n Need) bool { return own(n) && usedUp(n) }, usedUp,
	} {
		for i, n := range needs {
			out[i] = guilty(n)
		}
		if slices.Contains(out, true) {
			return out
		}
	}
	if i := slices.IndexFunc(needs, own); i >= 0 {
		out[i] = true
		return out
	}
	for i := range out {
		out[i] = true
	}
	return out
}

// settle takes one call of a batch out of the outstanding ones and learns from
// its answer.
func (r *Row) settle(id string, n Need, c Class, a *Answer, now time.Time) {
	if a == nil { // nothing was sent
		r.giveBack(id, n.Cost, c)
		if r.Probe == id {
			r.Probe = ""
		}
		return
	}
	u, told := a.Usage[n.Quota.Name]
	cost := n.Cost
	if u.Spent != nil && *u.Spent >= 0 && *u.Spent < cost { // it was less than it might have been
		r.giveBack(id, cost-*u.Spent, c)
		cost = *u.Spent
	}
	if r.answered(id, cost) && rolls(n.Quota) {
		r.spent(cost, c, now, n.Quota)
	}
	if told {
		r.learn(u, now, n.Quota)
	}
	if a.Limited == nil && r.Probe == id {
		r.Probe = ""
		if !a.Failed {
			r.Blocked, r.Because, r.Waits = time.Time{}, "", 0
		}
	}
	if a.Limited == nil && u.Wait > 0 {
		r.block(&Limited{Wait: u.Wait, Reason: "the service asks for a pause"}, now)
	}
}

// answered takes n calls of a batch out of the outstanding ones, and tells
// whether they still were.
func (r *Row) answered(id string, n int) bool {
	at := slices.IndexFunc(r.Lent, func(b Batch) bool { return b.ID == id })
	if at < 0 || n == 0 {
		return false
	}
	r.Out = max(0, r.Out-n)
	r.Lent[at].Left -= n
	if r.Lent[at].Left <= 0 {
		r.Lent = slices.Delete(r.Lent, at, at+1)
	}
	return true
}

// giveBack returns n calls of a batch that were not sent.
func (r *Row) giveBack(id string, n int, c Class) {
	if r.answered(id, n) {
		r.Used = max(r.Seen, r.Used-n)
		if r.ByClass != nil {
			r.ByClass[c] = max(0, r.ByClass[c]-n)
		}
	}
}

// block stores until when the service wants no call, and returns it.
func (r *Row) block(a *Limited, now time.Time) time.Time {
	until := now.Add(a.Wait + margin)
	switch {
	case a.UsedUp && r.End.After(now):
		until, r.Because = r.End.Add(margin), a.Reason
	case a.Unreadable, a.Wait < 0, a.Wait > maxWait, a.Until.Sub(now) > maxWait:
		until = now.Add(doubled(15*time.Minute, r.Waits) + margin)
		r.Waits++
		r.Because = a.Reason + "; the time it gave to wait cannot be used"
	case !a.Until.IsZero() && a.Until.Add(margin).After(until):
		until = a.Until.Add(margin)
		r.Because = a.Reason
	case a.Wait > 0 || !a.Until.IsZero():
		r.Because = a.Reason
	default:
		until = now.Add(doubled(time.Minute, r.Waits) + margin)
		r.Waits++
		r.Because = a.Reason + "; it gave no time to wait"
	}
	if until.After(r.Blocked) || r.Blocked.Sub(now) > maxWait {
		r.Blocked = until
	}
	r.Probe, r.ProbeBy = "", time.Time{}
	return r.Blocked
}

// doubled is base, doubled n times, at most a day.
func doubled(base time.Duration, n int) time.Duration {
	return min(24*time.Hour, base<<min(n, 12))
}
