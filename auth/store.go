package auth

import (
	"context"
	"errors"
	"time"
)

// Record is a sealed credential as a store keeps it.
type Record struct {
	Account string
	Version int64  // grows with every save; 0: there is none
	KeyID   string // names the secret key that sealed it
	Sealed  []byte
}

// ErrConflict says that the credential was changed since it was read.
var ErrConflict = errors.New("the credential was changed by another process")

// ErrNone says that the account has no credential.
var ErrNone = errors.New("the account has no credential")

// Store keeps sealed credentials. Plain text never reaches it.
type Store interface {
	// Credential returns the record of an account, or ErrNone.
	Credential(ctx context.Context, account string) (Record, error)
	// SaveCredential replaces the record whose version is r.Version (0: there
	// must be none yet) and stores it durably with version r.Version+1, or
	// returns ErrConflict.
	SaveCredential(ctx context.Context, r Record) error
	// Credentials lists records in order of account, after the given one.
	Credentials(ctx context.Context, after string, n int) ([]Record, error)
	// LeaseRefresh takes the right to refresh an account's credential until a
	// time; false: another owner has it.
	LeaseRefresh(ctx context.Context, account, owner string, now, until time.Time) (bool, error)
	// EndRefresh gives the right back.
	EndRefresh(ctx context.Context, account, owner string) error
}
