package auth

import (
	"context"
	"errors"

	"collector/auth/providers"
	"collector/failpoint"
	"collector/fault"
)

// apply puts a grant into a credential. A refresh token stays when the provider
// names no new one.
func (k *Keeper) apply(c Credential, g providers.Grant) Credential {
	now := k.now().UTC()
	c.Access, c.IssuedAt, c.ExpiresAt, c.Scopes = NewSecret(g.Access), now, g.Expires, g.Scopes
	if g.Refresh != "" {
		c.Refresh = NewSecret(g.Refresh)
	}
	if g.In > 0 {
		c.ExpiresAt = now.Add(g.In)
	}
	return c
}

// save stores a fresh pair, before anybody uses it. Where the store cannot be
// written the pair is kept in memory, and nobody signs until it is stored.
func (k *Keeper) save(ctx context.Context, who Who, f fresh) (Opened, error) {
	k.scrub.Know(who.Account, f.now)
	if err := failpoint.Hit(ctx, "token.save.before"); err != nil {
		return Opened{}, err
	}
	var err error
	for try := range saveTries {
		if try > 0 {
			if pause(ctx, lookAgain<<try) != nil {
				break
			}
		}
		var next Opened
		if next, err = k.saveOnce(ctx, who, &f); err == nil {
			return next, failpoint.Hit(ctx, "token.save.after")
		}
	}
	k.mu.Lock()
	k.unsaved[who.Account] = f
	k.mu.Unlock()
	return Opened{}, unsaved(who, err)
}

// saveOnce tries once. When the record changed meanwhile: sealed anew with the
// same pair (a rotated key), ours replaces it; another pair (the user has
// connected again), ours is dropped.
func (k *Keeper) saveOnce(ctx context.Context, who Who, f *fresh) (Opened, error) {
	err := k.seal(ctx, who.Account, f.version, f.now)
	if err == nil {
		return Opened{f.now, f.version + 1}, nil
	}
	if !errors.Is(err, ErrConflict) {
		return Opened{}, err
	}
	r, readErr := k.store.Credential(ctx, who.Account)
	if readErr != nil {
		return Opened{}, readErr
	}
	plain, readErr := k.ring.Open(r.Account, fieldCredential, r.Sealed)
	if readErr != nil {
		return Opened{}, readErr
	}
	c, readErr := fromPlain(plain)
	if readErr != nil {
		return Opened{}, readErr
	}
	if c.Access.Equal(f.was.Access) && c.Refresh.Equal(f.was.Refresh) {
		f.version = r.Version
		return Opened{}, err
	}
	return Opened{c, r.Version}, nil
}

// saveLeft stores a pair that an earlier refresh could not store.
func (k *Keeper) saveLeft(ctx context.Context, who Who) error {
	k.mu.Lock()
	f, left := k.unsaved[who.Account]
	k.mu.Unlock()
	if !left {
		return nil
	}
	err := error(ErrConflict)
	for try := 0; errors.Is(err, ErrConflict) && try < saveTries; try++ {
		_, err = k.saveOnce(ctx, who, &f)
	}
	if err != nil && !errors.Is(err, ErrNone) { // ErrNone: the account was removed
		return unsaved(who, err)
	}
	k.mu.Lock()
	delete(k.unsaved, who.Account)
	k.mu.Unlock()
	return nil
}

func unsaved(who Who, err error) error {
	e := fault.New(fault.Temporary, "the renewed sign-in of %s cannot be saved and is not used before it is: %w", who.Name, err)
	e.Whose, e.Next = "this computer", "make the store writable again, without ending the program: the new token is in its memory"
	return e
}
