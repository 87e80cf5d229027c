package control

import (
	"context"
	"time"

	"collector/control/words"
	"collector/limit"
	"collector/state"
)

// Explained is all about one network.
type Explained struct {
	Network
	Quotas     []Course `json:"quotas"`     // all of which something is known, in the order of the service's list
	CannotShow []string `json:"cannotShow"` // what the service cannot show

	ID         string     `json:"id"`                      // of the account at the service; "" until it confirmed one
	Total      int        `json:"total"`                   // items that the service counts; 0 unknown
	Known      bool       `json:"known"`                   // this program has a connector for it
	Owner      string     `json:"owner,omitempty"`         // who reads it now
	LeaseUntil *time.Time `json:"leaseUntil"`              // and until when it is left to that one
	Checks     []Check    `json:"checks" nullable:"false"` // how the checks of connecting stand; none where nobody signed in

	// LastRan is what the last run did step by step; null where another process ran it, or
	// this one remembers it no more. Oldest is the oldest like time that the service stated.
	LastRan *Ran       `json:"lastRunSteps"`
	Oldest  *time.Time `json:"firstLike"`
	// Cursor is the place that the next page is read from, in the words of the service; of a
	// list between two walks where the next poll begins, "" where that is the newest like.
	Cursor string `json:"cursor"`

	Stored state.Network `json:"-"` // as the store has it
	Rans   []Ran         `json:"-"` // what runs did that this process remembers, the oldest first
}

// Explain says why a network is in its state and runs when it runs.
func (p *Panel) Explain(ctx context.Context, user, name string, now time.Time) (Explained, error) {
	n, err := Find(ctx, p.Store, user, name)
	if err != nil {
		return Explained{}, err
	}
	rows, err := Ledger(ctx, p.Store, p.Offered, n)
	if err != nil {
		return Explained{}, err
	}
	out := p.Explanation(n, rows, now)
	out.Checks, err = p.Checks(ctx, n, now)
	return out, err
}

// Explanation is Explain for a network that was read.
func (p *Panel) Explanation(n state.Network, rows map[string]limit.Row, now time.Time) Explained {
	out := Explained{Network: p.Look(n, rows, now), Quotas: []Course{}, CannotShow: []string{}, Checks: []Check{}, ID: n.RemoteID, Total: n.Total, Stored: n}
	out.Oldest, out.Rans = words.Stamp(n.Oldest), p.ransOf(n.ID)
	out.LastRan, out.Cursor = out.lastRan(), cursorOf(n.Progress)
	if out.Running {
		out.Owner, out.LeaseUntil = n.Owner, words.Stamp(n.LeaseUntil)
	}
	c, ok := p.Offered(n.Service)
	if !ok {
		return out
	}
	out.Known = true
	out.Quotas = p.courses(c.Info(), n, rows, now)
	out.CannotShow = append(out.CannotShow, c.Info().Limits...)
	return out
}

// mostCursor is how much of a cursor is told, in letters: some services' are long.
const mostCursor = 200

// cursorOf is the place that a list is read from next.
func cursorOf(p state.Progress) string {
	at := p.Resume
	for _, w := range []*state.Walk{p.Sweep, p.Walk} {
		if w != nil && w.Cursor != "" {
			at = w.Cursor
		}
	}
	return words.Short(words.Line(at), mostCursor)
}
