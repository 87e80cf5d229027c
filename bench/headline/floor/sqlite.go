package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver
)

// many is how many rows a statement has.
const many = 10

const (
	head = "INSERT INTO items (net, item_id, liked_at, hash, private, created_at, url, title, author, author_url, avatar, tags, language, text," +
		" observed_at, walk, imported, bare, added_by, first_seen, liked_from, kind, image) VALUES "
	one  = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,1,0,0,1,0,'api','repository','')"
	tail = " ON CONFLICT (net, item_id) DO UPDATE SET liked_at=excluded.liked_at, hash=excluded.hash, private=excluded.private, created_at=excluded.created_at," +
		" url=excluded.url, title=excluded.title, author=excluded.author, author_url=excluded.author_url, avatar=excluded.avatar, tags=excluded.tags," +
		" language=excluded.language, text=excluded.text WHERE hash<>excluded.hash"
	asked = " RETURNING id, item_id" // only where the search index needs it
)

// sqliteWriter is one connection with its statements.
type sqliteWriter struct {
	turn                     sync.Mutex
	db                       *sql.DB
	conn                     *sql.Conn
	begin, commit, rows, row *sql.Stmt
	index                    *sql.Stmt // nil: no search index
	args                     []any
}

func openSQLite(ctx context.Context, path string, search bool) (*sqliteWriter, error) {
	q := url.Values{"_pragma": {"synchronous(NORMAL)", "cache_size(-8000)", "journal_mode(WAL)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	w := &sqliteWriter{db: db}
	end := tail
	if search {
		end += asked
	}
	if w.conn, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), db.Close())
	}
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&w.begin, "BEGIN IMMEDIATE"},
		{&w.commit, "COMMIT"},
		{&w.row, head + one + end},
		{&w.rows, head + strings.Repeat(one+",", many-1) + one + end},
		{&w.index, "INSERT INTO word_index (rowid, meta, words) VALUES (?, ?, ?)"},
	} {
		if *p.into, err = w.conn.PrepareContext(ctx, p.text); err != nil {
			return nil, errors.Join(fmt.Errorf("preparing a statement: %w", err), db.Close())
		}
	}
	if !search {
		w.index = nil
	}
	return w, nil
}

func (w *sqliteWriter) close() error { return errors.Join(w.conn.Close(), w.db.Close()) }

// write stores a page in a transaction of its own and returns how many rows it
// added or changed.
func (w *sqliteWriter) write(ctx context.Context, net int64, page []star) (int, error) {
	w.turn.Lock()
	defer w.turn.Unlock()
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return 0, fmt.Errorf("beginning a page: %w", err)
	}
	type fresh struct {
		id   int64
		text star
	}
	var new []fresh
	done := 0
	for from := 0; from < len(page); {
		n, stmt := 1, w.row
		if len(page)-from >= many {
			n, stmt = many, w.rows
		}
		w.args = w.args[:0]
		byID := make(map[string]star, n)
		for _, s := range page[from : from+n] {
			var err error
			if w.args, err = s.values(w.args, net); err != nil {
				return 0, err
			}
			if w.index != nil {
				byID[fmt.Sprint(s.Repo.ID)] = s
			}
		}
		from += n
		if w.index == nil {
			r, err := stmt.ExecContext(ctx, w.args...)
			if err != nil {
				return 0, fmt.Errorf("writing rows: %w", err)
			}
			n, err := r.RowsAffected()
			if err != nil {
				return 0, fmt.Errorf("writing rows: %w", err)
			}
			done += int(n)
			continue
		}
		rows, err := stmt.QueryContext(ctx, w.args...)
		if err != nil {
			return 0, fmt.Errorf("writing rows: %w", err)
		}
		for rows.Next() {
			var id int64
			var name string
			if err := rows.Scan(&id, &name); err != nil {
				return 0, errors.Join(err, rows.Close())
			}
			done++
			if w.index != nil {
				new = append(new, fresh{id, byID[name]})
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return 0, fmt.Errorf("writing rows: %w", err)
		}
	}
	for _, f := range new {
		meta, words := entry(f.text)
		if _, err := w.index.ExecContext(ctx, f.id, meta, words); err != nil {
			return 0, fmt.Errorf("writing the search index: %w", err)
		}
	}
	if _, err := w.commit.ExecContext(ctx); err != nil {
		return 0, fmt.Errorf("ending a page: %w", err)
	}
	return done, nil
}

// entry is a row of the search index, with the words that the product stores.
func entry(s star) (meta, words string) {
	r := s.Repo
	parts := []string{"u1", "by:" + strings.ToLower(r.Owner.Login), "lang:" + strings.ToLower(r.Language), "kind:repository"}
	for _, tag := range r.Topics {
		parts = append(parts, "tag:"+tag)
	}
	return strings.Join(parts, " "), strings.Join(s.words(), " ")
}
