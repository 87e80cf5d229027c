package sqlite

import (
	"cmp"
	"database/sql"
	"errors"
	"slices"

	"collector/state"
)

// The ranges of pickQuery for one service, with the user of each network, so that
// whoever reads them can stop when there is enough. ?1 is the mode, ?2 the service,
// ?3 the bound: now, the latest sane due time, the latest sane lease end.
const (
	dueOf = `SELECT l.net, l.wake_at, n.user FROM leases l INDEXED BY leases_wake CROSS JOIN networks n ON n.num = l.net
 WHERE l.mode = ?1 AND l.service = ?2 AND l.wake_at IS NOT NULL AND l.wake_at <= ?3 ORDER BY l.wake_at`
	farDueOf = `SELECT l.net, 0, n.user FROM leases l INDEXED BY leases_wake CROSS JOIN networks n ON n.num = l.net
 WHERE l.mode = ?1 AND l.service = ?2 AND l.wake_at IS NOT NULL AND l.wake_at > ?3 AND l.owner IS NULL`
	farHeldOf = `SELECT l.net, 0, n.user FROM leases l INDEXED BY leases_held CROSS JOIN networks n ON n.num = l.net
 WHERE l.owner IS NOT NULL AND l.lease_until > ?3 AND l.mode = ?1 AND l.service = ?2 AND l.wake_at IS NOT NULL`
)

// errEnough ends a reading early.
var errEnough = errors.New("enough")

// candidate is a network that may be claimed.
type candidate struct{ net, wake int64 }

// pickOf chooses what is claimed of a part of the users. It reads what is due for
// the others too, until it has enough: a part of n reads about n times as much.
func (t *tx) pickOf(want state.Claim, services []string) ([]int64, error) {
	var all []candidate
	seen := map[int64]bool{}
	lease := max(want.Until.Sub(want.Now), 0)
	for _, service := range services {
		room := min(want.Services[service], want.N)
		for _, part := range []struct {
			query string
			bound int64
			wake  int64 // of networks whose own time is not to be believed
		}{
			{dueOf, want.Now.UnixMilli(), 0},
			{farDueOf, want.Now.Add(farDue).UnixMilli(), want.Now.UnixMilli()},
			{farHeldOf, want.Now.Add(2 * lease).UnixMilli(), want.Now.UnixMilli()},
		} {
			if room == 0 {
				break
			}
			err := t.rows(part.query, []any{modeNumber(want.Mode), service, part.bound}, func(rows *sql.Rows) error {
				var c candidate
				var user string
				if err := rows.Scan(&c.net, &c.wake, &user); err != nil {
					return err
				}
				if seen[c.net] || !want.Shard.Has(user) {
					return nil
				}
				seen[c.net] = true
				c.wake = max(c.wake, part.wake)
				all = append(all, c)
				if room--; room == 0 {
					return errEnough
				}
				return nil
			})
			if err != nil && !errors.Is(err, errEnough) {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.wake, b.wake) })
	var nets []int64
	for _, c := range all[:min(len(all), want.N)] {
		nets = append(nets, c.net)
	}
	return nets, nil
}
