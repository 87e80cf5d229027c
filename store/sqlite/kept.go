package sqlite

import (
	"database/sql"
	"fmt"
	"slices"

	"collector/item"
	"collector/state"
	"collector/store"
)

// A list whose collecting ended keeps its items. Should the same person have it
// collected again, the new network goes on with them, so that nothing is found
// twice.

// kept returns the ended networks of the same list of the same person, newest
// first. params is n.Params as the file holds them.
func (t *tx) kept(n state.Network, params string) ([]network, error) {
	var out []network
	err := t.rows("SELECT "+networkColumns+networkFrom+`WHERE n.ended = 1 AND n.user = ?1 AND n.service = ?2 AND n.provider = ?3
 AND n.server = ?4 AND n.remote_id = ?5 AND (?5 <> '' OR n.account_id = ?6) AND n.params = ?7 ORDER BY n.created_at DESC, n.id DESC`,
		[]any{n.User, n.Service, n.Provider, n.Server, n.RemoteID, n.AccountID, params}, func(rows *sql.Rows) error {
			old, err := scanNetwork(rows)
			out = append(out, old)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("looking for what was kept of %s: %w", n.Name(), err)
	}
	return out, nil
}

// reunite has the networks of an account absorb what was kept of their lists.
func (t *tx) reunite(account string) error {
	var living []network
	err := t.rows("SELECT "+networkColumns+networkFrom+"WHERE n.account_id = ? AND n.ended = 0", []any{account}, func(rows *sql.Rows) error {
		n, err := scanNetwork(rows)
		living = append(living, n)
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range living {
		params, err := list(n.Params, len(n.Params))
		if err != nil {
			return err
		}
		kept, err := t.kept(n.Network, params)
		if err != nil {
			return err
		}
		for _, old := range kept {
			if err := t.absorb(n.place, old.net); err != nil {
				return fmt.Errorf("taking up what was kept of %s: %w", n.Name(), err)
			}
		}
	}
	return nil
}

// walks is the highest walk number that an ended network knows of: a network
// that goes on with its items numbers its walks on from there.
func (t *tx) walks(old network) (int64, error) {
	var last int64
	err := t.row("SELECT coalesce(max(walk), 0) FROM items WHERE net = ?", []any{old.net}, &last)
	return max(last, old.Walks), err
}

// takeUp gives a new, empty network all that an ended one kept: it gets its
// number, under which everything is stored, so that no item has to be written.
func (t *tx) takeUp(id string, old network) error {
	if err := t.exec("DELETE FROM networks WHERE num = ?", old.net); err != nil {
		return err
	}
	return t.exec("UPDATE networks SET num = ?, items = ?, bare = ?, bad = ? WHERE id = ?", old.net, old.Items, old.Bare, old.Bad, id)
}

// absorb moves what an ended network kept into one that has items of its own
// and may be in the middle of a walk. What it lacks counts as stored before its
// first walk; of what both have, its own row stays and learns from the other.
func (t *tx) absorb(p place, old int64) error {
	err := t.exec(`DELETE FROM quarantine WHERE net = ?2 AND (key IN (SELECT key FROM quarantine WHERE net = ?1)
 OR item_id IN (SELECT item_id FROM items WHERE net = ?1))`, p.net, old)
	if err != nil {
		return fmt.Errorf("joining quarantines: %w", err)
	}
	if err := t.join(p, old); err != nil {
		return err
	}
	for _, query := range []string{
		"UPDATE quarantine SET net = ?1 WHERE net = ?2",
		"UPDATE OR IGNORE items SET net = ?1, walk = 0 WHERE net = ?2", // what both have stays behind
	} {
		if err := t.exec(query, p.net, old); err != nil {
			return fmt.Errorf("moving what was kept: %w", err)
		}
	}
	if err := t.joinLog(p, old); err != nil {
		return fmt.Errorf("joining what the log tells: %w", err)
	}
	if err := t.purgeNetwork(old, &store.Removed{}); err != nil {
		return err
	}
	return t.exec(`UPDATE networks SET
 items = (SELECT count(*) FROM items WHERE net = ?1 AND removed_at IS NULL),
 bare = (SELECT count(*) FROM items WHERE net = ?1 AND bare_due IS NOT NULL AND removed_at IS NULL),
 bad = (SELECT count(*) FROM quarantine WHERE net = ?1) WHERE num = ?1`, p.net)
}

// joinLog lets the log tell of a network what it told of an ended one, but for the items
// that stayed behind: the network tells of those itself.
func (t *tx) joinLog(p place, old int64) error {
	both := map[int64]bool{}
	err := t.rows("SELECT id FROM items WHERE net = ?", []any{old}, func(rows *sql.Rows) error {
		var num int64
		err := rows.Scan(&num)
		both[num] = true
		return err
	})
	if err != nil {
		return err
	}
	type entry struct {
		seq  int64
		nums [3][]byte
	}
	var told []entry
	if len(both) > 0 {
		err = t.rows("SELECT seq, added, changed, removed FROM changes WHERE net = ?", []any{old}, func(rows *sql.Rows) error {
			var e entry
			err := rows.Scan(&e.seq, &e.nums[0], &e.nums[1], &e.nums[2])
			told = append(told, e)
			return err
		})
	}
	if err != nil {
		return err
	}
	for _, e := range told {
		for i, nums := range e.nums {
			e.nums[i] = packed(slices.DeleteFunc(unpacked(nums), func(num int64) bool { return both[num] }))
		}
		if err := t.exec("UPDATE changes SET added = ?, changed = ?, removed = ? WHERE seq = ?", e.nums[0], e.nums[1], e.nums[2], e.seq); err != nil {
			return err
		}
	}
	return t.exec("UPDATE changes SET net = ? WHERE net = ?", p.net, old)
}

// join adds to the items of a network what an ended one saw of the same.
func (t *tx) join(p place, old int64) error {
	var both []string
	err := t.rows("SELECT item_id FROM items WHERE net = ?2 AND item_id IN (SELECT item_id FROM items WHERE net = ?1)",
		[]any{p.net, old}, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			both = append(both, id)
			return err
		})
	if err != nil {
		return fmt.Errorf("looking for what both networks have: %w", err)
	}
	for ids := range slices.Chunk(both, chunk) {
		theirs, err := t.load(old, ids)
		if err != nil {
			return err
		}
		ours, err := t.load(p.net, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.update(p, ours[id], ours[id].join(theirs[id])); err != nil {
				return err
			}
		}
	}
	return nil
}

// join returns r with what another network saw of the same item.
func (r row) join(other row) row {
	older, newer := other, r
	if other.observed > r.observed {
		older, newer = r, other
	}
	raw := newer.Raw
	if len(raw) == 0 {
		raw = older.Raw
	}
	r.Item, r.words = item.Merge(older.Item, newer.Item), ""
	r.Raw, r.hash = raw, r.Hash()
	if !r.Bare {
		r.bareDue = sql.NullInt64{}
	}
	r.observed, r.firstSeen = newer.observed, min(r.firstSeen, other.firstSeen)
	return r
}
