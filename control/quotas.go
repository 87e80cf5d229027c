package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"collector/state"
	"collector/store"
)

// Budgeted is one quota and the networks that draw on it.
type Budgeted struct {
	Quota
	Provider string   `json:"provider"`
	Networks []string `json:"networks"` // the user's own, sorted; at most BudgetedMost
	More     int      `json:"more"`     // how many beside them
}

// BudgetedMost is how many networks of a quota are named at most.
const BudgetedMost = 20

// Quotas lists what is left of each quota that a user's networks draw on, by provider
// and name. Of quotas that others share nothing is said but what is left. Of more than
// StatusMost networks a user has to be named.
func (p *Panel) Quotas(ctx context.Context, user string, now time.Time) ([]Budgeted, error) {
	networks, err := p.networks(ctx, user, now)
	if err != nil {
		return nil, err
	}
	rows, err := Ledger(ctx, p.Store, p.Offered, networks...)
	if err != nil {
		return nil, err
	}
	by := map[string]*Budgeted{}
	var keys []string
	for _, n := range networks {
		c, ok := p.Offered(n.Service)
		if !ok {
			continue
		}
		for _, q := range c.Info().Quotas {
			key := QuotaKey(c.Info(), q, n)
			r, ok := rows[key]
			if !ok {
				continue
			}
			b := by[key]
			if b == nil {
				b = &Budgeted{Quota: QuotaOf(q, r, now), Provider: n.Provider, Networks: []string{}}
				by[key], keys = b, append(keys, key)
			}
			if len(b.Networks) < BudgetedMost {
				b.Networks = append(b.Networks, n.Name())
			} else {
				b.More++
			}
		}
	}
	slices.Sort(keys)
	out := []Budgeted{}
	for _, key := range keys {
		slices.Sort(by[key].Networks)
		out = append(out, *by[key])
	}
	slices.SortStableFunc(out, func(a, b Budgeted) int {
		return strings.Compare(a.Provider+"/"+a.Name, b.Provider+"/"+b.Name)
	})
	return out, nil
}

// networks are those of a user, or all while they are not too many to be read.
func (p *Panel) networks(ctx context.Context, user string, now time.Time) ([]state.Network, error) {
	if err := p.Few(ctx, user, now); err != nil {
		return nil, err
	}
	return p.Store.Networks(ctx, store.Filter{User: user})
}

// Few refuses to list the things of all users where there are too many to be listed.
func (p *Panel) Few(ctx context.Context, user string, now time.Time) error {
	if user != "" {
		return nil
	}
	t, err := p.Store.Tally(ctx, now)
	if err != nil {
		return err
	}
	if all := t.Networks(); all > StatusMost {
		return you(Wrong, "name a user, or ask for the status, which counts them", "there are %d networks, too many to list those of all users", all)
	}
	return nil
}
