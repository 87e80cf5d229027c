package limit

import (
	"slices"
	"time"

	"collector/connectors"
)

// fine is into how many parts the length of a rolling window is divided: calls
// that were answered in the same part are one entry of its log, so that the log
// of a large quota stays short.
const (
	fine = 512
	few  = 64 // the log of so small a quota is exact
)

// reports says that replies tell about a quota.
func reports(q connectors.Quota) bool {
	return q.Report.Remaining != "" || q.Report.Used != "" || q.Report.Body
}

// rolls says that a quota is kept by a log of what was spent when. So are those
// of which nothing is ever told and that no calendar bounds: not more than N in
// any time of length Per is right however the service's windows lie.
func rolls(q connectors.Quota) bool {
	return q.Rolling || !reports(q) && q.Calendar == connectors.NoCalendar
}

// rollLog brings the row of a rolling quota up to now (the clock of the row). Used is what
// the log holds and what is outstanding.
func (r *Row) rollLog(now time.Time, q connectors.Quota) {
	r.Rolling = true
	r.Log = slices.DeleteFunc(r.Log, func(s Spend) bool { return !s.ends(q).After(now) || s.At.Sub(now) > q.Per })
	for c, at := range r.Asked {
		if now.Sub(time.UnixMilli(at)) > q.Per {
			delete(r.Asked, c)
		}
	}
	r.sum()
	r.End = now.Add(q.Per)
	for _, s := range r.Log {
		r.End = earlier(r.End, s.ends(q))
	}
}

// ends is when what was spent counts no more. The margin is for clocks that run
// a little differently.
func (s Spend) ends(q connectors.Quota) time.Time {
	return s.At.Add(q.Per + min(margin, q.Per/1000))
}

func (r *Row) sum() {
	r.Seen, r.ByClass = 0, map[Class]int{}
	for _, s := range r.Log {
		r.Seen += s.N
		r.ByClass[s.Class] += s.N
	}
	for _, b := range r.Lent {
		r.ByClass[b.Class] += b.Left
	}
	r.Used = r.Seen + r.Out
}

// spent writes into the log that n units arrived at the service at the latest at
// a time.
func (r *Row) spent(n int, c Class, at time.Time, q connectors.Quota) {
	if n <= 0 {
		return
	}
	if part := (q.Per / fine).Truncate(time.Millisecond); r.Limit > few && part > 0 {
		at = at.Truncate(part).Add(part)
	}
	i := slices.IndexFunc(r.Log, func(s Spend) bool { return s.Class == c && s.At.Equal(at) })
	if i < 0 {
		r.Log = append(r.Log, Spend{At: at, Class: c})
		i = len(r.Log) - 1
	}
	r.Log[i].N += n
	r.sum()
}

// free is when n units more will fit, if nothing else is spent.
func (r *Row) free(n int, q connectors.Quota) time.Time {
	log := slices.SortedFunc(slices.Values(r.Log), func(a, b Spend) int { return a.At.Compare(b.At) })
	left := r.Limit - r.Used
	for _, s := range log {
		if left += s.N; left >= n {
			return s.ends(q)
		}
	}
	return r.End
}

// learnRolling corrects the log by what an answer says is spent: what is above
// our own, somebody else spent, at the latest now.
func (r *Row) learnRolling(spent int, now time.Time, q connectors.Quota) {
	r.Exact = true
	r.spent(spent-r.Used, "", now, q)
}
