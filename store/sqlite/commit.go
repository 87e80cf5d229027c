package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"collector/failpoint"
	"collector/item"
	"collector/state"
)

// Commit saves one page; see state.Store. Pages that wait at the same time share
// a transaction.
func (s *Store) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	var done state.Committed
	// A backfill brings new items: their words are made here, side by side with
	// those of other pages. A poll brings mostly known ones, which need none.
	seen := sightings(p.Items, whole(p.ObservedAt).UnixMilli())
	items, err := onePerID(seen, p.Kind == "backfill" || p.Kind == "import")
	if err == nil {
		err = s.do(&job{ctx: ctx, page: true, run: func(t *tx) (err error) {
			done, err = t.commit(ctx, l, p, items)
			return err
		}})
	}
	if err != nil {
		return state.Committed{}, wrap("saving a page of network "+l.Network, err)
	}
	return done, nil
}

func (t *tx) commit(ctx context.Context, l state.Lease, p state.Page, items []sighting) (state.Committed, error) {
	var none state.Committed
	if err := failpoint.Hit(ctx, "save.begin"); err != nil {
		return none, err
	}
	h, err := t.fence(l)
	if err != nil {
		return none, err
	}
	seq, err := t.nextSeq()
	if err != nil {
		return none, err
	}
	e, err := t.put(h.place, seq, arrival{
		walk: p.Walk, imported: p.Kind == "import", archive: p.Archive,
		half: func() error { return failpoint.Hit(ctx, "save.items.half") },
	}, items)
	if err != nil {
		return none, err
	}
	if err := t.goneBy(h, seq, p, items, &e); err != nil {
		return none, err
	}
	if err := t.note(h, p, items); err != nil {
		return none, err
	}
	if e.bad, err = t.quarantine(h, p); err != nil {
		return none, err
	}
	if err := failpoint.Hit(ctx, "save.items.done"); err != nil {
		return none, err
	}
	if err := t.logPage(h.place, p.ID, p.Kind, whole(p.ObservedAt), e); err != nil {
		return none, err
	}
	if err := failpoint.Hit(ctx, "save.state.before"); err != nil {
		return none, err
	}
	if err := t.saveProgress(h.net, p.After, e); err != nil {
		return none, err
	}
	if mode := modeNumber(p.After.Mode); mode != h.mode || h.crashes != 0 {
		if err := t.exec("UPDATE leases SET mode = ?, crashes = 0 WHERE net = ?", mode, h.net); err != nil {
			return none, err
		}
	}
	return state.Committed{Added: len(e.added), Changed: len(e.changed), Removed: len(e.removed)}, nil
}

func sightings(items []item.Item, observed int64) []sighting {
	out := make([]sighting, len(items))
	for i, it := range items {
		out[i] = sighting{Item: it, observed: observed}
	}
	return out
}

// quarantine keeps what could not be mapped, drops what could be read after all,
// and returns by how much the quarantine grew.
func (t *tx) quarantine(h held, p state.Page) (int, error) {
	added := 0
	if h.bad > 0 {
		ids := make([]string, len(p.Items))
		for i, it := range p.Items {
			ids[i] = it.ID
		}
		err := chunks([]any{h.net}, ids, func(args []any) error {
			n, err := t.affect("DELETE FROM quarantine WHERE net = ? AND item_id IN ("+inList+")", args...)
			added -= n
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("emptying the quarantine: %w", err)
		}
	}
	for _, b := range p.Bad {
		var there int
		err := t.row("SELECT 1 FROM quarantine WHERE net = ? AND key = ?", []any{h.net, b.Key}, &there)
		switch {
		case err == nil:
			err = t.exec("UPDATE quarantine SET item_id = ?, raw = ?, reason = ?, version = ? WHERE net = ? AND key = ?",
				b.ID, []byte(b.Raw), b.Reason, b.Version, h.net, b.Key)
		case errors.Is(err, sql.ErrNoRows):
			added++
			err = t.exec("INSERT INTO quarantine (key, net, item_id, raw, reason, version, walk, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				b.Key, h.net, b.ID, []byte(b.Raw), b.Reason, b.Version, b.Walk, b.At.UnixMilli())
		}
		if err != nil {
			return added, fmt.Errorf("quarantining an object: %w", err)
		}
	}
	return added, nil
}
