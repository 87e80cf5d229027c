package control

import (
	"time"

	"collector/connectors"
	"collector/control/words"
	"collector/limit"
	"collector/state"
)

// Course is a quota and how it was used over time.
type Course struct {
	Quota
	// Others is how much of what is used others with the same sign-in used at least; null
	// where that is not known.
	Others *int `json:"others"`
	// Windows are the present one and the one before it where that is known, the oldest
	// first. A rolling quota has one, which ends now.
	Windows []Window `json:"windows"`
}

// Window is how a quota was used from one time to another, as this process saw it with its
// own calls; that of a rolling quota as the store keeps it.
type Window struct {
	Begins time.Time `json:"begins"`
	Ends   time.Time `json:"ends"`
	// Since is from when on the uses are known; null: from the beginning.
	Since *time.Time `json:"since"`
	Uses  []Use      `json:"uses"` // by time, at most 32; of a rolling quota more
}

// Use is how much was used from a time on.
type Use struct {
	At   time.Time `json:"at"`
	Used int       `json:"used"`
}

// courseOf is a quota by its row.
func courseOf(q connectors.Quota, r limit.Row, past *limit.Past, now time.Time) Course {
	out := Course{Quota: QuotaOf(q, r, now), Windows: []Window{}}
	if n, known := r.Others(q, now); known {
		out.Others = &n
	}
	for _, c := range past.Of(q, r, now) {
		w := Window{Begins: *words.Stamp(c.Begin), Ends: *words.Stamp(c.End), Since: words.Stamp(c.Since), Uses: []Use{}}
		for _, p := range c.Points {
			w.Uses = append(w.Uses, Use{*words.Stamp(p.At), p.Used})
		}
		out.Windows = append(out.Windows, w)
	}
	return out
}

// courses are those of the quotas of a network of which something is known.
func (p *Panel) courses(in connectors.Info, n state.Network, rows map[string]limit.Row, now time.Time) []Course {
	out := []Course{}
	for _, q := range in.Quotas {
		if r, ok := rows[QuotaKey(in, q, n)]; ok {
			out = append(out, courseOf(q, r, p.Past, now))
		}
	}
	return out
}
