package datasette

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/imports"
	"collector/store/foreign"
)

// Format is the format of such files, to be imported.
func Format() imports.Format {
	return imports.Format{Name: "sqlite", Title: "an export of collector (SQLite)", Find: find, Read: read}
}

func find(parts []imports.Part) ([]imports.Part, error) {
	return foreign.Find(parts, "items", "networks", "users", "authors", "items_fts")
}

// query tells also of items whose network is not there: without a service they are told as broken.
const query = `SELECT coalesce(users.name, ''), coalesce(networks.service, ''), coalesce(networks.name, ''), coalesce(networks.account, ''), items.item_id, items.url, items.title, items.text,
	coalesce(authors.name, ''), coalesce(authors.url, ''), coalesce(authors.avatar, ''), items.image, items.kind, items.tags, items.language, items.private,
	items.created_at, items.liked_at, items.liked_at_source, items.first_seen_at, items.removed_at, items.details_missing
	FROM items LEFT JOIN (networks JOIN users ON users.id = networks.user) ON networks.id = items.network LEFT JOIN authors ON authors.id = items.author
	ORDER BY items.id`

func read(ctx context.Context, parts []imports.Part, fn func(imports.Entry) error) (err error) {
	db, err := foreign.Open(parts[0].Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	broken := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fn(imports.Entry{Where: "table items", Err: fmt.Errorf("from here on it cannot be read: %w", err)})
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return broken(err)
	}
	defer rows.Close() // Err tells
	for n := 1; rows.Next(); n++ {
		var o imports.Own
		var tags string
		var created, liked, seen, removed sql.NullString
		err := rows.Scan(&o.User, &o.Service, &o.Network, &o.Account, &o.ID, &o.URL, &o.Title, &o.Text, &o.Author.Name, &o.Author.URL, &o.Author.Avatar,
			&o.Image, &o.Kind, &tags, &o.Language, &o.Private, &created, &liked, &o.LikedFrom, &seen, &removed, &o.Bare)
		where := fmt.Sprintf("table items, row %d", n)
		if err == nil {
			err = moments(&o, created, liked, seen, removed)
		}
		if err != nil { // of this row alone
			if err := fn(imports.Entry{Where: where, Err: err}); err != nil {
				return err
			}
			continue
		}
		e := o.Entry(where)
		if wrong := json.Unmarshal([]byte(tags), &e.Item.Tags); wrong != nil && e.Err == nil && e.Left == "" {
			e = imports.Entry{List: e.List, Where: where, Err: errors.New("the tags are no list")}
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return broken(err)
	}
	return nil
}

// moments are the times of an item. One that cannot be read is not one that nobody knows: an
// item would be there that was taken back.
func moments(o *imports.Own, created, liked, seen, removed sql.NullString) error {
	for _, m := range []struct {
		text sql.NullString
		into **time.Time
	}{{created, &o.CreatedAt}, {liked, &o.LikedAt}, {seen, &o.SeenAt}, {removed, &o.RemovedAt}} {
		if !m.text.Valid {
			continue
		}
		t, err := time.Parse(time.RFC3339, m.text.String)
		if err != nil {
			return errors.New("a time is none: it is written like 2026-11-26T12:00:00Z")
		}
		*m.into = &t
	}
	return nil
}
