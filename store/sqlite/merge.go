package sqlite

import (
	"bytes"
	"database/sql"
	"fmt"
	"strings"

	"collector/item"
)

// updateItem sets every column but the keys.
var updateItem = func() string {
	var set []string
	for _, c := range strings.Split(itemColumns, ",") {
		set = append(set, strings.TrimSpace(c)+" = ?")
	}
	return "UPDATE items SET " + strings.Join(set, ", ") + " WHERE id = ?"
}()

// merge stores what was observed later of items that are stored already; those
// that stay as they are go into same.
func (t *tx) merge(p place, seq int64, from arrival, items []sighting, same map[int64][]int64, e *effect) error {
	if len(items) == 0 {
		return nil
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	stored, err := t.load(p.net, ids)
	if err != nil {
		return err
	}
	for _, it := range items {
		was := stored[it.ID]
		now := was
		if was.imported && !from.imported { // a walk has seen it now, however late its page comes
			now.imported, now.walk = false, from.walk
		}
		if it.observed < was.observed {
			if err := t.update(p, was, now); err != nil {
				return err
			}
			continue
		}
		now.Item = item.Merge(was.Item, it.Item)
		now.Raw, now.words = was.Raw, ""
		if from.archive && len(it.Raw) > 0 {
			now.Raw = it.Raw
		}
		now.hash = now.Hash()
		now.observed = it.observed
		again := was.removedAt.Valid
		if again { // taken back and liked again
			now.removedAt, now.removedBecause, now.addedBy = sql.NullInt64{}, "", seq
		}
		if !now.Bare {
			now.bareDue = sql.NullInt64{}
		}
		differs := now.hash != was.hash
		if differs && !again {
			now.changedBy = sql.NullInt64{Int64: seq, Valid: true}
		}
		if !differs && !again && now.imported == was.imported && bytes.Equal(now.Raw, was.Raw) {
			same[it.observed] = append(same[it.observed], was.num)
			continue
		}
		if err := t.update(p, was, now); err != nil {
			return err
		}
		switch {
		case again:
			e.added = append(e.added, now.num)
			e.items++
		case differs:
			e.changed = append(e.changed, now.num)
		}
		e.bare += now.due() - was.due()
	}
	return nil
}

// update writes a changed row and what the search index owes for it.
func (t *tx) update(p place, was, now row) error {
	args, err := now.args(make([]any, 0, itemWidth+1))
	if err != nil {
		return err
	}
	if err := t.exec(updateItem, append(args, now.num)...); err != nil {
		return fmt.Errorf("updating item %s: %w", now.ID, err)
	}
	if now.hash != was.hash {
		t.owe(p, now, true)
	}
	return nil
}
