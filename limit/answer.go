package limit

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"time"

	"collector/connectors"
)

// Answer is what came back of a call.
type Answer struct {
	At      time.Time        // when it came, in our clock
	Date    time.Time        // its Date header; zero if there was none
	Usage   map[string]Usage // by name of quota
	Limited *Limited         // the service refused the call for a limit
	Failed  bool             // no answer or a server error: it says nothing about a block
}

// Limited is a refusal.
type Limited struct {
	Wait       time.Duration // from the answer on; 0: no time was given
	Until      time.Time     // a point of time in the server's clock, where that is what the service gave
	Unreadable bool          // a time was given that cannot be believed
	UsedUp     bool          // nothing is left until the window ends, which the calendar tells
	Reason     string        // in words
}

// Read returns what the headers of a reply that came at now tell of quotas.
func Read(h http.Header, quotas []connectors.Quota, now time.Time) *Answer {
	a := &Answer{At: now, Usage: map[string]Usage{}}
	server := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		a.Date, server = date, date // seconds to go are counted from there
	}
	for _, q := range quotas {
		if u, ok := ReadHeaders(h, q, server); ok && described(q, quotas, u.Limit) {
			a.Usage[q.Name] = u
		}
	}
	return a
}

// described says whether headers that name a limit are about q. Where a call
// spends of two quotas that are told of in the same headers, they are about the
// one whose own limit is nearest.
func described(q connectors.Quota, quotas []connectors.Quota, limit int) bool {
	if limit == 0 {
		return true
	}
	away := func(n int) float64 { return math.Abs(math.Log(float64(max(1, n)) / float64(limit))) }
	return !slices.ContainsFunc(quotas, func(o connectors.Quota) bool { return o.Report == q.Report && away(o.N) < away(q.N) })
}

// Told adds what the body of the reply says.
func (a *Answer) Told(body []connectors.Usage) {
	for _, b := range body {
		u := a.Usage[b.Quota]
		if b.Limit > 0 {
			u.Limit = b.Limit
		}
		if b.Left != nil && *b.Left >= 0 {
			u.Left = b.Left
		}
		if !b.Reset.IsZero() {
			u.Reset = b.Reset
		}
		u.Spent, u.Wait = b.Spent, min(b.Wait, maxWait)
		a.Usage[b.Quota] = u
	}
}

// Pause says whether the service wants no calls for a time, until when in our clock where
// it said so, and why. A nil Answer asks for none.
func (a *Answer) Pause() (asked bool, until time.Time, why string) {
	if a == nil {
		return false, time.Time{}, ""
	}
	if l := a.Limited; l != nil {
		asked, why = true, l.Reason
		if l.Wait > 0 {
			until = a.At.Add(l.Wait)
		}
		if !l.Until.IsZero() && l.Until.After(until) {
			until = l.Until
			if !a.Date.IsZero() {
				until = until.Add(a.At.Sub(a.Date))
			}
		}
	}
	for _, u := range a.Usage {
		if u.Wait > 0 {
			asked, why = true, cmp.Or(why, "the service asks for a pause")
			if end := a.At.Add(u.Wait); end.After(until) {
				until = end
			}
		}
	}
	return asked, until, why
}
