package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"collector/item"
	"collector/state"
)

// Known tells which ids were first stored by an earlier walk, are present and
// were not merely imported.
func (s *Store) Known(ctx context.Context, network string, walk int64, ids []string) ([]bool, error) {
	known := make(map[string]bool, len(ids))
	query := `SELECT item_id FROM items WHERE net = (SELECT num FROM networks WHERE id = ?) AND walk < ?
 AND removed_at IS NULL AND NOT imported AND item_id IN (` + inList + ")"
	err := chunks([]any{network, walk}, ids, func(args []any) error {
		return s.query(ctx, query, args, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			known[id] = true
			return err
		})
	})
	if err != nil {
		return nil, wrap("looking for known items", err)
	}
	out := make([]bool, len(ids))
	for i, id := range ids {
		out[i] = known[id]
	}
	return out, nil
}

// Bare returns ids of items whose details are due, newest like first.
func (s *Store) Bare(ctx context.Context, network string, now time.Time, n int) ([]string, error) {
	var out []string
	err := s.query(ctx, bareQuery, []any{network, now.UnixMilli(), max(n, 0)}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, wrap("looking for items without details", err)
}

const bareQuery = `SELECT item_id FROM items INDEXED BY items_bare
 WHERE net = (SELECT num FROM networks WHERE id = ?) AND bare_due IS NOT NULL AND bare_due <= ? AND removed_at IS NULL
 ORDER BY liked_at DESC, item_id LIMIT ?`

// Fill saves details read later.
func (s *Store) Fill(ctx context.Context, l state.Lease, f state.Fill) (filled int, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		filled, err = t.fill(l, f)
		return err
	})
	if err != nil {
		return 0, wrap("saving details for network "+l.Network, err)
	}
	return filled, nil
}

func (t *tx) fill(l state.Lease, f state.Fill) (int, error) {
	h, err := t.fence(l)
	if err != nil {
		return 0, err
	}
	seq, err := t.nextSeq()
	if err != nil {
		return 0, err
	}
	ids := slices.Concat(f.Gone, f.Later)
	for _, it := range f.Items {
		ids = append(ids, it.ID)
	}
	stored, err := t.load(h.net, ids)
	if err != nil {
		return 0, err
	}
	var e effect
	filled := 0
	change := func(was, now row) error {
		if now.hash == was.hash && now.bareDue == was.bareDue && now.observed == was.observed {
			return nil
		}
		if now.hash != was.hash {
			now.changedBy = sql.NullInt64{Int64: seq, Valid: true}
			e.changed = append(e.changed, now.num)
		}
		e.bare += now.due() - was.due()
		return t.update(h.place, was, now)
	}
	when := f.At.UnixMilli()
	for _, it := range f.Items {
		was, ok := stored[it.ID]
		if !ok || !was.Bare && when < was.observed {
			continue
		}
		now := filledRow(was, it)
		now.observed = max(was.observed, when)
		if err := change(was, now); err != nil {
			return 0, err
		}
		stored[it.ID] = now
		if was.Bare {
			filled++
		}
	}
	for _, id := range f.Gone {
		if was, ok := stored[id]; ok && was.Bare {
			now := was
			now.bareDue = sql.NullInt64{}
			if err := change(was, now); err != nil {
				return 0, err
			}
		}
	}
	for _, id := range f.Later {
		if was, ok := stored[id]; ok && was.bareDue.Valid {
			now := was
			now.bareDue.Int64 = f.Retry.UnixMilli()
			if err := change(was, now); err != nil {
				return 0, err
			}
		}
	}
	if err := t.logPage(h.place, f.ID, "fill", whole(f.At), e); err != nil {
		return 0, err
	}
	return filled, t.count(h.net, e)
}

// filledRow is a stored item with its details, which know nothing of the like.
func filledRow(was row, it item.Item) row {
	now := was
	now.Item = normal(it, was.LikedAt)
	now.LikedAt, now.LikedFrom, now.Raw, now.Bare = was.LikedAt, was.LikedFrom, was.Raw, false
	now.URL = cmp.Or(now.URL, was.URL)
	now.bareDue = sql.NullInt64{}
	now.hash = now.Hash()
	return now
}

// Quarantined returns objects that another version than version could not map,
// oldest first.
func (s *Store) Quarantined(ctx context.Context, network, version string, n int) ([]state.Bad, error) {
	var out []state.Bad
	err := s.query(ctx, `SELECT key, item_id, raw, reason, version, walk, at FROM quarantine
 WHERE net = (SELECT num FROM networks WHERE id = ?) AND version <> ? ORDER BY at, key LIMIT ?`,
		[]any{network, version, max(n, 0)}, func(rows *sql.Rows) error {
			var b state.Bad
			var raw []byte
			var met int64
			err := rows.Scan(&b.Key, &b.ID, &raw, &b.Reason, &b.Version, &b.Walk, &met)
			b.Raw, b.At = json.RawMessage(raw), time.UnixMilli(met).UTC()
			out = append(out, b)
			return err
		})
	return out, wrap("reading the quarantine", err)
}

// Remapped records what became of quarantined objects. An item is as old as the
// object it was made of, so it replaces nothing that was observed since.
func (s *Store) Remapped(ctx context.Context, l state.Lease, r state.Remap) (added int, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		added, err = t.remap(l, r)
		return err
	})
	if err != nil {
		return 0, wrap("saving objects from quarantine of network "+l.Network, err)
	}
	return added, nil
}

func (t *tx) remap(l state.Lease, r state.Remap) (int, error) {
	h, err := t.fence(l)
	if err != nil {
		return 0, err
	}
	seq, err := t.nextSeq()
	if err != nil {
		return 0, err
	}
	var items []sighting
	gone := 0
	for _, key := range slices.Sorted(maps.Keys(r.Items)) {
		var met int64
		err := t.row("SELECT at FROM quarantine WHERE key = ? AND net = ?", []any{key, h.net}, &met)
		if errors.Is(err, sql.ErrNoRows) {
			continue // read as an item since
		}
		if err != nil {
			return 0, fmt.Errorf("reading the quarantine: %w", err)
		}
		n, err := t.affect("DELETE FROM quarantine WHERE key = ? AND net = ?", key, h.net)
		if err != nil {
			return 0, fmt.Errorf("emptying the quarantine: %w", err)
		}
		gone += n
		items = append(items, sighting{Item: r.Items[key], observed: met})
	}
	for _, key := range slices.Sorted(maps.Keys(r.Still)) {
		if err := t.exec("UPDATE quarantine SET reason = ?, version = ? WHERE key = ? AND net = ?", r.Still[key], r.Version, key, h.net); err != nil {
			return 0, fmt.Errorf("keeping the quarantine: %w", err)
		}
	}
	items, err = onePerID(items, false)
	if err != nil {
		return 0, err
	}
	e, err := t.put(h.place, seq, arrival{walk: r.Walk}, items)
	if err != nil {
		return 0, err
	}
	e.bad -= gone
	if err := t.logPage(h.place, r.ID, "remap", whole(r.At), e); err != nil {
		return 0, err
	}
	return len(e.added), t.count(h.net, e)
}
