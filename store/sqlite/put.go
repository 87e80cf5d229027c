package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"collector/auth"
	"collector/item"
	"collector/limit"
	"collector/search"
	"collector/state"
	"collector/store"
)

// Put saves records as they are, all or none; see store.Movable. Of pages it keeps
// no names: they stand in the change log alone.
func (s *Store) Put(ctx context.Context, records []store.Record) error {
	err := s.do(&job{ctx: ctx, alone: true, run: func(t *tx) error {
		var items []store.WholeItem
		for _, r := range records {
			var err error
			switch {
			case r.Account != nil:
				err = t.putAccount(*r.Account)
			case r.Credential != nil:
				err = t.putCredential(*r.Credential)
			case r.Quota != nil:
				err = t.putQuota(*r.Quota)
			case r.Network != nil:
				err = t.putNetwork(*r.Network)
			case r.Item != nil:
				items = append(items, *r.Item)
			case r.Bad != nil:
				err = t.putBad(*r.Bad)
			}
			if err != nil {
				return fmt.Errorf("record %q: %w", r.Key(), err)
			}
		}
		return t.putItems(items)
	}})
	return wrap("saving what is moved", err)
}

func (t *tx) putAccount(a state.Account) error {
	if _, err := t.userNumber(a.User); err != nil {
		return err
	}
	scopes, err := list(a.Scopes, len(a.Scopes))
	if err != nil {
		return err
	}
	return t.exec("INSERT OR REPLACE INTO accounts ("+accountColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		a.ID, a.User, a.Provider, a.Server, a.RemoteID, a.Name, a.Given, scopes, stamp(a.CreatedAt))
}

func (t *tx) putCredential(r auth.Record) error {
	return t.exec("INSERT OR REPLACE INTO credentials (account, version, key_id, sealed) VALUES (?, ?, ?, ?)", r.Account, r.Version, r.KeyID, r.Sealed)
}

func (t *tx) putQuota(r limit.Row) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return t.exec("INSERT OR REPLACE INTO quotas (key, row) VALUES (?, ?)", r.Key, string(b))
}

func (t *tx) putNetwork(n store.WholeNetwork) error {
	n = n.Freed()
	user, err := t.userNumber(n.User)
	if err != nil {
		return err
	}
	params, err := list(n.Params, len(n.Params))
	if err != nil {
		return err
	}
	progress, err := json.Marshal(n.Progress)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO networks (id, user_num, account_id, user, service, service_key, provider, server, account, account_key,
 remote_id, params, created_at, sync_seq, full_seq, items, bare, bad, ended, progress, accepted)
 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
 ON CONFLICT (id) DO UPDATE SET user_num = ?2, account_id = ?3, user = ?4, service = ?5, service_key = ?6, provider = ?7, server = ?8,
 account = ?9, account_key = ?10, remote_id = ?11, params = ?12, created_at = ?13, sync_seq = ?14, full_seq = ?15,
 items = ?16, bare = ?17, bad = ?18, ended = ?19, progress = ?20, accepted = ?21`,
		n.ID, user, n.AccountID, n.User, n.Service, search.FieldKey(n.Service), n.Provider, n.Server, n.Account, search.FieldKey(n.Account),
		n.RemoteID, params, stamp(n.CreatedAt), n.SyncSeq, n.FullSeq, n.Items, n.Bare, n.Network.Bad, n.Ended, string(progress), n.Accepted)
	if err != nil {
		return err
	}
	if err := t.exec("DELETE FROM leases WHERE net = (SELECT num FROM networks WHERE id = ?)", n.ID); err != nil || n.Ended {
		return err
	}
	wake, asked := stamp(n.WakeAt), int64(0)
	if !n.Asked.IsZero() {
		asked = max(n.Asked.UnixMilli(), first+1)
	}
	if n.First {
		wake = first
	}
	return t.exec(`INSERT INTO leases (net, mode, service, wake_at, set_at, paused, wished, epoch, crashes, condition)
 SELECT num, ?, service, ?, ?, ?, ?, ?, ?, ? FROM networks WHERE id = ?`,
		modeNumber(n.Mode), wake, stamp(n.SetAt), n.Paused, asked, n.Epoch, n.Crashes, string(cmp.Or(n.Condition, state.OK)), n.ID)
}

// placeOf is the place of a network that was put before what it holds.
func (t *tx) placeOf(network string) (p place, err error) {
	err = t.row("SELECT num, user_num FROM networks WHERE id = ?", []any{network}, &p.net, &p.user)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("network %s: %w", network, state.ErrNotFound)
	}
	return p, err
}

func (t *tx) putBad(b store.WholeBad) error {
	p, err := t.placeOf(b.Network)
	if err != nil {
		return err
	}
	return t.exec("INSERT OR REPLACE INTO quarantine (key, net, item_id, raw, reason, version, walk, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		b.Key, p.net, b.ID, []byte(b.Raw), b.Reason, b.Version, b.Walk, b.At.UnixMilli())
}

// putItems saves items, those of one network together.
func (t *tx) putItems(items []store.WholeItem) error {
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].Network == items[0].Network {
			n++
		}
		if err := t.putItemsOf(items[:n]); err != nil {
			return fmt.Errorf("the items of network %s: %w", items[0].Network, err)
		}
		items = items[n:]
	}
	return nil
}

func (t *tx) putItemsOf(items []store.WholeItem) error {
	p, err := t.placeOf(items[0].Network)
	if err != nil {
		return err
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	there, err := t.load(p.net, ids)
	if err != nil {
		return err
	}
	var rows []row
	for _, it := range items {
		was, again := there[it.ID]
		r := wholeRow(it)
		r.net = p.net
		if again {
			r.num = was.num
			for _, query := range []string{"DELETE FROM items WHERE id = ?", "DELETE FROM sightings WHERE item = ?"} {
				if err := t.exec(query, r.num); err != nil {
					return err
				}
			}
		} else if r.num, err = t.newItem(); err != nil {
			return err
		}
		rows = append(rows, r)
		t.owe(p, r, again)
	}
	return t.insert(rows, nil)
}

// wholeRow is the row of an item of another store, without numbers.
func wholeRow(w store.WholeItem) row {
	observed := w.ObservedAt.UnixMilli()
	it := w.Item
	seen := it.LikedAt
	if it.LikedFrom != item.FromFirstSeen || seen.IsZero() {
		seen = w.FirstSeenAt
	}
	r := row{
		Item: normal(it, seen), observed: observed, walk: w.Walk, imported: w.Imported,
		firstSeen: w.FirstSeenAt.UnixMilli(), removedBecause: w.RemovedBecause,
		bareDue:   sql.NullInt64{Int64: w.BareDue.UnixMilli(), Valid: !w.BareDue.IsZero()},
		removedAt: sql.NullInt64{Int64: w.RemovedAt.UnixMilli(), Valid: !w.RemovedAt.IsZero()},
	}
	r.hash = r.Hash()
	return r
}

// BeginLog has the change log begin behind a number.
func (s *Store) BeginLog(ctx context.Context, last int64) error {
	err := s.do(&job{ctx: ctx, alone: true, run: func(t *tx) error {
		if err := t.exec("DELETE FROM sqlite_sequence WHERE name = 'changes'"); err != nil {
			return err
		}
		if err := t.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?)", last); err != nil {
			return err
		}
		return t.setMeta(metaPruned, strconv.FormatInt(last, 10))
	}})
	return wrap("beginning the change log", err)
}
