package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// SetPaused pauses or resumes a network.
func (s *Store) SetPaused(ctx context.Context, id string, paused bool, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.living(id)
		if err != nil {
			return err
		}
		if paused {
			return t.exec("UPDATE leases SET paused = 1, wake_at = NULL WHERE net = ?", n.net)
		}
		if err := t.exec("UPDATE leases SET paused = 0 WHERE net = ?", n.net); err != nil {
			return err
		}
		if err := t.saveProgress(n.net, n.Progress.Resumed(now), effect{}); err != nil {
			return err
		}
		return t.wake(n.net, now, now.UnixMilli())
	})
	return wrap("pausing or resuming a network", err)
}

// WishSync makes a network due before all others.
func (s *Store) WishSync(ctx context.Context, id string, full bool, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.living(id)
		if err != nil {
			return err
		}
		if err := t.exec("UPDATE networks SET sync_seq = sync_seq + 1, full_seq = full_seq + ? WHERE num = ?", full, n.net); err != nil {
			return err
		}
		return t.wake(n.net, now, first)
	})
	return wrap("asking for a sync", err)
}

// wake makes a network due because a person asked for it: when its lease ends
// if it is in work at now, never while it is paused.
func (t *tx) wake(net int64, now time.Time, wake int64) error {
	return t.exec(`UPDATE leases SET wished = max(?2, 2), set_at = ?2, wake_at = CASE WHEN paused THEN NULL
 WHEN owner IS NOT NULL AND lease_until > ?2 THEN lease_until ELSE max(?3, ?4) END WHERE net = ?1`,
		net, now.UnixMilli(), wake, first)
}

// Reconnected clears what a refused credential left behind. A network in work
// may still report the old refusal; it is due again as soon as it does.
func (s *Store) Reconnected(ctx context.Context, account string, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.account(account); err != nil {
			return err
		}
		var list []network
		err := t.rows("SELECT "+networkColumns+networkFrom+"WHERE n.account_id = ? AND n.ended = 0", []any{account}, func(rows *sql.Rows) error {
			n, err := scanNetwork(rows)
			list = append(list, n)
			return err
		})
		if err != nil {
			return err
		}
		for _, n := range list {
			if err := t.saveProgress(n.net, n.Progress.SignedIn(now), effect{}); err != nil {
				return err
			}
			if err := t.wake(n.net, now, now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("resuming the networks of an account", err)
}
