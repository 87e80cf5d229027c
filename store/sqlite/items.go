package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/item"
)

// insertMany is how many items one INSERT holds.
const insertMany = 10

// place is the network that a page belongs to.
type place struct {
	net, user int64
}

// arrival is how items reached us.
type arrival struct {
	walk     int64
	imported bool
	archive  bool         // keep Raw
	half     func() error // called in the middle of the new items
}

// effect is what storing did.
type effect struct {
	added, changed, removed []int64 // row numbers
	items, bare, bad        int     // what to add to the counters of the network
}

// sighting is an item in its stored form and when it was observed.
type sighting struct {
	item.Item
	observed int64  // milliseconds
	hash     uint64 // of Item
	words    string // for the search index; "" if not yet known
}

// put stores items: new ones are inserted, known ones merged by item.Merge where
// something differs. seq is the entry of the change log that will tell of it.
func (t *tx) put(p place, seq int64, from arrival, items []sighting) (effect, error) {
	var e effect
	known, err := t.glance(p.net, items)
	if err != nil {
		return e, err
	}
	fresh := make([]row, 0, len(items)-len(known))
	var doubtful []sighting
	same := map[int64][]int64{} // by time of observation
	for _, it := range items {
		k, ok := known[it.ID]
		switch {
		case !ok:
			r, err := t.fresh(p, seq, from, it)
			if err != nil {
				return e, err
			}
			fresh = append(fresh, r)
		case k.imported && !from.imported:
			doubtful = append(doubtful, it)
		case it.observed < k.observed || k.removed && from.imported: // an export tells what was liked once
		case k.hash != int64(it.hash) || k.removed || from.archive:
			doubtful = append(doubtful, it)
		default:
			same[it.observed] = append(same[it.observed], k.num)
		}
	}
	if err := t.insert(fresh, from.half); err != nil {
		return e, err
	}
	for _, r := range fresh {
		e.added = append(e.added, r.num)
		e.items++
		e.bare += r.due()
		t.owe(p, r, false)
	}
	if len(fresh) == 0 && from.half != nil {
		if err := from.half(); err != nil {
			return e, err
		}
	}
	if err := t.merge(p, seq, from, doubtful, same, &e); err != nil {
		return e, err
	}
	e.added = inOrder(items, known, fresh, e.added)
	for observed, nums := range same {
		if err := t.sight(observed, nums); err != nil {
			return e, err
		}
	}
	return e, nil
}

// inOrder are the added rows as a page has them, of which the new ones were written
// first and then those that were liked again.
func inOrder(items []sighting, known map[string]glimpse, fresh []row, added []int64) []int64 {
	again := added[len(fresh):]
	if len(again) == 0 || len(fresh) == 0 {
		return added
	}
	out, next := make([]int64, 0, len(added)), 0
	for _, it := range items {
		k, was := known[it.ID]
		switch {
		case !was:
			out, next = append(out, fresh[next].num), next+1
		case len(again) > 0 && again[0] == k.num:
			out, again = append(out, k.num), again[1:]
		}
	}
	return out
}

var errNoID = errors.New("an item without an id cannot be stored")

// onePerID puts items into their stored form and joins repeats of one page. It
// needs no transaction, so callers do it before they take the writer's time.
func onePerID(items []sighting, words bool) ([]sighting, error) {
	index := make(map[string]int, len(items))
	out := make([]sighting, 0, len(items))
	for _, it := range items {
		if it.ID == "" {
			return nil, errNoID
		}
		it.Item = normal(it.Item, time.UnixMilli(it.observed))
		if i, again := index[it.ID]; again {
			out[i].Item = item.Merge(out[i].Item, it.Item)
			out[i].observed = max(out[i].observed, it.observed)
			continue
		}
		index[it.ID] = len(out)
		out = append(out, it)
	}
	for i := range out {
		out[i].hash = out[i].Hash()
		if words {
			out[i].words = wordsOf(out[i].Item)
		}
	}
	return out, nil
}

// glimpse is what tells whether a stored item has to be looked at.
type glimpse struct {
	num               int64
	hash, observed    int64
	removed, imported bool
}

// glance reads the glimpses of those items that are stored.
func (t *tx) glance(net int64, items []sighting) (map[string]glimpse, error) {
	known := make(map[string]glimpse)
	if len(items) == 0 {
		return known, nil
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	query := `SELECT item_id, id, hash, max(observed_at, coalesce((SELECT at FROM sightings WHERE item = id), 0)), removed_at IS NOT NULL, imported
 FROM items WHERE net = ? AND item_id IN (` + inList + ")"
	err := chunks([]any{net}, ids, func(args []any) error {
		return t.rows(query, args, func(rows *sql.Rows) error {
			var id string
			var g glimpse
			if err := rows.Scan(&id, &g.num, &g.hash, &g.observed, &g.removed, &g.imported); err != nil {
				return err
			}
			known[id] = g
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("looking for stored items: %w", err)
	}
	return known, nil
}

// fresh is the row of an item that was never seen.
func (t *tx) fresh(p place, seq int64, from arrival, it sighting) (row, error) {
	num, err := t.newItem()
	if err != nil {
		return row{}, err
	}
	r := row{
		Item: it.Item, num: num, net: p.net, hash: it.hash, words: it.words, observed: it.observed,
		walk: from.walk, imported: from.imported, addedBy: seq, firstSeen: it.observed,
		bareDue: sql.NullInt64{Valid: it.Bare},
	}
	if !from.archive {
		r.Raw = nil
	}
	return r, nil
}

// insert writes new rows, several a statement; half is called in the middle.
func (t *tx) insert(fresh []row, half func() error) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", itemWidth), ",") + ")"
	many := strings.TrimSuffix(strings.Repeat(one+",", insertMany), ",")
	head := "INSERT OR FAIL INTO items (" + itemColumns + ") VALUES "
	args := make([]any, 0, itemWidth*insertMany)
	called := false
	for from := 0; from < len(fresh); {
		if half != nil && !called && from >= len(fresh)/2 {
			called = true
			if err := half(); err != nil {
				return err
			}
		}
		n, query := 1, head+one
		if len(fresh)-from >= insertMany {
			n, query = insertMany, head+many
		}
		args = args[:0]
		for _, r := range fresh[from : from+n] {
			var err error
			if args, err = r.args(args); err != nil {
				return err
			}
		}
		if err := t.exec(query, args...); err != nil {
			return fmt.Errorf("inserting items: %w", err)
		}
		from += n
	}
	return nil
}

// load reads whole rows by their ids.
func (t *tx) load(net int64, ids []string) (map[string]row, error) {
	out := make(map[string]row, len(ids))
	query := "SELECT " + itemColumns + ", coalesce((SELECT at FROM sightings WHERE item = id), 0) FROM items WHERE net = ? AND item_id IN (" + inList + ")"
	err := chunks([]any{net}, ids, func(args []any) error {
		return t.rows(query, args, func(rows *sql.Rows) error {
			var again int64
			r, err := scanRow(rows, &again)
			r.observed = max(r.observed, again)
			out[r.ID] = r
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading stored items: %w", err)
	}
	return out, nil
}

// sight notes that items were seen again as they are.
func (t *tx) sight(observed int64, nums []int64) error {
	err := chunks([]any{observed}, nums, func(args []any) error {
		return t.exec(sightQuery, args...)
	})
	if err != nil {
		return fmt.Errorf("noting what was seen again: %w", err)
	}
	return nil
}

var sightQuery = "INSERT INTO sightings (item, at) SELECT id, ? FROM items WHERE id IN (" + inList + ") ON CONFLICT (item) DO UPDATE SET at = excluded.at"
