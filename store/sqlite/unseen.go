package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"collector/item"
	"collector/state"
)

// note keeps what a page has shown, and works out what a sweep that it ends has
// not. It looks for items by their ids, so it comes after they are stored.
func (t *tx) note(h held, p state.Page, items []sighting) error {
	sweep := p.Swept
	if p.After.Sweep != nil {
		sweep = p.After.Sweep.Number
	}
	if sweep == 0 && p.Kind == "sweep" { // it ends and proves nothing, or was given up
		if err := t.exec("DELETE FROM shown WHERE net = ?", h.net); err != nil {
			return err
		}
	}
	if sweep == 0 && !h.unseen {
		return nil
	}
	ids := make([]string, 0, len(items)+len(p.Bad))
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	for _, b := range p.Bad {
		if b.ID != "" {
			ids = append(ids, b.ID)
		}
	}
	if h.unseen {
		err := chunks([]any{h.net}, ids, func(args []any) error {
			return t.exec("DELETE FROM unseen WHERE net = ?1 AND item IN (SELECT id FROM items WHERE net = ?1 AND item_id IN ("+inList+"))", args...)
		})
		if err != nil {
			return fmt.Errorf("noting what was seen again: %w", err)
		}
	}
	if sweep == 0 {
		return nil
	}
	if p.After.Sweep != nil && p.After.Sweep.Pages <= 1 {
		if err := t.exec("DELETE FROM shown WHERE net = ? AND sweep <> ?", h.net, sweep); err != nil { // of sweeps that were given up
			return err
		}
	}
	err := chunks([]any{h.net, sweep}, ids, func(args []any) error {
		return t.exec("INSERT OR IGNORE INTO shown (net, sweep, item) SELECT net, ?2, id FROM items WHERE net = ?1 AND item_id IN ("+inList+")", args...)
	})
	if err == nil && p.Swept > h.swept {
		err = t.endSweep(h.net, p.Swept)
	}
	if err != nil {
		return fmt.Errorf("noting what sweep %d has shown: %w", sweep, err)
	}
	return nil
}

// endSweep works out what a sweep has not shown. The difference of the two lists
// reads only indexes.
func (t *tx) endSweep(net, sweep int64) error {
	err := t.exec(`INSERT INTO unseen (net, item, sweep, sweeps, asked) SELECT net, id, ?2, 1, 0 FROM items
 WHERE id IN (SELECT id FROM items WHERE net = ?1 EXCEPT SELECT item FROM shown WHERE net = ?1 AND sweep = ?2)
 AND walk < ?2 AND removed_at IS NULL
 ON CONFLICT (net, item) DO UPDATE SET sweep = excluded.sweep, sweeps = sweeps + 1, asked = 0`, net, sweep)
	if err != nil {
		return err
	}
	if err := t.exec("UPDATE networks SET swept = ? WHERE num = ?", sweep, net); err != nil {
		return err
	}
	return t.exec("DELETE FROM shown WHERE net = ?", net)
}

// Unseen returns items that completed sweeps did not show.
func (s *Store) Unseen(ctx context.Context, network string, u state.Unseen) ([]item.Item, int, error) {
	const from = ` FROM unseen u JOIN items i ON i.id = u.item
 WHERE u.net = (SELECT num FROM networks WHERE id = ?1) AND u.sweep = ?2 AND u.sweeps >= ?3 AND u.asked <= ?4`
	args := []any{network, u.Sweep, u.Sweeps, !u.New}
	var all int
	if err := s.read.QueryRowContext(ctx, "SELECT count(*)"+from, args...).Scan(&all); err != nil {
		return nil, 0, wrap("counting what a sweep did not show", err)
	}
	if all == 0 || u.Most <= 0 {
		return nil, all, nil
	}
	var nums []int64
	err := s.query(ctx, "SELECT u.item"+from+" ORDER BY i.item_id LIMIT ?5", append(args, u.Most), func(rows *sql.Rows) error {
		var num int64
		err := rows.Scan(&num)
		nums = append(nums, num)
		return err
	})
	var found []item.Item
	if err == nil {
		err = chunks(nil, nums, func(args []any) error {
			return s.query(ctx, "SELECT "+itemColumns+" FROM items WHERE id IN ("+inList+") ORDER BY item_id", args, func(rows *sql.Rows) error {
				r, err := scanRow(rows)
				found = append(found, r.Item)
				return err
			})
		})
	}
	return found, all, wrap("reading what a sweep did not show", err)
}

