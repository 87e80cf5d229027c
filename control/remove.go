package control

import (
	"cmp"
	"context"
	"errors"

	"collector/deliver/notify"
	"collector/state"
	"collector/store"
)

// Removing is the wish to end collecting a network.
type Removing struct {
	User    string // "" finds it among those of all users
	Network string
	Purge   bool // delete what was collected too, also of a network that was removed earlier
	DryRun  bool // find it and say how much there is, nothing else
}

// Removed is what a removal or a purge took away.
type Removed struct {
	User    string         `json:"user"`
	Network string         `json:"network"` // "" where only what an earlier purge had left was there
	Items   int            `json:"items"`   // that it had
	Deleted Deleted        `json:"deleted"`
	Purged  PurgedMessages `json:"messages"`
	Copies  []string       `json:"copies" nullable:"false"` // what may still hold what was purged, in sentences
}

// Deleted counts what was deleted of a store.
type Deleted struct {
	Accounts    int `json:"accounts"`
	Networks    int `json:"networks"`
	Items       int `json:"items"`
	Changes     int `json:"changes"`
	Quarantined int `json:"quarantined"`
	Credentials int `json:"credentials"`
}

// PurgedMessages counts what a purge did to messages that were published.
type PurgedMessages struct {
	Deleted int `json:"deleted"` // from queues
	Blanked int `json:"blanked"` // in topics
	Held    int `json:"held"`    // in the hands of consumers, and left
}

// Remove ends collecting a network. Beside an error stands what was done until then.
func (p *Panel) Remove(ctx context.Context, w Removing) (Removed, error) {
	out := Removed{Copies: []string{}}
	n, err := p.removable(ctx, w)
	if err != nil {
		if w.Purge && !w.DryRun {
			return p.purgeRest(ctx, w, err)
		}
		return out, err
	}
	out.User, out.Network, out.Items = n.User, n.Name(), n.Items
	if w.DryRun {
		return out, nil
	}
	r, err := p.Store.RemoveNetwork(ctx, n.ID, w.Purge)
	if err != nil {
		return Removed{}, err
	}
	if out.Deleted = Deleted(r); !w.Purge {
		return out, nil
	}
	out.Copies = append(out.Copies, p.Beside.Copies()...)
	if err := notify.Forget(ctx, p.Store, []state.Network{n}); err != nil {
		return out, err
	}
	out.Purged, err = p.Beside.PurgeMessages(ctx, n.User, n.Name())
	return out, errors.Join(err, p.Beside.ForgetWaiting(ctx, func(network string) bool { return network == n.ID }))
}

// purgeRest ends a purge that did not come to its end, or left what consumers had in hand:
// the network is gone, and what is beside the store goes now. Where there is nothing of it
// either, the error is that there is no such network.
func (p *Panel) purgeRest(ctx context.Context, w Removing, unknown error) (Removed, error) {
	out := Removed{User: cmp.Or(w.User, Someone), Copies: []string{}}
	all, err := p.Store.Networks(ctx, store.Filter{Removed: true})
	if err != nil {
		return out, err
	}
	there := map[string]bool{}
	for _, n := range all {
		there[n.ID] = true
		if n.User == out.User && n.Name() == w.Network {
			return out, unknown // it is there, and something else is wrong
		}
	}
	out.Purged, err = p.Beside.PurgeMessages(ctx, out.User, w.Network)
	if err := errors.Join(err, p.Beside.ForgetWaiting(ctx, func(network string) bool { return !there[network] })); err != nil {
		return out, err
	}
	if out.Purged == (PurgedMessages{}) {
		return out, unknown
	}
	return out, nil
}

// removable finds a network, for a purge also one whose collecting ended.
// A name that two users have is refused, never resolved by chance.
func (p *Panel) removable(ctx context.Context, w Removing) (state.Network, error) {
	if w.Purge {
		live, err := Called(ctx, p.Store, store.Filter{User: w.User}, w.Network)
		if err != nil {
			return state.Network{}, err
		}
		all, err := Called(ctx, p.Store, store.Filter{User: w.User, Removed: true}, w.Network)
		if err != nil {
			return state.Network{}, err
		}
		if err := OneUser(all, w.Network); err != nil {
			return state.Network{}, err
		}
		if len(live) == 0 && len(all) > 0 {
			return all[0], nil
		}
	}
	return Find(ctx, p.Store, w.User, w.Network)
}
