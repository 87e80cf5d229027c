package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/state"
)

// first is the wake time of a network whose sync was asked for: before all others.
const first = 1

// Modes as the narrow table holds them.
const (
	reading = 0
	polling = 1
)

func modeNumber(m state.Mode) int {
	if m == state.Normal {
		return polling
	}
	return reading
}

// networkColumns are read by scanNetwork from networks n LEFT JOIN leases l.
const networkColumns = `n.num, n.user_num, n.id, n.account_id, n.user, n.service, n.provider, n.server, n.account, n.remote_id,
 n.params, n.created_at, n.sync_seq, n.full_seq, n.accepted, n.items, n.bare, n.bad, n.ended, n.progress,
 l.wake_at, coalesce(l.paused, 0), coalesce(l.wished, 0), coalesce(l.owner, ''), l.lease_until, coalesce(l.epoch, 0), coalesce(l.crashes, 0)`

const networkFrom = " FROM networks n LEFT JOIN leases l ON l.net = n.num "

// network is a state document with its numbers.
type network struct {
	state.Network
	place
	ended  bool
	wished int64
}

// scanNetwork reads networkColumns, and the columns that follow into more.
func scanNetwork(rows *sql.Rows, more ...any) (network, error) {
	var n network
	var params, progress string
	var created, wake, until sql.NullInt64
	err := rows.Scan(append([]any{
		&n.net, &n.user, &n.ID, &n.AccountID, &n.User, &n.Service, &n.Provider, &n.Server, &n.Account, &n.RemoteID,
		&params, &created, &n.SyncSeq, &n.FullSeq, &n.Accepted, &n.Items, &n.Bare, &n.Bad, &n.ended, &progress,
		&wake, &n.Paused, &n.wished, &n.Owner, &until, &n.Epoch, &n.Crashes,
	}, more...)...)
	if err != nil {
		return n, err
	}
	if n.Progress, err = state.DecodeProgress([]byte(progress)); err != nil {
		return n, fmt.Errorf("network %s: %w", n.ID, err)
	}
	if params != "" {
		if err := json.Unmarshal([]byte(params), &n.Params); err != nil {
			return n, fmt.Errorf("the params of network %s: %w", n.ID, err)
		}
	}
	n.CreatedAt, n.LeaseUntil, n.WakeAt = at(created), at(until), at(wake)
	if wake.Valid && wake.Int64 == first && n.wished > first {
		n.WakeAt = time.UnixMilli(n.wished).UTC() // when it was asked for, not the mark that puts it first
	}
	return n, nil
}

// networkRow reads a network in the transaction, ended ones too.
func (t *tx) network(id string) (network, error) {
	var n network
	found := false
	err := t.rows("SELECT "+networkColumns+networkFrom+"WHERE n.id = ?", []any{id}, func(rows *sql.Rows) (err error) {
		found = true
		n, err = scanNetwork(rows)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("network %s: %w", id, state.ErrNotFound)
	}
	return n, err
}

// living reads a network whose collecting has not ended.
func (t *tx) living(id string) (network, error) {
	n, err := t.network(id)
	if err == nil && n.ended {
		err = fmt.Errorf("network %s: its collecting has ended: %w", id, state.ErrNotFound)
	}
	return n, err
}

// saveProgress writes the daemon's part of a network, and nothing of the user's.
func (t *tx) saveProgress(net int64, p state.Progress, e effect) error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("writing the progress of a network: %w", err)
	}
	if err := t.exec("UPDATE leases SET condition = ?2 WHERE net = ?1 AND condition <> ?2", net, string(cmp.Or(p.Condition, state.OK))); err != nil {
		return err
	}
	return t.exec("UPDATE networks SET progress = ?, items = items + ?, bare = bare + ?, bad = bad + ? WHERE num = ?",
		string(b), e.items, e.bare, e.bad, net)
}

// count changes the counters of a network alone.
func (t *tx) count(net int64, e effect) error {
	if e.items == 0 && e.bare == 0 && e.bad == 0 {
		return nil
	}
	return t.exec("UPDATE networks SET items = items + ?, bare = bare + ?, bad = bad + ? WHERE num = ?", e.items, e.bare, e.bad, net)
}

// held is a network under the caller's lease.
type held struct {
	place
	mode, crashes int
	bad           int
	paused        bool
	wished        int64
	swept         int64 // the last sweep that has ended
	unseen        bool  // it has items that a sweep did not show
}

// fence returns the network if the lease is still the caller's.
func (t *tx) fence(l state.Lease) (held, error) {
	var h held
	err := t.row(fenceQuery, []any{l.Network, l.Owner, l.Epoch}, &h.net, &h.user, &h.mode, &h.crashes, &h.bad, &h.paused, &h.wished, &h.swept, &h.unseen)
	if errors.Is(err, sql.ErrNoRows) {
		return h, fmt.Errorf("network %s: %w", l.Network, state.ErrLeaseLost)
	}
	return h, err
}

const fenceQuery = `SELECT n.num, n.user_num, l.mode, l.crashes, n.bad, l.paused, l.wished, n.swept, EXISTS (SELECT 1 FROM unseen u WHERE u.net = n.num)
 FROM networks n JOIN leases l ON l.net = n.num WHERE n.id = ? AND l.owner = ? AND l.epoch = ?`

// Wakes returns the earliest wake time of each service: two look-ups in an
// index a service, however many networks there are.
func (s *Store) Wakes(ctx context.Context, m state.Mode) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	err := s.query(ctx, wakesQuery, []any{modeNumber(m)}, func(rows *sql.Rows) error {
		var service string
		var wake sql.NullInt64
		if err := rows.Scan(&service, &wake); err != nil {
			return err
		}
		if wake.Valid {
			out[service] = at(wake)
		}
		return nil
	})
	if err != nil {
		return nil, wrap("looking for what is due", err)
	}
	return out, nil
}

const wakesQuery = `WITH RECURSIVE s (service) AS (
 SELECT (SELECT service FROM leases INDEXED BY leases_wake WHERE mode = ?1 AND wake_at IS NOT NULL ORDER BY service LIMIT 1)
 UNION ALL
 SELECT (SELECT l.service FROM leases l INDEXED BY leases_wake WHERE l.mode = ?1 AND l.wake_at IS NOT NULL AND l.service > s.service ORDER BY l.service LIMIT 1)
 FROM s WHERE s.service IS NOT NULL)
SELECT service, (SELECT l.wake_at FROM leases l INDEXED BY leases_wake WHERE l.mode = ?1 AND l.service = s.service AND l.wake_at IS NOT NULL ORDER BY l.wake_at LIMIT 1)
FROM s WHERE service IS NOT NULL`
