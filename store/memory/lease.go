package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"collector/state"
)

// farthest is how far ahead a due time can be; one beyond was written by a
// wrong clock.
const farthest = 40 * 24 * time.Hour

// atOnce is the WakeAt of what a person asked for: before everything else.
func atOnce() time.Time { return time.UnixMilli(1).UTC() }

// Wakes returns the earliest WakeAt of each service in a mode.
func (s *Store) Wakes(ctx context.Context, m state.Mode) (map[string]time.Time, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	wakes := map[string]time.Time{}
	for _, n := range s.networks {
		if n.removed || n.Mode != m || n.WakeAt.IsZero() {
			continue
		}
		if at, ok := wakes[n.Service]; !ok || n.WakeAt.Before(at) {
			wakes[n.Service] = n.WakeAt
		}
	}
	return wakes, nil
}

// Claim leases networks that are due.
func (s *Store) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var due []*network
	for _, n := range s.networks {
		if !n.removed && n.wanted(want) {
			due = append(due, n)
		}
	}
	slices.SortFunc(due, func(a, b *network) int {
		return cmp.Or(a.WakeAt.Compare(b.WakeAt), cmp.Compare(a.ID, b.ID))
	})
	var claimed []state.Claimed
	taken := map[string]int{}
	for _, n := range due {
		if want.Network == "" && len(claimed) >= want.N {
			break
		}
		if want.Network == "" && taken[n.Service] >= want.Services[n.Service] {
			continue
		}
		taken[n.Service]++
		n.Epoch++
		n.Crashes++
		n.hurry = false
		n.Owner, n.LeaseUntil = want.Owner, want.Until
		if !n.Paused {
			n.WakeAt = want.Until
		}
		claimed = append(claimed, state.Claimed{
			Network: n.view(),
			Lease:   state.Lease{Network: n.ID, Owner: n.Owner, Epoch: n.Epoch, Until: n.LeaseUntil},
		})
	}
	return claimed, nil
}

// wanted tells whether a claim asks for a network and may have it.
func (n *network) wanted(want state.Claim) bool {
	if want.Network == "" {
		return n.Mode == want.Mode && n.due(want) && want.Shard.Has(n.User)
	}
	free := n.Owner == "" || !n.LeaseUntil.After(want.Now) || n.LeaseUntil.After(want.Now.Add(2*want.Until.Sub(want.Now)))
	return n.ID == want.Network && free
}

// due tells whether a network may be claimed since its time has come.
func (n *network) due(want state.Claim) bool {
	if n.WakeAt.IsZero() {
		return false
	}
	latest := want.Now.Add(farthest)
	if n.Owner != "" {
		latest = want.Now.Add(2 * want.Until.Sub(want.Now))
	}
	return !n.WakeAt.After(want.Now) || n.WakeAt.After(latest)
}

// Renew moves the end of all live leases of owner to until.
func (s *Store) Renew(ctx context.Context, owner string, until time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, n := range s.networks {
		if n.removed || n.Owner != owner || owner == "" {
			continue
		}
		n.LeaseUntil = until
		if !n.Paused {
			n.WakeAt = until
		}
	}
	return nil
}

// FreeDead finds nobody: the instances of a store in memory die with it.
func (s *Store) FreeDead(ctx context.Context, _ time.Time) ([]string, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	return nil, nil
}

// FreeOwner ends the leases of an instance that is gone.
func (s *Store) FreeOwner(ctx context.Context, owner string, now time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	delete(s.beats, owner)
	maps.DeleteFunc(s.refresh, func(_ string, r refresh) bool { return r.owner == owner })
	for _, n := range s.networks {
		if !n.removed && n.Owner == owner && owner != "" {
			n.free(now, now)
		}
	}
	return nil
}

// held returns the network of a lease that still holds.
func (s *Store) held(l state.Lease) (*network, error) {
	n := s.networks[l.Network]
	if n == nil || n.removed || n.Owner == "" || n.Owner != l.Owner || n.Epoch != l.Epoch {
		return nil, state.ErrLeaseLost
	}
	return n, nil
}

// Release saves the progress and ends the lease.
func (s *Store) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	n, err := s.held(l)
	if err != nil {
		return err
	}
	n.Progress = p.Clone()
	n.Crashes = 0
	n.free(p.ScheduledTo, p.LastRunAt)
	return nil
}

// Postpone gives a lease back as if it had not been claimed.
func (s *Store) Postpone(ctx context.Context, l state.Lease, due time.Time) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	n, err := s.held(l)
	if err != nil {
		return err
	}
	n.Crashes = max(0, n.Crashes-1)
	n.free(due, due)
	return nil
}

// free ends the lease of a network at now, which is due again at a time unless
// a person wanted otherwise since the claim.
func (n *network) free(due, now time.Time) {
	n.Owner, n.LeaseUntil, n.WakeAt, n.setAt = "", time.Time{}, due, now
	if n.hurry {
		n.WakeAt = atOnce()
	}
	if n.Paused {
		n.WakeAt = time.Time{}
	}
}
