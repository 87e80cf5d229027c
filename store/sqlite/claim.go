package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/failpoint"
	"collector/state"
)

// farDue is beyond every due time that the program sets: later ones were
// written by a wrong clock.
const farDue = 40 * 24 * time.Hour

// pickQuery builds the statement that picks what may be claimed: for each
// service one short range of the index, so that its cost grows with what is
// returned and never with what is due. ?1 is the mode, ?2 now, ?3 the latest
// sane due time, ?4 the latest sane lease end, ?5 the limit of all; then come
// name and limit of each service.
func pickQuery(services int) string {
	var b strings.Builder
	b.WriteString("SELECT net FROM (")
	for i := range services {
		if i > 0 {
			b.WriteString("\n UNION ALL ")
		}
		name, limit := 6+2*i, 7+2*i
		fmt.Fprintf(&b, `SELECT * FROM (
  SELECT * FROM (SELECT net, wake_at FROM leases INDEXED BY leases_wake WHERE mode = ?1 AND service = ?%[1]d AND wake_at IS NOT NULL AND wake_at <= ?2 ORDER BY wake_at LIMIT ?%[2]d)
  UNION ALL SELECT * FROM (SELECT net, ?2 FROM leases INDEXED BY leases_wake WHERE mode = ?1 AND service = ?%[1]d AND wake_at IS NOT NULL AND wake_at > ?3 AND owner IS NULL LIMIT ?%[2]d)
  UNION ALL SELECT * FROM (SELECT net, ?2 FROM leases INDEXED BY leases_held WHERE owner IS NOT NULL AND lease_until > ?4 AND mode = ?1 AND service = ?%[1]d AND wake_at IS NOT NULL LIMIT ?%[2]d)
  ORDER BY 2 LIMIT ?%[2]d)`, name, limit)
	}
	b.WriteString(") ORDER BY wake_at LIMIT ?5")
	return b.String()
}

// Claim leases what is due; see state.Store.
func (s *Store) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	if want.Owner == "" {
		return nil, errors.New("claiming networks: a claim needs the id of its instance")
	}
	services := slices.Sorted(maps.Keys(want.Services))
	services = slices.DeleteFunc(services, func(n string) bool { return want.Services[n] <= 0 })
	if want.Network == "" && (len(services) == 0 || want.N <= 0) {
		return nil, ctx.Err()
	}
	var out []state.Claimed
	err := s.write(ctx, func(t *tx) (err error) {
		out, err = t.claim(want, services)
		return err
	})
	if err != nil {
		return nil, wrap("claiming networks", err)
	}
	if len(out) > 0 {
		if err := failpoint.Hit(ctx, "lease.acquired"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pickArgs are the arguments of pickQuery.
func pickArgs(want state.Claim, services []string) []any {
	lease := max(want.Until.Sub(want.Now), 0)
	args := []any{modeNumber(want.Mode), want.Now.UnixMilli(), want.Now.Add(farDue).UnixMilli(), want.Now.Add(2 * lease).UnixMilli(), want.N}
	for _, name := range services {
		args = append(args, name, want.Services[name])
	}
	return args
}

// pick chooses what is claimed.
func (t *tx) pick(want state.Claim, services []string) (nets []int64, err error) {
	if want.Network != "" {
		return t.pickOne(want)
	}
	if want.Shard.Of > 1 {
		return t.pickOf(want, services)
	}
	err = t.rows(pickQuery(len(services)), pickArgs(want, services), func(rows *sql.Rows) error {
		var net int64
		err := rows.Scan(&net)
		nets = append(nets, net)
		return err
	})
	return nets, err
}

// oneQuery finds one network unless somebody holds a lease on it. ?1 is its id, ?2
// now, ?3 the latest sane lease end.
const oneQuery = `SELECT l.net FROM networks n CROSS JOIN leases l ON l.net = n.num
 WHERE n.id = ?1 AND n.ended = 0 AND (l.owner IS NULL OR l.lease_until <= ?2 OR l.lease_until > ?3)`

// pickOne chooses the network that is asked for.
func (t *tx) pickOne(want state.Claim) ([]int64, error) {
	var net int64
	err := t.row(oneQuery, []any{want.Network, want.Now.UnixMilli(), want.Now.Add(2 * max(want.Until.Sub(want.Now), 0)).UnixMilli()}, &net)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return []int64{net}, err
}

func (t *tx) claim(want state.Claim, services []string) ([]state.Claimed, error) {
	nets, err := t.pick(want, services)
	if err != nil || len(nets) == 0 {
		return nil, err
	}
	err = chunks([]any{want.Owner, want.Until.UnixMilli()}, nets, func(args []any) error {
		return t.exec(`UPDATE leases SET owner = ?1, lease_until = ?2, wake_at = CASE WHEN paused THEN NULL ELSE ?2 END, epoch = epoch + 1, crashes = crashes + 1, wished = 0
 WHERE net IN (`+inList+")", args...)
	})
	if err != nil {
		return nil, err
	}
	read := make(map[int64]network, len(nets))
	err = chunks(nil, nets, func(args []any) error {
		return t.rows("SELECT "+networkColumns+networkFrom+"WHERE n.num IN ("+inList+")", args, func(rows *sql.Rows) error {
			n, err := scanNetwork(rows)
			read[n.net] = n
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	out := make([]state.Claimed, 0, len(nets))
	for _, net := range nets {
		n := read[net].Network
		out = append(out, state.Claimed{Network: n, Lease: state.Lease{Network: n.ID, Owner: n.Owner, Epoch: n.Epoch, Until: n.LeaseUntil}})
	}
	return out, nil
}

// Renew moves the end of all leases of an owner.
func (s *Store) Renew(ctx context.Context, owner string, until time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		return t.exec(`UPDATE leases INDEXED BY leases_held SET lease_until = ?2, wake_at = CASE WHEN paused THEN NULL ELSE ?2 END
 WHERE owner IS NOT NULL AND owner = ?1`, owner, until.UnixMilli())
	})
	return wrap("renewing leases", err)
}

// FreeOwner ends the leases of an instance that is gone.
func (s *Store) FreeOwner(ctx context.Context, owner string, now time.Time) error {
	return s.freeLeases(ctx, owner, now)
}

// freeLeases ends all leases of an owner, on networks and on the refresh of
// credentials; a network that nobody wished for is due at now.
func (s *Store) freeLeases(ctx context.Context, owner string, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		if err := t.exec("DELETE FROM refreshes WHERE owner = ?", owner); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM instances WHERE id = ?", owner); err != nil { // it lives no more, whatever its last heartbeat
			return err
		}
		return t.exec(`UPDATE leases INDEXED BY leases_held SET owner = NULL, lease_until = NULL, set_at = ?2,
 wake_at = CASE WHEN paused THEN NULL WHEN wished THEN ?3 ELSE ?2 END WHERE owner IS NOT NULL AND owner = ?1`,
			owner, now.UnixMilli(), first)
	})
	return wrap("ending leases", err)
}
