package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"collector/grant"
	"collector/store/sqlite/beside"
)

// changed runs one statement and returns how many grants it changed.
func (s *Store) changed(ctx context.Context, how beside.How, query string, args ...any) (n int64, err error) {
	err = s.db.Write(ctx, how, func(ctx context.Context, c *sql.Conn) error {
		res, err := c.ExecContext(ctx, query, args...)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// Add is grant.Store.Add.
func (s *Store) Add(ctx context.Context, r grant.Record) error {
	args, err := values(r)
	if err != nil {
		return fmt.Errorf("saving grant %s: %w", r.ID, err)
	}
	n, err := s.changed(ctx, beside.Firm, "INSERT INTO grants ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", args...)
	if err == nil && n == 0 {
		err = grant.ErrTaken
	}
	if err != nil {
		return fmt.Errorf("saving grant %s: %w", r.ID, err)
	}
	return nil
}

// Take is grant.Store.Take.
func (s *Store) Take(ctx context.Context, h grant.Hash) (r grant.Record, err error) {
	err = s.db.Write(ctx, beside.Firm, func(ctx context.Context, c *sql.Conn) error {
		r, err = scanned(c.QueryRowContext(ctx, "DELETE FROM grants WHERE hash = ? RETURNING "+columns, h[:]).Scan)
		return err
	})
	return r, found(err)
}

// Note is grant.Store.Note.
func (s *Store) Note(ctx context.Context, h grant.Hash, used time.Time) error {
	if _, err := s.changed(ctx, beside.Loose, "UPDATE grants SET used = ?1 WHERE hash = ?2 AND used < ?1", milli(used), h[:]); err != nil {
		return fmt.Errorf("noting that a grant was used: %w", err)
	}
	return nil
}

// Remove is grant.Store.Remove.
func (s *Store) Remove(ctx context.Context, id string) error {
	n, err := s.changed(ctx, beside.Firm, "DELETE FROM grants WHERE id = ?", id)
	if err == nil && n == 0 {
		err = grant.ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("removing grant %s: %w", id, err)
	}
	return nil
}

// RemoveOf is grant.Store.RemoveOf.
func (s *Store) RemoveOf(ctx context.Context, user string) (int, error) {
	n, err := s.changed(ctx, beside.Firm, "DELETE FROM grants WHERE user = ?", user)
	if err != nil {
		return 0, fmt.Errorf("removing the grants of a user: %w", err)
	}
	return int(n), nil
}

// Prune is grant.Store.Prune. It writes only where there is something to remove.
func (s *Store) Prune(ctx context.Context, from, to time.Time) (int, error) {
	after := max(0, milli(from)) // 0 is never
	var one int
	err := s.db.QueryRowContext(ctx, "SELECT 1 FROM grants WHERE expires > 0 AND expires > ? AND expires <= ? LIMIT 1", after, milli(to)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	var n int64
	if err == nil {
		n, err = s.changed(ctx, beside.Loose, "DELETE FROM grants WHERE expires > 0 AND expires > ? AND expires <= ?", after, milli(to))
	}
	if err != nil {
		return 0, fmt.Errorf("removing grants that have ended: %w", err)
	}
	return int(n), nil
}

// Bring is grant.Store.Bring.
func (s *Store) Bring(ctx context.Context, rs []grant.Record) error {
	err := s.db.Write(ctx, beside.Firm, func(ctx context.Context, c *sql.Conn) error {
		for _, r := range rs {
			args, err := values(r)
			if err != nil {
				return err
			}
			var others int
			if err := c.QueryRowContext(ctx, "SELECT count(*) FROM grants WHERE id = ? AND hash <> ?", r.ID, r.Hash[:]).Scan(&others); err != nil {
				return err
			}
			if others > 0 { // REPLACE would remove it
				return fmt.Errorf("%w: %s", grant.ErrTaken, r.ID)
			}
			if _, err := c.ExecContext(ctx, "INSERT OR REPLACE INTO grants ("+columns+") VALUES (?, ?, ?, ?, ?, ?, ?)", args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("saving grants: %w", err)
	}
	return nil
}
