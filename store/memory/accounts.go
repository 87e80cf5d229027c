package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"collector/state"
	"collector/store"
)

// AddAccount saves a new account.
func (s *Store) AddAccount(ctx context.Context, a state.Account) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if _, ok := s.accounts[a.ID]; ok || s.another(a) {
		return fmt.Errorf("adding the account %q at %s: %w", a.Name, a.Provider, state.ErrExists)
	}
	a.Scopes = slices.Clone(a.Scopes)
	s.accounts[a.ID] = a
	return nil
}

// another tells whether the user has a's person in another account.
func (s *Store) another(a state.Account) bool {
	for _, b := range s.accounts {
		if b.ID == a.ID || b.User != a.User || b.Provider != a.Provider || b.Server != a.Server {
			continue
		}
		if a.RemoteID != "" && b.RemoteID != "" {
			if a.RemoteID == b.RemoteID {
				return true
			}
		} else if a.Name != "" && a.Name == b.Name {
			return true
		}
	}
	return false
}

// AddNetworks saves new networks, all or none, each with what was kept of it.
func (s *Store) AddNetworks(ctx context.Context, ns []state.Network) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	taken := map[string]bool{} // ids, and what is collected already
	for id, n := range s.networks {
		taken[id] = true
		if !n.removed {
			taken[n.list()] = true
		}
	}
	added := map[string]*network{}
	for _, fresh := range ns {
		n := network{Network: fresh, items: map[string]*stored{}, bad: map[string]state.Bad{}, unseen: map[string]unseen{}}
		a, ok := s.accounts[n.AccountID]
		if !ok {
			return fmt.Errorf("adding a network of the account %q: %w", n.AccountID, state.ErrNotFound)
		}
		if taken[n.ID] || taken[n.list()] {
			return fmt.Errorf("adding %s: %w", n.Name(), state.ErrExists)
		}
		taken[n.ID], taken[n.list()] = true, true
		n.User, n.Provider, n.Server, n.Account, n.RemoteID = a.User, a.Provider, a.Server, a.Name, a.RemoteID
		n.Params, n.Progress = maps.Clone(n.Params), n.Progress.Clone()
		n.Mode, n.ScheduledTo = state.Initial, n.CreatedAt
		n.Condition = cmp.Or(n.Condition, state.OK)
		n.Owner, n.LeaseUntil, n.Epoch, n.Crashes = "", time.Time{}, 0, 0
		n.WakeAt, n.setAt = n.CreatedAt, n.CreatedAt
		if n.WakeAt.Before(atOnce()) {
			n.WakeAt = atOnce()
		}
		if n.Paused {
			n.WakeAt = time.Time{}
		}
		added[n.ID] = &n
	}
	maps.Copy(s.networks, added)
	for _, n := range added {
		for i, old := range s.kept(n) {
			if i == 0 {
				s.takeUp(n, old)
			} else {
				s.absorb(n, old)
			}
		}
	}
	return nil
}

// list names what a network collects: a list of an account.
func (n *network) list() string {
	name := fmt.Sprintf("%q %q", n.AccountID, n.Service)
	for _, key := range slices.Sorted(maps.Keys(n.Params)) {
		name += fmt.Sprintf(" %q=%q", key, n.Params[key])
	}
	return name
}

// Account returns one account.
func (s *Store) Account(ctx context.Context, id string) (state.Account, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return state.Account{}, err
	}
	defer end()
	a, ok := s.accounts[id]
	if !ok {
		return state.Account{}, fmt.Errorf("account %q: %w", id, state.ErrNotFound)
	}
	a.Scopes = slices.Clone(a.Scopes)
	return a, nil
}

// Accounts lists accounts by user, provider, name.
func (s *Store) Accounts(ctx context.Context, user string) ([]state.Account, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []state.Account
	for _, a := range s.accounts {
		if user == "" || a.User == user {
			a.Scopes = slices.Clone(a.Scopes)
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b state.Account) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Provider, b.Provider),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// Network returns one network.
func (s *Store) Network(ctx context.Context, id string) (state.Network, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return state.Network{}, err
	}
	defer end()
	n, err := s.live(id)
	if err != nil {
		return state.Network{}, err
	}
	return n.view(), nil
}

// live returns a network that is collected.
func (s *Store) live(id string) (*network, error) {
	n := s.networks[id]
	if n == nil || n.removed {
		return nil, fmt.Errorf("network %q: %w", id, state.ErrNotFound)
	}
	return n, nil
}

// Networks lists networks by user, service, account name.
func (s *Store) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	is := func(want, have string) bool { return want == "" || want == have }
	var out []state.Network
	for _, n := range s.networks {
		if is(f.User, n.User) && is(f.Service, n.Service) && is(f.Account, n.Account) &&
			is(f.AccountID, n.AccountID) && is(string(f.Mode), string(n.Mode)) && (f.Removed || !n.removed) &&
			(len(f.Conditions) == 0 || slices.Contains(f.Conditions, n.Condition)) {
			out = append(out, n.view())
		}
	}
	slices.SortFunc(out, func(a, b state.Network) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
	})
	if f.Limit > 0 {
		out = out[:min(f.Limit, len(out))]
	}
	return out, nil
}

// view returns a copy of the state document with its counters.
func (n *network) view() state.Network {
	v := n.Network
	v.Params, v.Progress = maps.Clone(n.Params), n.Progress.Clone()
	if n.hurry && n.WakeAt.Equal(atOnce()) {
		v.WakeAt = n.asked // when it was asked for, not the mark that puts it first
	}
	v.Items, v.Bare, v.Bad = 0, 0, len(n.bad)
	for _, it := range n.items {
		if it.removedAt.IsZero() {
			v.Items++
			if it.owed() {
				v.Bare++
			}
		}
	}
	return v
}
