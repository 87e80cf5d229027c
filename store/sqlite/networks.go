package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"collector/search"
	"collector/state"
	"collector/store"
)

// AddNetworks saves new networks, all or none, due at once, each with what was
// kept of it.
func (s *Store) AddNetworks(ctx context.Context, ns []state.Network) error {
	err := s.write(ctx, func(t *tx) error {
		for _, n := range ns {
			if err := t.addNetwork(n); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("adding networks", err)
}

func (t *tx) addNetwork(n state.Network) error {
	a, err := t.account(n.AccountID)
	if err != nil {
		return err
	}
	n.User, n.Provider, n.Server, n.Account, n.RemoteID = a.User, a.Provider, a.Server, a.Name, a.RemoteID
	user, err := t.userNumber(n.User)
	if err != nil {
		return err
	}
	params, err := list(n.Params, len(n.Params))
	if err != nil {
		return err
	}
	p := n.Progress
	p.Mode, p.ScheduledTo = state.Initial, n.CreatedAt
	p.Condition = cmp.Or(p.Condition, state.OK)
	kept, err := t.kept(n, params)
	if err != nil {
		return err
	}
	if len(kept) > 0 {
		last, err := t.walks(kept[0])
		if err != nil {
			return err
		}
		p.Walks = max(p.Walks, last)
	}
	progress, err := json.Marshal(p)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO networks (id, user_num, account_id, user, service, service_key, provider, server, account, account_key,
 remote_id, params, created_at, sync_seq, full_seq, progress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, user, n.AccountID, n.User, n.Service, search.FieldKey(n.Service), n.Provider, n.Server, n.Account, search.FieldKey(n.Account),
		n.RemoteID, params, stamp(n.CreatedAt), n.SyncSeq, n.FullSeq, string(progress))
	if unique(err) {
		return fmt.Errorf("%s of user %s: %w", n.Name(), n.User, state.ErrExists)
	}
	if err != nil {
		return err
	}
	for i, old := range kept {
		if i == 0 {
			err = t.takeUp(n.ID, old)
		} else {
			err = t.absorb(place{kept[0].net, user}, old.net)
		}
		if err != nil {
			return fmt.Errorf("taking up what was kept of %s: %w", n.Name(), err)
		}
	}
	var wake any = max(n.CreatedAt.UnixMilli(), first)
	if n.Paused {
		wake = nil
	}
	return t.exec(`INSERT INTO leases (net, mode, service, wake_at, set_at, paused, condition)
 SELECT num, ?, service, ?, created_at, ?, ? FROM networks WHERE id = ?`, modeNumber(p.Mode), wake, n.Paused, string(p.Condition), n.ID)
}

// unique says that a row of that key exists.
func unique(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && (e.Code() == codes.SQLITE_CONSTRAINT_UNIQUE || e.Code() == codes.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// Network returns a network whose collecting has not ended, or state.ErrNotFound.
func (s *Store) Network(ctx context.Context, id string) (state.Network, error) {
	list, err := s.networks(ctx, "WHERE n.id = ? AND n.ended = 0", id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("network %s: %w", id, state.ErrNotFound)
	}
	if err != nil {
		return state.Network{}, err
	}
	return list[0], nil
}

// Networks lists networks by user, service, account name.
func (s *Store) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	where := "WHERE 1"
	var args []any
	for _, c := range []struct{ column, value string }{
		{"n.user", f.User}, {"n.service", f.Service}, {"n.account", f.Account}, {"n.account_id", f.AccountID},
	} {
		if c.value != "" {
			where += " AND " + c.column + " = ?"
			args = append(args, c.value)
		}
	}
	if f.Mode != "" {
		where += " AND l.mode = ?"
		args = append(args, modeNumber(f.Mode))
	}
	if f.Mode == state.Initial && !f.Removed { // few, in the long run
		where += " AND n.num IN (SELECT net FROM leases INDEXED BY leases_first WHERE mode = 0)"
	}
	if !f.Removed {
		where += " AND n.ended = 0"
	}
	if len(f.Conditions) > 0 {
		where += " AND l.condition <> 'ok' AND l.condition IN (SELECT value FROM json_each(?))"
		odd, err := json.Marshal(f.Conditions)
		if err != nil {
			return nil, fmt.Errorf("reading networks: %w", err)
		}
		args = append(args, string(odd))
	}
	if f.Limit > 0 {
		from := networkFrom
		if len(f.Conditions) > 0 {
			from = " FROM leases l INDEXED BY leases_odd CROSS JOIN networks n ON n.num = l.net "
		}
		where = "WHERE n.num IN (SELECT n.num" + from + where + " LIMIT ?)"
		args = append(args, f.Limit)
	}
	return s.networks(ctx, where+" ORDER BY n.user, n.service, n.account, n.id", args...)
}

func (s *Store) networks(ctx context.Context, where string, args ...any) ([]state.Network, error) {
	var out []state.Network
	err := s.query(ctx, "SELECT "+networkColumns+networkFrom+where, args, func(rows *sql.Rows) error {
		n, err := scanNetwork(rows)
		out = append(out, n.Network)
		return err
	})
	return out, wrap("reading networks", err)
}
