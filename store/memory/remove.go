package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"collector/state"
	"collector/store"
)

// RemoveNetwork ends the collecting of a network; purge also deletes its data.
func (s *Store) RemoveNetwork(ctx context.Context, id string, purge bool) (store.Removed, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return store.Removed{}, err
	}
	defer end()
	n := s.networks[id]
	if n == nil || n.removed && !purge {
		return store.Removed{}, fmt.Errorf("network %q: %w", id, state.ErrNotFound)
	}
	var r store.Removed
	r.Networks++
	n.removed, n.Owner, n.LeaseUntil, n.WakeAt = true, "", time.Time{}, time.Time{}
	n.shown, n.unseen = shown{}, map[string]unseen{} // its walks will not go on
	if purge {
		s.purge(n, &r)
	}
	s.forsake(n.AccountID, &r)
	return r, nil
}

// PurgeUser deletes everything of a user.
func (s *Store) PurgeUser(ctx context.Context, user string) (store.Removed, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return store.Removed{}, err
	}
	defer end()
	var r store.Removed
	if user == "" { // names nobody; it must not read as everybody
		return r, nil
	}
	for _, n := range s.networks {
		if n.User == user {
			r.Networks++
			s.purge(n, &r)
		}
	}
	for id, a := range s.accounts {
		if a.User == user {
			s.forsake(id, &r)
		}
	}
	return r, nil
}

// purge deletes a network and all that was collected through it.
func (s *Store) purge(n *network, r *store.Removed) {
	r.Items += len(n.items)
	r.Quarantined += len(n.bad)
	s.log = slices.DeleteFunc(s.log, func(c store.Change) bool {
		if c.NetworkID != n.ID {
			return false
		}
		r.Changes++
		delete(s.pages, c.Page)
		return true
	})
	delete(s.networks, n.ID)
}

// forsake deletes an account that no network is collected through any more.
func (s *Store) forsake(id string, r *store.Removed) {
	for _, n := range s.networks {
		if n.AccountID == id && !n.removed {
			return
		}
	}
	if _, ok := s.accounts[id]; ok {
		delete(s.accounts, id)
		r.Accounts++
	}
	if _, ok := s.sealed[id]; ok {
		delete(s.sealed, id)
		r.Credentials++
	}
	delete(s.refresh, id)
}
