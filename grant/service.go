package grant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"
)

// Errors of checking. A caller answers all but ErrTooMany alike: a stranger learns nothing
// of what there is.
var (
	ErrNone    = errors.New("nothing was shown that lets anybody in")
	ErrVoid    = errors.New("it is not valid: it never was, has ended, or was revoked")
	ErrTooMany = errors.New("too many wrong tries from this address; wait a minute")
)

// Service makes, checks and ends grants. It is safe for use by many goroutines.
type Service struct {
	st    Store
	log   *slog.Logger
	tries tries
}

// New is a Service over a store, which stays the caller's.
func New(st Store, log *slog.Logger) *Service { return &Service{st: st, log: log} }

// Make makes what by asks for and returns its text, which is shown this once. The error
// wraps ErrRefused, ErrScope, ErrAsk or ErrMany where the asking is at fault.
func (s *Service) Make(ctx context.Context, now time.Time, by Who, a Ask) (secret string, r Record, err error) {
	if r, err = a.record(by, now); err != nil {
		return "", r, err
	}
	if err = s.fits(ctx, now, r, Most-1); err != nil { // nothing is written for what is refused
		return "", r, err
	}
	if secret, r, err = s.add(ctx, now, r); err != nil {
		return "", r, err
	}
	if err = errors.Join(s.fits(ctx, now, r, Most), s.backed(ctx, by)); err != nil {
		return "", r, errors.Join(err, s.undo(ctx, r))
	}
	return secret, r, nil
}

// fits looks whether a user has no more than most, once before one is made and once with it. Of
// some that are made at once, over any handles, the last to look sees all: so no more than Most
// stay, though all may be refused where the last ones would have fitted.
func (s *Service) fits(ctx context.Context, now time.Time, made Record, most int) error {
	if made.User == "" || made.Kind != Token && made.Kind != Feed {
		return nil
	}
	theirs, err := All(ctx, s.st, made.User)
	if err != nil {
		return err
	}
	theirs = slices.DeleteFunc(theirs, func(r Record) bool { return r.Kind != made.Kind || r.Over(now) })
	if len(theirs) > most {
		return fmt.Errorf("%w: a user has at most %d %ss; revoke one that is not needed any more", ErrMany, Most, made.Kind)
	}
	return nil
}

// backed looks whether what asks for a grant is still there. Revoke and Purge end that
// first, and then what it made; what is made later sees here that it is gone.
func (s *Service) backed(ctx context.Context, by Who) error {
	if by.ID == "" {
		return nil
	}
	all, err := All(ctx, s.st, by.User)
	if err == nil && !slices.ContainsFunc(all, func(maker Record) bool { return maker.ID == by.ID }) {
		err = fmt.Errorf("%w: what asks for it was revoked meanwhile", ErrRefused)
	}
	return err
}

// undo removes what was just made and shown to nobody, also where nobody waits any more.
func (s *Service) undo(ctx context.Context, r Record) error {
	if err := s.st.Remove(context.WithoutCancel(ctx), r.ID); !errors.Is(err, ErrUnknown) {
		return err
	}
	return nil
}

// add saves a grant under a new text, and takes the occasion to forget those that have ended.
func (s *Service) add(ctx context.Context, now time.Time, r Record) (string, Record, error) {
	if _, err := s.st.Prune(ctx, now.Add(-forgetFor), now.Add(-ahead)); err != nil {
		return "", r, fmt.Errorf("forgetting grants that have ended: %w", err)
	}
	secret := newSecret(r.Kind)
	r.Hash = HashOf(secret)
	if err := s.st.Add(ctx, r); err != nil {
		return "", r, fmt.Errorf("making a %s: %w", r.Kind, err)
	}
	return secret, r, nil
}

// Enter uses up a login link and returns the text of a new session, for a cookie. from is
// the address that asks, and name what people will know the session by. The error is
// ErrVoid or ErrTooMany where the link is at fault. A session that the browser had before
// is the caller's to revoke.
//
// The session is saved first and the link taken then, which one of many can do. So the user
// has one of both at any moment: a purge leaves neither, and where the session cannot be
// saved the link is still good.
func (s *Service) Enter(ctx context.Context, now time.Time, from netip.Addr, secret, name string) (string, Record, error) {
	link, err := s.check(now, from, Login, secret, func(h Hash) (Record, error) { return s.st.Find(ctx, h) })
	if err != nil {
		return "", Record{}, err
	}
	a := Ask{Kind: Login, User: link.User, Name: short(name), Scopes: link.Scopes} // what the link was given is fit for a session
	r, err := a.record(Operator(), now)
	if err != nil {
		return "", Record{}, fmt.Errorf("signing in: %w", err)
	}
	r.Kind, r.ExpiresAt, r.UsedAt = Session, now.Add(SessionFor), now
	session, r, err := s.add(ctx, now, r)
	if err != nil {
		return "", Record{}, err
	}
	if _, err = s.st.Take(ctx, link.Hash); err == nil {
		return session, r, nil
	}
	if errors.Is(err, ErrUnknown) { // somebody else has followed it, or it was revoked
		err = ErrVoid
	} else {
		err = fmt.Errorf("using up a login link: %w", err)
	}
	return "", Record{}, errors.Join(err, s.undo(ctx, r))
}

// short cuts a name that a browser gave, which may be anything.
func short(name string) string {
	var out []rune
	for _, c := range name {
		if len(out) == maxName/4 {
			break
		}
		if c < ' ' || c == 0x7f {
			c = ' '
		}
		out = append(out, c)
	}
	return string(out)
}

// Who says who shows the text of a session, a token or a feed. from is the address that it
// comes from. The error is ErrVoid or ErrTooMany unless the store fails.
func (s *Service) Who(ctx context.Context, now time.Time, from netip.Addr, k Kind, secret string) (Who, error) {
	if k == Login {
		return Who{}, ErrVoid // it is to be used up
	}
	r, err := s.check(now, from, k, secret, func(h Hash) (Record, error) { return s.st.Find(ctx, h) })
	if err != nil {
		return Who{}, err
	}
	if now.Sub(r.UsedAt) >= noteAfter {
		// A full disk locks nobody out.
		if err := s.st.Note(ctx, r.Hash, now); err != nil {
			s.log.Warn("the use of a grant could not be noted", "id", r.ID, "error", err)
		}
	}
	return r.who(), nil
}

// check looks a text up, as often as its address may.
func (s *Service) check(now time.Time, from netip.Addr, k Kind, secret string, look func(Hash) (Record, error)) (Record, error) {
	h := HashOf(secret)
	ok, try := s.tries.begin(now, from, h)
	if !ok {
		return Record{}, ErrTooMany
	}
	r, err := Record{}, ErrUnknown
	if wellFormed(k, secret) {
		r, err = look(h)
	}
	switch {
	case errors.Is(err, ErrUnknown), err == nil && (r.Kind != k || r.Over(now) || r.early(now)):
		try.bad()
		return Record{}, ErrVoid
	case err != nil:
		try.undo()
		return Record{}, fmt.Errorf("looking up a %s: %w", k, err)
	}
	try.good()
	return r, nil
}
