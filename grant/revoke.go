package grant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

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
	return revocable(all, now, by), nil
}

// revocable are those of grants that somebody may revoke and that have not ended.
func revocable(all []Record, now time.Time, by Who) (out []Record) {
	for _, r := range all {
		if by.gives(r.Kind) && !r.Over(now) {
			out = append(out, r)
		}
	}
	return out
}

// Some is List for a page: it reads no more than some thousands of grants. more says that there
// are others.
func (s *Service) Some(ctx context.Context, now time.Time, by Who) (list []Record, more bool, err error) {
	if !by.gives(Feed) {
		return nil, false, fmt.Errorf("%w: grants are shown to who may end them", ErrRefused)
	}
	all, more, err := upTo(ctx, s.st, by.User, someMost)
	return revocable(all, now, by), more, err
}

// One is the grant of an id of those that List has, or ErrUnknown. However many there are, it
// reads one page.
func (s *Service) One(ctx context.Context, now time.Time, by Who, id string) (Record, error) {
	if !strings.HasPrefix(id, idMark) || !utf8.ValidString(id) || id[len(id)-1] >= utf8.RuneSelf { // it is cut
		return Record{}, ErrUnknown
	}
	near, err := s.st.List(ctx, by.User, id[:len(id)-1], page) // those that end otherwise, and this one
	if err != nil {
		return Record{}, fmt.Errorf("reading a grant: %w", err)
	}
	for _, r := range revocable(near, now, by) {
		if r.ID == id {
			return r, nil
		}
	}
	return Record{}, ErrUnknown
}

// Revoke ends a grant at once, and the feeds that it made. Somebody may end what he may
// make, and itself. Another's is ErrUnknown, as what is not there.
func (s *Service) Revoke(ctx context.Context, by Who, id string) (Record, error) {
	if !strings.HasPrefix(id, idMark) { // it may be the text itself, which stands in no error
		return Record{}, fmt.Errorf("%w: an id begins with %s, as lists show it", ErrUnknown, idMark)
	}
	all, err := All(ctx, s.st, by.User)
	if err != nil && by.User == "" && by.gives(Token) {
		return s.revokeUnread(ctx, id)
	}
	if err != nil {
		return Record{}, err
	}
	at := slices.IndexFunc(all, func(r Record) bool {
		return r.ID == id && by.Sees(r.User) && (by.gives(r.Kind) || r.ID == by.ID)
	})
	if at < 0 {
		return Record{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err := s.st.Remove(ctx, id); err != nil {
		return Record{}, fmt.Errorf("revoking: %w", err)
	}
	if all[at].Kind != Token {
		return all[at], nil
	}
	return all[at], s.revokeMadeBy(ctx, all[at])
}

// Others are the sessions that a person ends together: those of the same user, whom an operator is
// one of, but the one that asks.
func (w Who) Others(all []Record) (out []Record) {
	for _, r := range all {
		if r.Kind == Session && r.User == w.User && r.ID != w.ID {
			out = append(out, r)
		}
	}
	return out
}

// RevokeOthers ends the other sessions of whoever asks, and returns how many those were. One that
// somebody else ended meanwhile is not counted. The error wraps ErrRefused where it is not theirs to do.
func (s *Service) RevokeOthers(ctx context.Context, now time.Time, by Who) (n int, err error) {
	if !by.gives(Session) {
		return 0, fmt.Errorf("%w: sessions are ended by a person who may change something", ErrRefused)
	}
	all, err := s.List(ctx, now, by, by.User)
	if err != nil {
		return 0, err
	}
	for _, r := range by.Others(all) {
		switch gone := s.st.Remove(ctx, r.ID); {
		case gone == nil:
			n++
		case !errors.Is(gone, ErrUnknown):
			err = errors.Join(err, gone)
		}
	}
	if err != nil {
		return n, fmt.Errorf("%d other sessions are ended, and not all: %w; do it again", n, err)
	}
	return n, nil
}

// revokeUnread ends one of grants that cannot all be read: one that is damaged keeps no other
// alive. Of what it ends only the id is known.
func (s *Service) revokeUnread(ctx context.Context, id string) (Record, error) {
	if err := s.st.Remove(ctx, id); err != nil {
		return Record{}, fmt.Errorf("revoking: %w", err)
	}
	r := Record{ID: id}
	return r, s.revokeMadeBy(ctx, r)
}

// revokeMadeBy ends the feeds that a token made, which is gone already, so that it makes no more.
func (s *Service) revokeMadeBy(ctx context.Context, token Record) error {
	all, err := All(ctx, s.st, token.User)
	for _, r := range all {
		if r.By != token.ID {
			continue
		}
		if gone := s.st.Remove(ctx, r.ID); gone != nil && !errors.Is(gone, ErrUnknown) {
			err = errors.Join(err, gone)
		}
	}
	if err != nil {
		return fmt.Errorf("%s is revoked, and not all feeds that it made: %w; revoke those too", token.ID, err)
	}
	return nil
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

// Purge ends the grants of a user who is purged, and returns how many there were.
func (s *Service) Purge(ctx context.Context, user string) (int, error) {
	return Purge(ctx, s.st, user)
}
