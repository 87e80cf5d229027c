package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"collector/auth"
	"collector/limit"
	"collector/store"
)

var _ store.Movable = (*Store)(nil)

// Take returns records as they are stored; see store.Source.
func (s *Store) Take(ctx context.Context, p store.Part, after string, n int) ([]store.Record, error) {
	var out []store.Record
	read := func(query string, scan func(*sql.Rows) (store.Record, error), args ...any) error {
		return s.query(ctx, query, args, func(rows *sql.Rows) error {
			r, err := scan(rows)
			out = append(out, r)
			return err
		})
	}
	// What is kept network by network: the rest of one, then the others.
	inNetworks := func(query, own string, scan func(*sql.Rows) (store.Record, error)) error {
		net, rest := store.CutKey(after)
		err := read(query+"WHERE n.id = ?1 AND "+own+" > ?2 ORDER BY "+own+" LIMIT ?3", scan, net, rest, n)
		if err != nil || len(out) == n {
			return err
		}
		return read(query+"WHERE n.id > ?1 ORDER BY n.id, "+own+" LIMIT ?2", scan, net, n-len(out))
	}
	var err error
	switch p {
	case store.PartAccounts:
		err = read("SELECT "+accountColumns+" FROM accounts WHERE id > ? ORDER BY id LIMIT ?", takeAccount, after, n)
	case store.PartCredentials:
		err = read("SELECT account, version, key_id, sealed FROM credentials WHERE account > ? ORDER BY account LIMIT ?", takeCredential, after, n)
	case store.PartQuotas:
		err = read("SELECT key, row FROM quotas WHERE key > ? ORDER BY key LIMIT ?", takeQuota, after, n)
	case store.PartNetworks:
		err = read("SELECT "+networkColumns+", l.set_at, coalesce(l.wished > 1 AND l.wake_at = 1, 0)"+networkFrom+"WHERE n.id > ? ORDER BY n.id LIMIT ?", takeNetwork, after, n)
	case store.PartItems:
		err = inNetworks(takeItems, "i.item_id", takeItem)
	case store.PartQuarantine:
		err = inNetworks(takeBads, "q.key", takeBad)
	}
	return out, wrap("reading "+string(p), err)
}

// takeItems is read by takeItem. Pages are known by name as long as the change log
// holds them.
const takeItems = `SELECT i.id, i.net, i.item_id, i.liked_at, i.removed_at, i.hash, i.observed_at, i.walk, i.imported, i.bare, i.bare_due,
 i.added_by, i.changed_by, i.first_seen, i.private, i.liked_from, i.created_at, i.url, i.kind, i.title, i.author, i.author_url,
 i.avatar, i.image, i.tags, i.language, i.text, i.removed_because, i.raw,
 coalesce((SELECT at FROM sightings WHERE item = i.id), 0), n.id, n.user, n.service,
 coalesce((SELECT page FROM changes WHERE seq = i.added_by), ''), coalesce((SELECT page FROM changes WHERE seq = i.changed_by), '')
 FROM networks n CROSS JOIN items i ON i.net = n.num `

const takeBads = `SELECT n.id, n.user, q.key, q.item_id, q.raw, q.reason, q.version, q.walk, q.at
 FROM networks n CROSS JOIN quarantine q ON q.net = n.num `

func takeAccount(rows *sql.Rows) (store.Record, error) {
	a, err := scanAccount(rows)
	return store.Record{Account: &a}, err
}

func takeCredential(rows *sql.Rows) (store.Record, error) {
	var r auth.Record
	err := rows.Scan(&r.Account, &r.Version, &r.KeyID, &r.Sealed)
	return store.Record{Credential: &r}, err
}

func takeQuota(rows *sql.Rows) (store.Record, error) {
	var r limit.Row
	err := scanQuota(rows, &r, &r.Key)
	return store.Record{Quota: &r}, err
}

func takeNetwork(rows *sql.Rows) (store.Record, error) {
	var set sql.NullInt64
	var ahead bool
	n, err := scanNetwork(rows, &set, &ahead)
	w := store.WholeNetwork{Network: n.Network, Ended: n.ended, SetAt: at(set), First: ahead}
	if n.wished != 0 {
		w.Asked = time.UnixMilli(n.wished).UTC()
	}
	return store.Record{Network: &w}, err
}

func takeItem(rows *sql.Rows) (store.Record, error) {
	var again int64
	var w store.WholeItem
	r, err := scanRow(rows, &again, &w.Network, &w.User, &w.Service, &w.AddedBy, &w.ChangedBy)
	w.Item, w.Walk, w.Imported, w.RemovedBecause = r.Item, r.walk, r.imported, r.removedBecause
	w.FirstSeenAt, w.ObservedAt = time.UnixMilli(r.firstSeen).UTC(), time.UnixMilli(max(r.observed, again)).UTC()
	w.BareDue, w.RemovedAt = at(r.bareDue), at(r.removedAt)
	return store.Record{Item: &w}, err
}

func takeBad(rows *sql.Rows) (store.Record, error) {
	var b store.WholeBad
	var raw []byte
	var when int64
	err := rows.Scan(&b.Network, &b.User, &b.Key, &b.ID, &raw, &b.Reason, &b.Version, &b.Walk, &when)
	b.Raw, b.At = json.RawMessage(raw), time.UnixMilli(when).UTC()
	return store.Record{Bad: &b}, err
}

// Count is how many records a part has.
func (s *Store) Count(ctx context.Context, p store.Part) (int, error) {
	table := map[store.Part]string{
		store.PartAccounts: "accounts", store.PartCredentials: "credentials", store.PartQuotas: "quotas",
		store.PartNetworks: "networks", store.PartItems: "items", store.PartQuarantine: "quarantine",
	}[p]
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	return n, wrap("counting "+string(p), err)
}

// CountIn counts what networks hold.
func (s *Store) CountIn(ctx context.Context, networks []string) ([]store.Stored, error) {
	ids, err := json.Marshal(networks)
	if err != nil {
		return nil, fmt.Errorf("counting items: %w", err)
	}
	var out []store.Stored
	err = s.query(ctx, `SELECT n.id, (SELECT count(*) FROM items WHERE net = n.num AND removed_at IS NULL),
 (SELECT count(*) FROM items WHERE net = n.num AND removed_at IS NOT NULL), (SELECT count(*) FROM quarantine WHERE net = n.num)
 FROM networks n WHERE n.id IN (SELECT value FROM json_each(?)) ORDER BY n.id`, []any{string(ids)}, func(rows *sql.Rows) error {
		var c store.Stored
		err := rows.Scan(&c.Network, &c.Items, &c.Removed, &c.Quarantined)
		out = append(out, c)
		return err
	})
	return out, wrap("counting items", err)
}

// Working names the instances that live: those whose lock is held.
func (s *Store) Working(ctx context.Context, _ time.Time) ([]string, error) {
	var out []string
	for _, id := range living(s.path) {
		if s.owner == nil || id != s.owner.id {
			out = append(out, id)
		}
	}
	return out, ctx.Err()
}
