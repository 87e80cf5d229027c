package grant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
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
	return s.add(ctx, now, r)
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
// ErrVoid or ErrTooMany where the link is at fault.
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

// List returns the grants that somebody may revoke, of a user where one is named, in the
// order of their making: a person those of his user, an operator all, a program at most
// feeds.
func (s *Service) List(ctx context.Context, now time.Time, by Who, user string) ([]Record, error) {
	if user == "" {
		user = by.User
	}
	if !by.gives(Feed) || !by.Sees(user) {
		return nil, fmt.Errorf("%w: grants are shown to who may end them", ErrRefused)
	}
	all, err := All(ctx, s.st, user)
	if err != nil {
		return nil, err
	}
	var out []Record
	for _, r := range all {
		if by.gives(r.Kind) && !r.Over(now) {
			out = append(out, r)
		}
	}
	return out, nil
}

// Revoke ends a grant at once, and the feeds that it made. Somebody may end what he may
// make, and itself. Another's is ErrUnknown, as what is not there.
func (s *Service) Revoke(ctx context.Context, by Who, id string) (Record, error) {
	all, err := All(ctx, s.st, by.User)
	if err != nil {
		return Record{}, err
	}
	var ended *Record
	for i, r := range all {
		if r.ID == id && by.Sees(r.User) && (by.gives(r.Kind) || r.ID == by.ID) {
			ended = &all[i]
		}
	}
	if ended == nil {
		return Record{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	// It goes first, so that it makes no more feeds.
	if err := s.st.Remove(ctx, id); err != nil {
		return Record{}, fmt.Errorf("revoking: %w", err)
	}
	for _, r := range all {
		if r.By != id {
			continue
		}
		if err := s.st.Remove(ctx, r.ID); err != nil && !errors.Is(err, ErrUnknown) {
			return *ended, fmt.Errorf("revoking a feed that it made: %w", err)
		}
	}
	return *ended, nil
}

// Purge ends all grants of a user who is purged, and returns how many there were. "" is
// nobody: an operator is not purged.
func Purge(ctx context.Context, st Store, user string) (int, error) {
	if user == "" {
		return 0, nil
	}
	n, err := st.RemoveOf(ctx, user)
	if err != nil {
		return n, fmt.Errorf("ending the grants of a user: %w", err)
	}
	return n, nil
}
