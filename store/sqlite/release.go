package sqlite

import (
	"context"
	"time"

	"collector/failpoint"
	"collector/state"
)

// Release saves the progress and ends the lease.
func (s *Store) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	err := s.write(ctx, func(t *tx) error {
		h, err := t.fence(l)
		if err != nil {
			return err
		}
		if err := t.saveProgress(h.net, p, effect{}); err != nil {
			return err
		}
		return t.exec("UPDATE leases SET mode = ?, wake_at = ?, set_at = ?, owner = NULL, lease_until = NULL, crashes = 0 WHERE net = ?",
			modeNumber(p.Mode), h.wake(p.ScheduledTo), stamp(p.LastRunAt), h.net)
	})
	if err != nil {
		return wrap("ending the run of network "+l.Network, err)
	}
	return failpoint.Hit(ctx, "schedule.after")
}

// Postpone gives a lease back as if it had not been claimed.
func (s *Store) Postpone(ctx context.Context, l state.Lease, due time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		h, err := t.fence(l)
		if err != nil {
			return err
		}
		return t.exec("UPDATE leases SET wake_at = ?, set_at = ?, owner = NULL, lease_until = NULL, crashes = max(crashes - 1, 0) WHERE net = ?",
			h.wake(due), stamp(due), h.net)
	})
	return wrap("giving network "+l.Network+" back", err)
}

// wake is when a network is due once its lease ends: NULL while only a person
// can wake it.
func (h held) wake(due time.Time) any {
	switch {
	case h.paused:
		return nil
	case h.wished != 0:
		return first
	case due.IsZero():
		return nil
	}
	return max(due.UnixMilli(), first)
}
