package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"collector/item"
)

// row is an item with what the store knows of it.
type row struct {
	item.Item
	num            int64 // row number
	net            int64
	hash           uint64
	words          string // for the search index; "" if not yet known
	observed       int64  // milliseconds
	walk           int64
	imported       bool
	bareDue        sql.NullInt64
	addedBy        int64
	changedBy      sql.NullInt64
	firstSeen      int64
	removedAt      sql.NullInt64
	removedBecause string
}

// itemColumns are the columns of an item, in the order of scanRow and rowArgs.
const itemColumns = `id, net, item_id, liked_at, removed_at, hash, observed_at, walk, imported, bare, bare_due,
 added_by, changed_by, first_seen, private, liked_from, created_at, url, kind, title, author, author_url,
 avatar, image, tags, language, text, removed_because, raw`

// itemWidth is how many they are.
var itemWidth = strings.Count(itemColumns, ",") + 1

// scanRow reads the columns of itemColumns, and those that follow into more.
func scanRow(rows *sql.Rows, more ...any) (row, error) {
	var r row
	var liked int64
	var created sql.NullInt64
	var hash int64
	var from, tags string
	var raw []byte
	into := []any{
		&r.num, &r.net, &r.ID, &liked, &r.removedAt, &hash, &r.observed, &r.walk, &r.imported, &r.Bare, &r.bareDue,
		&r.addedBy, &r.changedBy, &r.firstSeen, &r.Private, &from, &created, &r.URL, &r.Kind, &r.Title, &r.Author.Name, &r.Author.URL,
		&r.Author.Avatar, &r.Image, &tags, &r.Language, &r.Text, &r.removedBecause, &raw,
	}
	if err := rows.Scan(append(into, more...)...); err != nil {
		return r, err
	}
	r.hash = uint64(hash)
	r.LikedAt, r.LikedFrom, r.CreatedAt = time.UnixMilli(liked).UTC(), item.Source(from), at(created)
	r.Raw = raw
	if tags != "" {
		if err := json.Unmarshal([]byte(tags), &r.Tags); err != nil {
			return r, fmt.Errorf("the tags of item %s: %w", r.ID, err)
		}
	}
	return r, nil
}

// args are the values of itemColumns.
func (r row) args(into []any) ([]any, error) {
	tags := ""
	if len(r.Tags) > 0 {
		b, err := json.Marshal(r.Tags)
		if err != nil {
			return nil, fmt.Errorf("the tags of item %s: %w", r.ID, err)
		}
		tags = string(b)
	}
	var raw any
	if len(r.Raw) > 0 {
		raw = []byte(r.Raw)
	}
	return append(into,
		r.num, r.net, r.ID, r.LikedAt.UnixMilli(), r.removedAt, int64(r.hash), r.observed, r.walk, r.imported, r.Bare, r.bareDue,
		r.addedBy, r.changedBy, r.firstSeen, r.Private, string(r.LikedFrom), stamp(r.CreatedAt), r.URL, r.Kind, r.Title, r.Author.Name, r.Author.URL,
		r.Author.Avatar, r.Image, tags, r.Language, r.Text, r.removedBecause, raw), nil
}

// due tells whether its details are still to be read.
func (r row) due() int {
	if r.bareDue.Valid && !r.removedAt.Valid {
		return 1
	}
	return 0
}

// normal brings an item into the form in which it is stored, so that its hash
// is the same before and after: whole milliseconds, a like time in any case,
// tags that JSON can hold. seen is when it was observed.
func normal(it item.Item, seen time.Time) item.Item {
	it.CreatedAt = whole(it.CreatedAt)
	if it.LikedAt.IsZero() || it.LikedFrom == item.FromFirstSeen {
		it.LikedAt, it.LikedFrom = seen, item.FromFirstSeen
	}
	it.LikedAt = whole(it.LikedAt)
	for i, tag := range it.Tags {
		if clean := strings.ToValidUTF8(tag, "\ufffd"); clean != tag {
			it.Tags = append([]string{}, it.Tags...)
			it.Tags[i] = clean
		}
	}
	return it
}
