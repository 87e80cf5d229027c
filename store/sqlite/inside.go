package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// guests is how many connections a handle of Database has.
const guests = 4

// Database opens a handle of its own on the store's file, for what other packages keep there
// in tables of their own; a backup has them too. What is deleted over it is overwritten. Of
// a store that is only read it only reads. It is to be closed before the store.
func (s *Store) Database(ctx context.Context) (*sql.DB, error) {
	address := dsn(s.path, "busy_timeout(10000)", "synchronous(NORMAL)", "journal_size_limit(67108864)", "secure_delete(1)")
	if s.w == nil {
		address = readingDSN(s.path)
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, wrap("opening "+s.shown+" once more", err)
	}
	db.SetMaxOpenConns(guests)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(wrap("opening "+s.shown+" once more", err), db.Close())
	}
	return db, nil
}
