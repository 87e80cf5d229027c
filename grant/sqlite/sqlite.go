// Package sqlite keeps grants in a SQLite database that the caller opened, in a table of
// its own (grants) beside whatever else is there.
//
// The handle should come from modernc.org/sqlite, with the journal mode WAL and
// secure_delete, so that what is removed is overwritten. What is made or revoked is on the
// disk when a call has returned; of the times of use the newest may be lost when the power
// fails.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/grant"
	"collector/store/sqlite/beside"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// tables are those of grants.
var tables = beside.Tables{What: "grants", One: "grants", Versions: "grant_versions", Migrations: migrationFiles}

// Store is a grant.Store.
type Store struct{ db *beside.DB }

// Made says whether the table is there.
func Made(ctx context.Context, db *sql.DB) (bool, error) {
	return tables.Made(ctx, db)
}

// Open makes the table in the database, or brings it up to date. The caller closes the
// handle, after all use of the store. The error wraps store.ErrNewer where a newer program
// wrote it.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	d, err := tables.Open(ctx, db)
	if err != nil {
		return nil, err
	}
	return &Store{d}, nil
}

// columns of a grant, in the order in which scanned reads them and values gives them.
const columns = "hash, id, user, kind, expires, used, body"

func scanned(scan func(...any) error) (r grant.Record, err error) {
	var hash []byte
	var id, user, kind, body string
	var expires, used int64
	if err := scan(&hash, &id, &user, &kind, &expires, &used, &body); err != nil {
		return r, err
	}
	err = json.Unmarshal([]byte(body), &r)
	if err == nil && len(hash) != len(r.Hash) {
		err = errors.New("its hash has another length")
	}
	if err != nil {
		return r, fmt.Errorf("grant %s is damaged: %w; revoke it and make another", id, err)
	}
	// The columns are what is looked up, so they count.
	r.Hash, r.ID, r.User, r.Kind = grant.Hash(hash), id, user, grant.Kind(kind)
	r.ExpiresAt, r.UsedAt = at(expires), at(used)
	return r, nil
}

func values(r grant.Record) ([]any, error) {
	r = grant.Kept(r)
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return []any{r.Hash[:], r.ID, r.User, string(r.Kind), milli(r.ExpiresAt), milli(r.UsedAt), string(body)}, nil
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(milli int64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milli).UTC()
}

// Find is grant.Store.Find.
func (s *Store) Find(ctx context.Context, h grant.Hash) (grant.Record, error) {
	r, err := scanned(s.db.QueryRowContext(ctx, "SELECT "+columns+" FROM grants WHERE hash = ?", h[:]).Scan)
	return r, found(err)
}

// found says in the words of the contract that there is none.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return grant.ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("reading a grant: %w", err)
	}
	return nil
}

// List is grant.Store.List.
func (s *Store) List(ctx context.Context, user, after string, n int) ([]grant.Record, error) {
	query, args := "SELECT "+columns+" FROM grants WHERE id > ?", []any{after}
	if user != "" {
		query, args = query+" AND user = ?", append(args, user)
	}
	rows, err := s.db.QueryContext(ctx, query+" ORDER BY id LIMIT ?", append(args, max(n, 0))...)
	if err != nil {
		return nil, fmt.Errorf("listing grants: %w", err)
	}
	defer rows.Close()
	var out []grant.Record
	for rows.Next() {
		r, err := scanned(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("listing grants: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing grants: %w", err)
	}
	return out, nil
}

// Count is grant.Store.Count.
func (s *Store) Count(ctx context.Context) (int, error) {
	var n int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM grants").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting grants: %w", err)
	}
	return n, nil
}
