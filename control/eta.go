package control

import (
	"fmt"
	"slices"
	"time"

	"collector/control/words"
	"collector/state"
)

// progressOf describes a backfill or sweep under way, nil when there is none.
func progressOf(n state.Network, q *Quota, now time.Time) *Progress {
	w := n.Walk
	if w == nil || w.Kind == "poll" {
		w = n.Sweep
	}
	if w == nil {
		return nil
	}
	v := &Progress{Kind: w.Kind, Pages: w.Pages, Of: w.Of, Items: w.Items, Oldest: words.Stamp(w.Oldest)}
	if left, ok := ETA(*w, q, now); ok {
		s := int(left.Round(time.Second).Seconds())
		v.ETA = &s
	}
	v.Stalled = holdUp(n, *w, q, now)
	return v
}

// ETA is how long a walk of known length will go on: pages left times the median
// of the last intervals between pages, and the waits for new quota windows where
// more pages are left than calls.
func ETA(w state.Walk, q *Quota, now time.Time) (time.Duration, bool) {
	left := w.Of - w.Pages
	if w.Of <= 0 || len(w.Paces) == 0 || left < 0 {
		return 0, false
	}
	d := time.Duration(left) * median(w.Paces)
	if q == nil || q.Limit <= 0 || left <= q.Left {
		return d, true
	}
	reset := q.Resets
	if reset == nil && q.Rolling && q.per > 0 { // none of it is used: it is all there again a window after the next calls
		reset = new(now.Add(q.per))
	}
	if reset == nil && q.Blocked == nil {
		return 0, false
	}
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
func holdUp(n state.Network, w state.Walk, q *Quota, now time.Time) string {
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

// Sentence is a walk in words: "10 of 31 pages, 1,000 items, ETA 00:13" or,
// where the end is unknown, "2,341 items so far, back to 12 Mar 2019".
func (v Progress) Sentence() string {
	s := ""
	switch {
	case v.Of > 0:
		s = fmt.Sprintf("%s: %s of %s pages, %s", v.Kind, words.Count(v.Pages), words.Count(v.Of), words.Many(v.Items, "item", "items"))
	default:
		s = fmt.Sprintf("%s: %s so far", v.Kind, words.Many(v.Items, "item", "items"))
		if v.Oldest != nil {
			s += ", back to " + v.Oldest.Format("2 Jan 2006")
		}
	}
	if v.ETA != nil {
		s += ", ETA " + words.Clock(time.Duration(*v.ETA)*time.Second)
	}
	if v.Stalled != "" {
		s += ", " + v.Stalled
	}
	return s
}
