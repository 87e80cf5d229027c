// Package control is what a person can see and do, as values and without a surface: how
// the networks are doing and why, what was collected and what changed, and the simple
// wishes (read it now, pause it, go on). The commands print what it returns, with --json as
// it is; the HTTP API answers it; pages draw it. So all of them say the same.
//
// Whoever asks names the user whose things are meant; "" means those of all users, which
// only the operator may ask for. Time is an argument everywhere.
package control

import (
	"slices"
	"time"

	"collector/connectors"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/trace"
)

// BeatLife is how long after its last heartbeat an instance counts as running.
const BeatLife = 15 * time.Second

// Panel is what the functions need to know of an installation. It keeps nothing itself
// and may be used from many goroutines.
type Panel struct {
	Store      store.Store
	Connectors []connectors.Connector // the services that this program knows, in the order of their list
	Simulated  bool                   // the store is one of the demo: people and items are made up

	// Room is nil, or says why nothing is collected although networks are due: the
	// disk is nearly full.
	Room func() error
	// Polls are the floor and ceiling of a service's polls, Budget what a month may cost
	// at a service that charges, in connectors.Mills, and who says so.
	Polls  func(service string) (floor, ceiling time.Duration)
	Budget func(in connectors.Info) (mills int, by string)
	// Past is how this process used the quotas; nil where it calls no service.
	Past *limit.Past
	// Rates remembers how many jobs had ended; nil where nothing is remembered.
	Rates *Rates
	// Traces are what runs of this process did; nil where it runs nothing.
	Traces *trace.Kept

	Beside Beside
}

// Offered returns the connector of a service; false when this program has none (a store
// that a newer collector wrote to).
func (p *Panel) Offered(service string) (connectors.Connector, bool) {
	i := slices.IndexFunc(p.Connectors, func(c connectors.Connector) bool { return c.Info().Name == service })
	if i < 0 {
		return nil, false
	}
	return p.Connectors[i], true
}

// hydrates tells whether a service can be asked for the details of single items.
func (p *Panel) hydrates(service string) bool {
	c, _ := p.Offered(service)
	_, can := c.(connectors.Hydrator)
	return can
}

// Price is what a service charges, and what a month may cost.
type Price struct {
	Each int    `json:"each"`  // for one item that is read, in thousandths of a US dollar
	Most int    `json:"month"` // what a month may cost, likewise
	By   string `json:"by"`    // who says so: a variable, or a flag
}

// Price is what holds of what the configuration and connect --budget allow: the less.
func (p *Panel) Price(in connectors.Info, rows map[string]limit.Row) Price {
	most, by := p.Budget(in)
	out := Price{in.Price, most, by}
	for _, q := range in.Quotas {
		r := rows[QuotaKey(in, q, state.Network{})]
		if q.Unit == connectors.Mills && r.Allowed != nil && *r.Allowed < out.Most {
			out.Most, out.By = *r.Allowed, "connect --budget"
		}
	}
	return out
}
