package main

import (
	"fmt"
	"slices"
	"time"

	"collector/connectors"
	"collector/limit"
	"collector/state"
)

// tightest returns the quota of a network of which the least is left; nil where
// nothing is known of any yet.
func tightest(in connectors.Info, n state.Network, rows map[string]limit.Row, now time.Time) *quotaView {
	var out *quotaView
	for _, q := range in.Quotas {
		r, ok := rows[quotaKey(in, q, n)]
		if !ok {
			continue
		}
		v := quotaOf(q, r, now)
		if out == nil || v.Left*max(out.Limit, 1) < out.Left*max(v.Limit, 1) {
			out = &v
		}
	}
	return out
}

// quotaOf reads one row of the ledger as of now.
func quotaOf(q connectors.Quota, r limit.Row, now time.Time) quotaView {
	v := quotaView{Name: q.Name, Limit: r.Limit, Unit: q.Unit, Left: max(r.Limit-r.Used, 0)}
	if r.End.After(now) {
		v.Resets = stamp(r.End)
	} else {
		v.Left = r.Limit // the window has ended
	}
	if r.Blocked.After(now) {
		v.Left, v.Blocked, v.Because = 0, stamp(r.Blocked), r.Because
	}
	return v
}

// progressOf describes a backfill or sweep under way, nil when there is none.
func progressOf(n state.Network, q *quotaView, now time.Time) *progressView {
	w := n.Walk
	if w == nil || w.Kind == "poll" {
		w = n.Sweep
	}
	if w == nil {
		return nil
	}
	v := &progressView{Kind: w.Kind, Pages: w.Pages, Of: w.Of, Items: w.Items, Oldest: stamp(w.Oldest)}
	if left, ok := eta(*w, q, now); ok {
		s := int(left.Round(time.Second).Seconds())
		v.ETA = &s
	}
	v.Stalled = holdUp(n, *w, q, now)
	return v
}

// eta is how long a walk of known length will go on: pages left times the median
// of the last intervals between pages, and the waits for new quota windows where
// more pages are left than calls.
func eta(w state.Walk, q *quotaView, now time.Time) (time.Duration, bool) {
	left := w.Of - w.Pages
	if w.Of <= 0 || len(w.Paces) == 0 || left < 0 {
		return 0, false
	}
	d := time.Duration(left) * median(w.Paces)
	if q == nil || q.Limit <= 0 || left <= q.Left {
		return d, true
	}
	if q.Resets == nil && q.Blocked == nil {
		return 0, false
	}
	reset := q.Resets
	if reset == nil || q.Blocked != nil && q.Blocked.After(*reset) {
		reset = q.Blocked
	}
	windows := (left - q.Left + q.Limit - 1) / q.Limit
	return d + time.Duration(windows)*max(reset.Sub(now), 0), true
}

// median of milliseconds.
func median(ms []int) time.Duration {
	s := slices.Sorted(slices.Values(ms))
	mid := len(s) / 2
	if len(s)%2 == 0 {
		return time.Duration(s[mid-1]+s[mid]) * time.Millisecond / 2
	}
	return time.Duration(s[mid]) * time.Millisecond
}

// holdUp says why a walk has read no page for more than three times as long as
// usual; "" when it has not.
func holdUp(n state.Network, w state.Walk, q *quotaView, now time.Time) string {
	if len(w.Paces) == 0 || w.LastPage.IsZero() || now.Sub(w.LastPage) <= 3*median(w.Paces) {
		return ""
	}
	switch {
	case n.Paused:
		return "paused"
	case n.Condition == state.Limited, q != nil && q.Left == 0:
		return "waiting for quota"
	case n.Failures > 0:
		return fmt.Sprintf("waiting for retry %d", n.Failures)
	case n.Owner == "":
		return "waiting for a worker"
	}
	return "waiting for the network"
}

// percent of pages read; below 100 as long as one is missing.
func percent(done, of int) string {
	p := 100 * done / of
	if done < of {
		p = min(p, 99)
	}
	return fmt.Sprintf("%d %%", min(p, 100))
}

// inSentence is a walk in words: "10 of 31 pages, 1,000 items, ETA 00:13" or,
// where the end is unknown, "2,341 items so far, back to 12 Mar 2019".
func (v progressView) inSentence() string {
	s := ""
	switch {
	case v.Of > 0:
		s = fmt.Sprintf("%s: %s of %s pages, %s", v.Kind, count(v.Pages), count(v.Of), many(v.Items, "item", "items"))
	default:
		s = fmt.Sprintf("%s: %s so far", v.Kind, many(v.Items, "item", "items"))
		if v.Oldest != nil {
			s += ", back to " + v.Oldest.Format("2 Jan 2006")
		}
	}
	if v.ETA != nil {
		s += ", ETA " + clock(time.Duration(*v.ETA)*time.Second)
	}
	if v.Stalled != "" {
		s += ", " + v.Stalled
	}
	return s
}
