package control

import (
	"context"
	"time"

	"collector/control/words"
	"collector/state"
)

// Wish names the networks that something is wished for.
type Wish struct {
	User     string   // whose; "" where names are of one user alone, and with All for those of all users
	Networks []string // service/account
	All      bool     // in place of names
}

// Done is what became of a wish for one network.
type Done struct {
	Network string `json:"network"`
	// Result is "paused", "resumed", "due", "stays paused", "not collected", "taken as
	// gone" or "nothing missing".
	Result string `json:"result"`
	Items  int    `json:"items,omitempty"` // taken as gone
	Paused bool   `json:"paused"`
}

// Results of a wish.
const (
	Paused         = "paused"
	Resumed        = "resumed"
	Due            = "due"
	StaysPaused    = "stays paused"  // due as soon as it is resumed
	NotCollected   = "not collected" // imported: nobody signed in for it
	TakenAsGone    = "taken as gone" // with its next run, now
	NothingMissing = "nothing missing"
)

// SetPaused stops collecting networks, or goes on with them at once. Lists that were
// imported and that nobody signed in for are left out of all, and refused by name. After
// an error, what is returned was done all the same.
func (p *Panel) SetPaused(ctx context.Context, w Wish, paused bool, now time.Time) (done []Done, err error) {
	chosen, err := Choose(ctx, p.Store, w.User, w.Networks, w.All)
	if err != nil {
		return nil, err
	}
	result := Resumed
	if paused {
		result = Paused
	}
	for _, n := range chosen { // before anything is done
		if n.Condition == state.Imported && !w.All {
			return nil, p.notCollected(n)
		}
	}
	for _, n := range chosen {
		if n.Condition == state.Imported {
			continue
		}
		if err := p.Store.SetPaused(ctx, n.ID, paused, now); err != nil {
			return done, err
		}
		done = append(done, Done{Network: n.Name(), Result: result, Paused: paused})
	}
	return done, p.hereFor(ctx, w, chosen, now)
}

// notCollected refuses to go on with a list that nobody signed in for.
func (p *Panel) notCollected(n state.Network) error {
	next := "import a newer export to add to it"
	if _, ok := p.Offered(n.Service); ok {
		next = "collector connect " + n.Service + "   goes on with it"
	}
	return you(Wrong, next, "%s was imported, and there is no sign-in to collect it with", words.Line(n.Name()))
}
