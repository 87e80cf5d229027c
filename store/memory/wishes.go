package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"collector/state"
)

// SetPaused pauses or resumes a network.
func (s *Store) SetPaused(ctx context.Context, id string, paused bool, now time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	n, err := s.live(id)
	if err != nil {
		return err
	}
	n.Paused = paused
	if paused {
		n.WakeAt = time.Time{}
		return nil
	}
	n.Progress = n.Progress.Resumed(now)
	n.wake(now, now)
	return nil
}

// WishSync makes a network due at once, before all others.
func (s *Store) WishSync(ctx context.Context, id string, full bool, now time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	n, err := s.live(id)
	if err != nil {
		return err
	}
	n.SyncSeq++
	if full {
		n.FullSeq++
	}
	n.wake(now, atOnce())
	return nil
}

// Accept notes that a person takes what a sweep did not show as gone.
func (s *Store) Accept(ctx context.Context, id string, sweep int64, now time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	n, err := s.live(id)
	if err != nil {
		return err
	}
	n.Accepted = sweep
	n.wake(now, atOnce())
	return nil
}

// Reconnected makes the networks of an account due with its new credential.
func (s *Store) Reconnected(ctx context.Context, account string, now time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if _, ok := s.accounts[account]; !ok {
		return fmt.Errorf("account %q: %w", account, state.ErrNotFound)
	}
	for _, n := range s.networks {
		if n.AccountID == account && !n.removed {
			n.Progress = n.Progress.SignedIn(now)
			n.wake(now, now)
		}
	}
	return nil
}

// wake makes a network due at a time because a person asked for it: when its
// lease ends if it is in work at now, never while it is paused.
func (n *network) wake(now, at time.Time) {
	n.hurry, n.asked, n.setAt = true, now, now
	switch {
	case n.Paused:
		n.WakeAt = time.Time{}
	case n.Owner != "" && n.LeaseUntil.After(now):
		n.WakeAt = n.LeaseUntil
	default:
		n.WakeAt = at
	}
}

// Learn saves the identity that the service confirmed, and joins what was kept
// of the lists of that person.
func (s *Store) Learn(ctx context.Context, account string, id state.Identity) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	a, ok := s.accounts[account]
	if !ok {
		return fmt.Errorf("account %q: %w", account, state.ErrNotFound)
	}
	if a.RemoteID != "" && a.RemoteID != id.ID {
		return fmt.Errorf("%w: it is of %s (%s), the account is %s (%s)", state.ErrOtherPerson, id.Name, id.ID, a.Name, a.RemoteID)
	}
	a.RemoteID = id.ID
	if !a.Given && id.Name != "" {
		a.Name = id.Name
	}
	if id.Scopes != nil {
		a.Scopes = slices.Clone(id.Scopes)
	}
	for _, b := range s.accounts {
		if b.ID != a.ID && b.User == a.User && b.Provider == a.Provider && b.Server == a.Server && b.RemoteID == a.RemoteID {
			return fmt.Errorf("the account of %s (%s): %w", id.Name, id.ID, state.ErrExists)
		}
	}
	s.accounts[account] = a
	for _, n := range s.networks {
		if n.AccountID == account {
			n.Account, n.RemoteID = a.Name, a.RemoteID
		}
	}
	for _, n := range s.networks {
		if n.AccountID == account && !n.removed {
			for _, old := range s.kept(n) {
				s.absorb(n, old)
			}
		}
	}
	return nil
}
