package sqlite

import (
	"context"
	"database/sql"

	"collector/store"
)

// RemoveNetwork ends collecting; see store.Accounts. A network whose collecting
// ended earlier can still be purged.
func (s *Store) RemoveNetwork(ctx context.Context, id string, purge bool) (store.Removed, error) {
	var gone store.Removed
	err := s.do(&job{ctx: ctx, alone: true, run: func(t *tx) error {
		gone = store.Removed{}
		n, err := t.network(id)
		if err == nil && n.ended && !purge {
			n, err = t.living(id)
		}
		if err != nil {
			return err
		}
		return t.removeNetwork(n, purge, &gone)
	}})
	if err != nil {
		return store.Removed{}, wrap("removing a network", err)
	}
	if purge {
		err = s.forget(ctx)
	}
	return gone, err
}

func (t *tx) removeNetwork(n network, purge bool, gone *store.Removed) error {
	if err := t.exec("DELETE FROM leases WHERE net = ?", n.net); err != nil {
		return err
	}
	if purge {
		if err := t.purgeNetwork(n.net, gone); err != nil {
			return err
		}
	} else if err := t.end(n.net); err != nil {
		return err
	}
	gone.Networks++
	var left int
	if err := t.row("SELECT count(*) FROM networks WHERE account_id = ? AND ended = 0", []any{n.AccountID}, &left); err != nil || left > 0 {
		return err
	}
	return t.removeAccount(n.AccountID, gone)
}

// end ends the collecting of a network. Its walks will not go on.
func (t *tx) end(net int64) error {
	for _, query := range []string{"UPDATE networks SET ended = 1 WHERE num = ?", "DELETE FROM shown WHERE net = ?", "DELETE FROM unseen WHERE net = ?"} {
		if err := t.exec(query, net); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) removeAccount(id string, gone *store.Removed) error {
	for _, d := range []struct {
		query string
		count *int
	}{
		{"DELETE FROM accounts WHERE id = ?", &gone.Accounts},
		{"DELETE FROM credentials WHERE account = ?", &gone.Credentials},
		{"DELETE FROM refreshes WHERE account = ?", new(int)},
	} {
		n, err := t.affect(d.query, id)
		if err != nil {
			return err
		}
		*d.count += n
	}
	return nil
}

// purgeNetwork deletes everything of a network. The search index forgets the
// items before they go: it finds them by their row numbers.
func (t *tx) purgeNetwork(net int64, gone *store.Removed) error {
	for _, d := range []struct {
		query string
		count *int
	}{
		{"DELETE FROM word_index WHERE rowid IN (SELECT id FROM items WHERE net = ?)", new(int)},
		{"DELETE FROM sightings WHERE item IN (SELECT id FROM items WHERE net = ?)", new(int)},
		{"DELETE FROM items WHERE net = ?", &gone.Items},
		{"DELETE FROM changes WHERE net = ?", &gone.Changes},
		{"DELETE FROM quarantine WHERE net = ?", &gone.Quarantined},
		{"DELETE FROM shown WHERE net = ?", new(int)},
		{"DELETE FROM unseen WHERE net = ?", new(int)},
		{"DELETE FROM networks WHERE num = ?", new(int)},
	} {
		n, err := t.affect(d.query, net)
		if err != nil {
			return err
		}
		*d.count += n
	}
	return nil
}

// PurgeUser deletes everything of a user.
func (s *Store) PurgeUser(ctx context.Context, user string) (store.Removed, error) {
	var gone store.Removed
	if user == "" { // names nobody; it must not read as everybody
		return gone, ctx.Err()
	}
	err := s.do(&job{ctx: ctx, alone: true, run: func(t *tx) error {
		gone = store.Removed{}
		var list []network
		err := t.rows("SELECT "+networkColumns+networkFrom+"WHERE n.user = ?", []any{user}, func(rows *sql.Rows) error {
			n, err := scanNetwork(rows)
			list = append(list, n)
			return err
		})
		if err != nil {
			return err
		}
		for _, n := range list {
			if err := t.removeNetwork(n, true, &gone); err != nil {
				return err
			}
		}
		var accounts []string
		err = t.rows("SELECT id FROM accounts WHERE user = ?", []any{user}, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			accounts = append(accounts, id)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range accounts { // those that never had a network
			if err := t.removeAccount(id, &gone); err != nil {
				return err
			}
		}
		return t.exec("DELETE FROM users WHERE name = ?", user)
	}})
	if err != nil {
		return store.Removed{}, wrap("purging user "+user, err)
	}
	return gone, s.forget(ctx)
}
