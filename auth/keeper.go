package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

// fieldCredential is the field that credentials are sealed for.
const fieldCredential = "credential"

// Who is the account that a call is made for.
type Who struct {
	Account  string // id; "" for a trial of a credential that is not stored yet
	Remote   string // id at the provider; "" until learned
	Provider string
	Server   string // origin of the account's own server, or of the provider's default one; "" where it has fixed hosts
	Standard string // the provider's default server: one whose address the operator may override
	Name     string // for texts: "github/octocat"
	User     string
}

// Send makes one call of a sign-in through the shared client, with the
// placeholders filled from c. It returns replies of every status but limits.
type Send func(ctx context.Context, who Who, step providers.Step, c Credential) (connectors.Reply, error)

// Keeper opens credentials, keeps their tokens fresh and saves what comes back
// before it is used. Its methods may be used from many goroutines.
//
// One refresher an account: in this process by a shared flight, between
// processes by a lease in the store, and should both fail by the record's
// version. A refresh that was begun is not given up when its caller is.
type Keeper struct {
	store     Store
	ring      *Keyring
	providers map[string]providers.Provider
	owner     string
	now       func() time.Time
	scrub     *Scrubber
	flights   singleflight.Group
	running   sync.WaitGroup

	mu      sync.Mutex
	unsaved map[string]fresh // pairs that came back and could not be stored yet
}

// NewKeeper returns the keeper of one process. owner is the instance id.
func NewKeeper(store Store, ring *Keyring, known map[string]providers.Provider, owner string, now func() time.Time) *Keeper {
	return &Keeper{
		store: store, ring: ring, providers: known, owner: owner, now: now,
		scrub: NewScrubber(), unsaved: map[string]fresh{},
	}
}

// Scrubber knows the secrets that this keeper has opened.
func (k *Keeper) Scrubber() *Scrubber { return k.scrub }

// Opened is a credential as it is stored.
type Opened struct {
	Credential
	Version int64
}

// Access returns the credential to sign with, refreshed when its end is near.
// An account without one, or whose sign-in is dead, is fault.Unauthorized.
func (k *Keeper) Access(ctx context.Context, who Who, send Send) (Opened, error) {
	have, err := k.open(ctx, who)
	if err != nil {
		return Opened{}, err
	}
	if !k.due(who, have.Credential) || len(k.steps(who, have.Credential)) == 0 {
		if !k.signs(who, have.Credential) {
			return Opened{}, dead(who, "the stored credential has no access token, and nothing to get one with")
		}
		return have, nil
	}
	next, err := k.renew(ctx, who, have.Version, send)
	if usable := !have.Access.Empty() && k.now().Before(have.ExpiresAt); err != nil && usable && fault.KindOf(err) != fault.Unauthorized {
		return have, nil // it was early: the old token still serves
	}
	return next, err
}

// Know opens an account's credential for the Scrubber alone: nothing is signed with
// it, and nothing refreshed.
func (k *Keeper) Know(ctx context.Context, who Who) error {
	_, err := k.open(ctx, who)
	return err
}

// Refused tells that the service refused used, and returns another credential
// when there is one or one can be had; false: there is none.
func (k *Keeper) Refused(ctx context.Context, who Who, used Opened, send Send) (Opened, bool, error) {
	have, err := k.open(ctx, who)
	if err != nil {
		return Opened{}, false, err
	}
	if !have.Access.Equal(used.Access) {
		return have, true, nil
	}
	if len(k.steps(who, have.Credential)) == 0 {
		return Opened{}, false, nil
	}
	next, err := k.renew(ctx, who, have.Version, send)
	return next, err == nil, err
}

// Try makes a credential that is not stored ready to sign with, for the call
// that asks whose it is, and returns what is to be saved in its place.
func (k *Keeper) Try(ctx context.Context, who Who, c Credential, send Send) (Credential, error) {
	k.scrub.Know("", c)
	if !k.due(who, c) {
		return c, nil
	}
	err := error(nil)
	for _, step := range k.steps(who, c) {
		var g providers.Grant
		if g, err = k.ask(ctx, who, step, c, send); err == nil {
			c = k.apply(c, g)
			k.scrub.Know("", c)
			return c, nil
		}
		if fault.KindOf(err) != fault.Unauthorized {
			return Credential{}, err
		}
	}
	if !k.signs(who, c) {
		return Credential{}, dead(who, reason(err, "the credential has no access token, and nothing to get one with"))
	}
	return c, nil
}

// Put saves the credential that a user gave, whatever was stored before.
func (k *Keeper) Put(ctx context.Context, account string, c Credential) error {
	k.mu.Lock()
	delete(k.unsaved, account) // what the user gives is newer
	k.mu.Unlock()
	for range 20 {
		r, err := k.store.Credential(ctx, account)
		if err != nil && !errors.Is(err, ErrNone) {
			return fmt.Errorf("reading the credential to be replaced: %w", err)
		}
		err = k.seal(ctx, account, r.Version, c)
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("saving the credential: %w, again and again", ErrConflict)
}

// Wait returns when no refresh is under way, or ctx has ended: a store must not
// be closed under one.
func (k *Keeper) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() { k.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for a refresh of a sign-in to end: %w", context.Cause(ctx))
	}
}

// open reads an account's credential.
func (k *Keeper) open(ctx context.Context, who Who) (Opened, error) {
	if err := k.saveLeft(ctx, who); err != nil {
		return Opened{}, err
	}
	r, err := k.store.Credential(ctx, who.Account)
	if errors.Is(err, ErrNone) {
		return Opened{}, dead(who, "the account has no stored credential")
	}
	if err != nil {
		return Opened{}, fmt.Errorf("reading the credential of %s: %w", who.Name, err)
	}
	c, err := k.ring.OpenCredential(r)
	if err != nil {
		return Opened{}, fmt.Errorf("opening the credential of %s: %w", who.Name, err)
	}
	k.scrub.Know(who.Account, c)
	return Opened{c, r.Version}, nil
}

// seal stores c over the record of a version.
func (k *Keeper) seal(ctx context.Context, account string, version int64, c Credential) error {
	r, err := k.ring.SealCredential(account, c)
	if err != nil {
		return err
	}
	r.Version = version
	if err := k.store.SaveCredential(ctx, r); err != nil {
		return fmt.Errorf("saving the credential: %w", err)
	}
	return nil
}

// SealCredential returns the sealed form of an account's credential, of version 0.
func (r *Keyring) SealCredential(account string, c Credential) (Record, error) {
	plain, err := c.plain()
	if err != nil {
		return Record{}, fmt.Errorf("writing the credential: %w", err)
	}
	id, sealed, err := r.Seal(account, fieldCredential, plain)
	if err != nil {
		return Record{}, fmt.Errorf("sealing the credential: %w", err)
	}
	return Record{Account: account, KeyID: id, Sealed: sealed}, nil
}

// OpenCredential returns what SealCredential sealed.
func (r *Keyring) OpenCredential(sealed Record) (Credential, error) {
	plain, err := r.Open(sealed.Account, fieldCredential, sealed.Sealed)
	if err != nil {
		return Credential{}, err
	}
	return fromPlain(plain)
}
