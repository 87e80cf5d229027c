package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"collector/auth"
	"collector/failpoint"
)

// Credential returns the sealed credential of an account, or auth.ErrNone.
func (s *Store) Credential(ctx context.Context, account string) (auth.Record, error) {
	r := auth.Record{Account: account}
	err := s.read.QueryRowContext(ctx, "SELECT version, key_id, sealed FROM credentials WHERE account = ?", account).Scan(&r.Version, &r.KeyID, &r.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Record{}, fmt.Errorf("account %s: %w", account, auth.ErrNone)
	}
	if err != nil {
		return auth.Record{}, wrap("reading a credential", err)
	}
	return r, nil
}

// SaveCredential replaces the record of version r.Version. It is on the disk
// before the answer: the service may have voided the one before it.
func (s *Store) SaveCredential(ctx context.Context, r auth.Record) error {
	if err := failpoint.Hit(ctx, "token.save.before"); err != nil {
		return err
	}
	err := s.do(&job{ctx: ctx, alone: true, durable: true, run: func(t *tx) error {
		n, err := 0, error(nil)
		if r.Version == 0 {
			n, err = t.affect("INSERT INTO credentials (account, version, key_id, sealed) VALUES (?, 1, ?, ?) ON CONFLICT (account) DO NOTHING",
				r.Account, r.KeyID, r.Sealed)
		} else {
			n, err = t.affect("UPDATE credentials SET version = version + 1, key_id = ?, sealed = ? WHERE account = ? AND version = ?",
				r.KeyID, r.Sealed, r.Account, r.Version)
		}
		if err == nil && n == 0 {
			err = fmt.Errorf("account %s: %w", r.Account, auth.ErrConflict)
		}
		return err
	}})
	if err != nil {
		return wrap("saving a credential", err)
	}
	return failpoint.Hit(ctx, "token.save.after")
}

// Credentials lists records in order of account, after the given one.
func (s *Store) Credentials(ctx context.Context, after string, n int) ([]auth.Record, error) {
	var out []auth.Record
	err := s.query(ctx, "SELECT account, version, key_id, sealed FROM credentials WHERE account > ? ORDER BY account LIMIT ?",
		[]any{after, n}, func(rows *sql.Rows) error {
			var r auth.Record
			err := rows.Scan(&r.Account, &r.Version, &r.KeyID, &r.Sealed)
			out = append(out, r)
			return err
		})
	return out, wrap("reading credentials", err)
}

// LeaseRefresh takes the right to refresh a credential; see auth.Store.
func (s *Store) LeaseRefresh(ctx context.Context, account, owner string, now, until time.Time) (ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err := t.affect(`INSERT INTO refreshes (account, owner, until) VALUES (?1, ?2, ?4)
 ON CONFLICT (account) DO UPDATE SET owner = ?2, until = ?4 WHERE owner = ?2 OR until <= ?3`,
			account, owner, now.UnixMilli(), until.UnixMilli())
		ok = n > 0
		return err
	})
	return ok && err == nil, wrap("leasing the refresh of a credential", err)
}

// EndRefresh gives the right back.
func (s *Store) EndRefresh(ctx context.Context, account, owner string) error {
	err := s.write(ctx, func(t *tx) error {
		return t.exec("DELETE FROM refreshes WHERE account = ? AND owner = ?", account, owner)
	})
	return wrap("ending the refresh of a credential", err)
}
