package datasette

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"collector/item"
	"collector/store"
)

// Writer writes one file. It is for one goroutine.
type Writer struct {
	db    *sql.DB
	tx    *sql.Tx
	items *sql.Stmt
	known map[string]bool // networks that are in the file
}

// Create makes a file, which must not be there; only its owner can read it. Until Finish
// has returned it is not whole.
func Create(ctx context.Context, path string) (_ *Writer, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("making the file of an export: %w", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", path, err)
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs), RawQuery: "_pragma=foreign_keys(1)&_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)"}
	w := &Writer{known: map[string]bool{}}
	if w.db, err = sql.Open("sqlite", u.String()); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("beginning %s: %w", path, err), w.db.Close())
		}
	}()
	w.db.SetMaxOpenConns(1)
	if w.tx, err = w.db.BeginTx(ctx, nil); err != nil {
		return nil, err
	}
	if _, err = w.tx.ExecContext(ctx, schema); err != nil {
		return nil, err
	}
	w.items, err = w.tx.PrepareContext(ctx, `INSERT INTO items (title, url, text, author, network, item_id, kind, tags, language, image, private,
		created_at, liked_at, liked_at_source, first_seen_at, removed_at, removed_because, details_missing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	return w, err
}

// Add writes one like.
func (w *Writer) Add(ctx context.Context, it store.Liked) error {
	if err := w.add(ctx, it); err != nil {
		return fmt.Errorf("writing item %s of %s: %w", it.ID, it.Network, err)
	}
	return nil
}

func (w *Writer) add(ctx context.Context, it store.Liked) error {
	if err := w.network(ctx, it); err != nil {
		return err
	}
	author, err := w.author(ctx, it.Author)
	if err != nil {
		return err
	}
	tags := it.Tags
	if tags == nil {
		tags = []string{}
	}
	list, err := json.Marshal(tags)
	if err != nil {
		return err
	}
	_, err = w.items.ExecContext(ctx, it.Title, it.URL, it.Text, author, it.NetworkID, it.ID, it.Kind, string(list), it.Language, it.Image, it.Private,
		stamp(it.CreatedAt), stamp(it.LikedAt), string(it.LikedFrom), stamp(it.FirstSeenAt), stamp(it.RemovedAt), it.RemovedBecause, it.Bare)
	return err
}

// network writes the network of an item, and its user, once.
func (w *Writer) network(ctx context.Context, it store.Liked) error {
	if w.known[it.NetworkID] {
		return nil
	}
	if _, err := w.tx.ExecContext(ctx, "INSERT OR IGNORE INTO users (name) VALUES (?)", it.User); err != nil {
		return err
	}
	_, err := w.tx.ExecContext(ctx, "INSERT INTO networks (id, name, service, account, user) VALUES (?, ?, ?, ?, (SELECT id FROM users WHERE name = ?))",
		it.NetworkID, it.Network, it.Service, it.Account, it.User)
	w.known[it.NetworkID] = err == nil
	return err
}

// author is the number of an author in the file, nil for nobody.
func (w *Writer) author(ctx context.Context, a item.Author) (any, error) {
	if a == (item.Author{}) {
		return nil, nil
	}
	var id int64
	err := w.tx.QueryRowContext(ctx, "INSERT INTO authors (name, url, avatar) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET name = name RETURNING id", a.Name, a.URL, a.Avatar).Scan(&id)
	return id, err
}

// stamp is a time as text that sorts, to the millisecond; nil for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// Finish makes the file whole and closes it.
func (w *Writer) Finish(ctx context.Context) error {
	_, err := w.tx.ExecContext(ctx, indexes)
	if err == nil {
		err = w.tx.Commit()
	}
	if err := errors.Join(err, w.db.Close()); err != nil {
		return fmt.Errorf("finishing the file of an export: %w", err)
	}
	return nil
}

// Abandon closes a file that will not be whole, for the caller to remove.
func (w *Writer) Abandon() {
	_ = w.tx.Rollback() // nothing of it is kept
	_ = w.db.Close()
}