// Remove marks unseen items that are gone.
func (s *Store) Remove(ctx context.Context, l state.Lease, r state.Removal) (removed int, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		removed, err = t.remove(l, r)
		return err
	})
	if err != nil {
		return 0, wrap("removing items of network "+l.Network, err)
	}
	return removed, nil
}

func (t *tx) remove(l state.Lease, r state.Removal) (int, error) {
	h, err := t.fence(l)
	if err != nil {
		return 0, err
	}
	seq, err := t.nextSeq()
	if err != nil {
		return 0, err
	}
	const mine = " WHERE net = ?1 AND item = (SELECT id FROM items WHERE net = ?1 AND item_id = ?2)"
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(r.Because)) {
		n, err := t.affect("DELETE FROM unseen"+mine+" AND sweep = ?3", h.net, id, r.Sweep)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			ids = append(ids, id)
		}
	}
	for _, id := range r.Liked {
		if err := t.exec("DELETE FROM unseen"+mine, h.net, id); err != nil {
			return 0, err
		}
	}
	for _, id := range r.Asked {
		if err := t.exec("UPDATE unseen SET asked = 1"+mine+" AND sweep = ?3", h.net, id, r.Sweep); err != nil {
			return 0, err
		}
	}
	var e effect
	if err := t.gone(h.place, seq, ids, r.At, func(id string) state.Reason { return r.Because[id] }, &e); err != nil {
		return 0, err
	}
	if err := t.logPage(h.place, r.ID, "sweep", whole(r.At), e); err != nil {
		return 0, err
	}
	return len(e.removed), t.count(h.net, e)
}

// gone marks those of the items that are present and were not observed later.
func (t *tx) gone(p place, seq int64, ids []string, at time.Time, because func(id string) state.Reason, e *effect) error {
	if len(ids) == 0 {
		return nil
	}
	stored, err := t.load(p.net, ids)
	if err != nil {
		return err
	}
	when := whole(at).UnixMilli()
	for _, id := range ids {
		was, ok := stored[id]
		if !ok || was.removedAt.Valid || when < was.observed {
			continue
		}
		now := was
		now.removedAt, now.removedBecause, now.observed = sql.NullInt64{Int64: when, Valid: true}, string(because(id)), when
		now.changedBy = sql.NullInt64{Int64: seq, Valid: true}
		if err := t.update(p, was, now); err != nil {
			return err
		}
		stored[id] = now
		e.removed = append(e.removed, now.num)
		e.items--
		e.bare += now.due() - was.due()
	}
	return nil
}

// goneBy marks what a page calls gone.
func (t *tx) goneBy(h held, seq int64, p state.Page, items []sighting, e *effect) error {
	ids := slices.DeleteFunc(slices.Clone(p.Removed), func(id string) bool {
		return slices.ContainsFunc(items, func(it sighting) bool { return it.ID == id })
	})
	if len(ids) == 0 {
		return nil
	}
	if h.unseen {
		err := chunks([]any{h.net}, ids, func(args []any) error {
			return t.exec("DELETE FROM unseen WHERE net = ?1 AND item IN (SELECT id FROM items WHERE net = ?1 AND item_id IN ("+inList+"))", args...)
		})
		if err != nil {
			return err
		}
	}
	return t.gone(h.place, seq, ids, p.ObservedAt, func(string) state.Reason { return state.Unliked }, e)
}

// Accept notes that a person takes what a sweep did not show as gone.
func (s *Store) Accept(ctx context.Context, id string, sweep int64, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.living(id)
		if err != nil {
			return err
		}
		if err := t.exec("UPDATE networks SET accepted = ? WHERE num = ?", sweep, n.net); err != nil {
			return err
		}
		return t.wake(n.net, now, first)
	})
	return wrap("accepting removals", err)
}
