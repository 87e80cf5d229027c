package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"collector/search"
	"collector/state"
)

const accountColumns = "id, user, provider, server, remote_id, name, given, scopes, created_at"

func scanAccount(rows *sql.Rows) (state.Account, error) {
	var a state.Account
	var scopes string
	var created sql.NullInt64
	if err := rows.Scan(&a.ID, &a.User, &a.Provider, &a.Server, &a.RemoteID, &a.Name, &a.Given, &scopes, &created); err != nil {
		return a, err
	}
	a.CreatedAt = at(created)
	if scopes != "" {
		if err := json.Unmarshal([]byte(scopes), &a.Scopes); err != nil {
			return a, fmt.Errorf("the scopes of account %s: %w", a.ID, err)
		}
	}
	return a, nil
}

// list is JSON of a list or map, "" for an empty one.
func list[T any](v T, n int) (string, error) {
	if n == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// AddAccount saves a new account; see store.Accounts.
func (s *Store) AddAccount(ctx context.Context, a state.Account) error {
	err := s.write(ctx, func(t *tx) error {
		var there int
		err := t.row(`SELECT count(*) FROM accounts WHERE id = ?1 OR user = ?2 AND provider = ?3 AND server = ?4
 AND CASE WHEN ?5 = '' OR remote_id = '' THEN name = ?6 AND ?6 <> '' ELSE remote_id = ?5 END`,
			[]any{a.ID, a.User, a.Provider, a.Server, a.RemoteID, a.Name}, &there)
		if err != nil {
			return err
		}
		if there > 0 {
			return fmt.Errorf("%s account %s of user %s: %w", a.Provider, a.Name, a.User, state.ErrExists)
		}
		if _, err := t.userNumber(a.User); err != nil {
			return err
		}
		scopes, err := list(a.Scopes, len(a.Scopes))
		if err != nil {
			return err
		}
		return t.exec("INSERT INTO accounts ("+accountColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			a.ID, a.User, a.Provider, a.Server, a.RemoteID, a.Name, a.Given, scopes, stamp(a.CreatedAt))
	})
	return wrap("adding an account", err)
}

// account reads an account in the transaction, or says state.ErrNotFound.
func (t *tx) account(id string) (state.Account, error) {
	var a state.Account
	found := false
	err := t.rows("SELECT "+accountColumns+" FROM accounts WHERE id = ?", []any{id}, func(rows *sql.Rows) (err error) {
		found = true
		a, err = scanAccount(rows)
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("account %s: %w", id, state.ErrNotFound)
	}
	return a, err
}

// userNumber returns the number of a user, giving one to a new user.
func (t *tx) userNumber(name string) (int64, error) {
	if err := t.exec("INSERT INTO users (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name); err != nil {
		return 0, err
	}
	var num int64
	err := t.row("SELECT num FROM users WHERE name = ?", []any{name}, &num)
	return num, err
}

// Account returns an account, or state.ErrNotFound.
func (s *Store) Account(ctx context.Context, id string) (state.Account, error) {
	list, err := s.accounts(ctx, "WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("account %s: %w", id, state.ErrNotFound)
	}
	if err != nil {
		return state.Account{}, err
	}
	return list[0], nil
}

// Accounts lists accounts by user, provider, name.
func (s *Store) Accounts(ctx context.Context, user string) ([]state.Account, error) {
	return s.accounts(ctx, "WHERE ?1 = '' OR user = ?1 ORDER BY user, provider, name, id", user)
}

func (s *Store) accounts(ctx context.Context, where string, args ...any) ([]state.Account, error) {
	var out []state.Account
	err := s.query(ctx, "SELECT "+accountColumns+" FROM accounts "+where, args, func(rows *sql.Rows) error {
		a, err := scanAccount(rows)
		out = append(out, a)
		return err
	})
	return out, wrap("reading accounts", err)
}

// Learn saves the identity that the service confirmed, and joins what was kept
// of the lists of that person.
func (s *Store) Learn(ctx context.Context, account string, id state.Identity) error {
	err := s.write(ctx, func(t *tx) error {
		a, err := t.account(account)
		if err != nil {
			return err
		}
		if a.RemoteID != "" && a.RemoteID != id.ID {
			return fmt.Errorf("the account is %s (id %s), the credential is of %s (id %s): %w", a.Name, a.RemoteID, id.Name, id.ID, state.ErrOtherPerson)
		}
		var twin int
		err = t.row("SELECT count(*) FROM accounts WHERE id <> ? AND user = ? AND provider = ? AND server = ? AND remote_id = ?",
			[]any{a.ID, a.User, a.Provider, a.Server, id.ID}, &twin)
		if err != nil {
			return err
		}
		if twin > 0 {
			return fmt.Errorf("%s (id %s) is another account of user %s: %w", id.Name, id.ID, a.User, state.ErrExists)
		}
		if !a.Given && id.Name != "" {
			a.Name = id.Name
		}
		if id.Scopes != nil {
			a.Scopes = id.Scopes
		}
		scopes, err := list(a.Scopes, len(a.Scopes))
		if err != nil {
			return err
		}
		if err := t.exec("UPDATE accounts SET remote_id = ?, name = ?, scopes = ? WHERE id = ?", id.ID, a.Name, scopes, account); err != nil {
			return err
		}
		err = t.exec("UPDATE networks SET remote_id = ?, account = ?, account_key = ? WHERE account_id = ?",
			id.ID, a.Name, search.FieldKey(a.Name), account)
		if err != nil {
			return err
		}
		return t.reunite(account)
	})
	return wrap("saving the identity of an account", err)
}
