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
// wraps ErrRefused, ErrScope or ErrAsk where the asking is at fault.
func (s *Service) Make(ctx context.Context, now time.Time, by Who, a Ask) (secret string, r Record, err error) {
	if r, err = a.record(by, now); err != nil {
		return "", r, err
	}
	secret, r, err = s.add(ctx, now, r)
	if err != nil || r.By == "" {
		return secret, r, err
	}
	// Revoke looks for what a token made once the token is gone; what is made later sees here
	// that it is.
	all, err := All(ctx, s.st, by.User)
	if err == nil && slices.ContainsFunc(all, func(maker Record) bool { return maker.ID == r.By }) {
		return secret, r, nil
	}
	if undo := s.st.Remove(ctx, r.ID); undo != nil && !errors.Is(undo, ErrUnknown) {
		err = errors.Join(err, undo)
	}
	return "", r, errors.Join(err, fmt.Errorf("%w: what asks for it was revoked meanwhile", ErrRefused))
}

// add saves a grant under a new text, and takes the occasion to forget those that are over.
func (s *Service) add(ctx context.Context, now time.Time, r Record) (string, Record, error) {
	if _, err := s.st.Prune(ctx, now); err != nil {
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
func (s *Service) Enter(ctx context.Context, now time.Time, from netip.Addr, secret, name string) (string, Record, error) {
	link, err := s.check(now, from, Login, secret, func(h Hash) (Record, error) { return s.st.Take(ctx, h) })
	if err != nil {
		return "", Record{}, err
	}
	a := Ask{Kind: Login, User: link.User, Name: short(name), Scopes: link.Scopes} // what the link was given is fit for a session
	r, err := a.record(Operator(), now)
	if err != nil {
		return "", Record{}, fmt.Errorf("signing in: %w", err)
	}
	r.Kind, r.ExpiresAt, r.UsedAt = Session, now.Add(SessionFor), now
	return s.add(ctx, now, r)
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
	case errors.Is(err, ErrUnknown), err == nil && (r.Kind != k || r.Over(now)):
		try.bad()
		return Record{}, ErrVoid
	case err != nil:
		try.undo()
		return Record{}, fmt.Errorf("looking up a %s: %w", k, err)
	}
	try.good()
	return r, nil
}
