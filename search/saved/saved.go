// Package saved keeps searches under names, each user's own: what a page lists beside
// its search field, what a feed is of, and what the command line runs by name.
//
// The searches of a user are one named value of the store, swapped as a whole: of two
// who change them at once neither loses what the other did. A search is kept as it was
// written, not as it was parsed: an age counts from when it is run. How its hits are
// listed is for the reader to say.
package saved

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"collector/search"
)

// Values are the named values of a store.
type Values interface {
	Meta(ctx context.Context, key string) (string, error)
	SwapMeta(ctx context.Context, key, old, value string) (bool, error)
}

// Search is a query under a name.
type Search struct {
	Name    string    `json:"name"`  // without blanks at its ends; compared without case and accents (search.Fold)
	Query   string    `json:"query"` // in the search grammar, as written; "" is everything
	SavedAt time.Time `json:"savedAt"`
}

// Bounds of what is kept of a user.
const (
	Most     = 100  // searches
	NameMost = 60   // characters of a name
	TextMost = 2000 // bytes of a query
)

// Errors of this package; those of Save say more.
var (
	ErrNone = errors.New("there is no saved search of this name")
	ErrName = errors.New("this cannot be the name of a search")
	ErrText = errors.New("this query cannot be saved")
	ErrMany = errors.New("there are too many saved searches")
)

// List returns the searches of a user, by name.
func List(ctx context.Context, st Values, user string) ([]Search, error) {
	_, list, err := read(ctx, st, user)
	return list, err
}

// Get returns one search, or ErrNone.
func Get(ctx context.Context, st Values, user, name string) (Search, error) {
	list, err := List(ctx, st, user)
	if err != nil {
		return Search{}, err
	}
	i := index(list, name)
	if i < 0 {
		return Search{}, fmt.Errorf("%w: %q", ErrNone, name)
	}
	return list[i], nil
}

// Save keeps a query under a name from now on; one that was kept under it is replaced.
// It refuses a name or a query that cannot be kept (ErrName, ErrText: half a query would
// find what nobody asked for, each time) and one more than Most (ErrMany).
func Save(ctx context.Context, st Values, user string, s Search, now time.Time) error {
	s.Name, s.Query, s.SavedAt = strings.TrimSpace(s.Name), strings.TrimSpace(s.Query), now.UTC().Truncate(time.Second)
	if err := s.Check(now); err != nil {
		return err
	}
	return change(ctx, st, user, func(list []Search) ([]Search, error) {
		if i := index(list, s.Name); i >= 0 {
			list[i] = s
			return list, nil
		}
		if len(list) >= Most {
			return nil, fmt.Errorf("%w: at most %d are kept; remove one first", ErrMany, Most)
		}
		return append(list, s), nil
	})
}

// Check says what of a search cannot be kept (ErrName, ErrText).
func (s Search) Check(now time.Time) error {
	s.Name, s.Query = strings.TrimSpace(s.Name), strings.TrimSpace(s.Query)
	unshown := func(r rune) bool { return !unicode.IsPrint(r) }
	switch n := utf8.RuneCountInString(s.Name); {
	case n == 0 || n > NameMost:
		return fmt.Errorf("%w: it has %d characters; write 1 to %d", ErrName, n, NameMost)
	case strings.ContainsFunc(s.Name, unshown) || !utf8.ValidString(s.Name):
		return fmt.Errorf("%w: it holds a character that cannot be shown", ErrName)
	case len(s.Query) > TextMost:
		return fmt.Errorf("%w: it has %d bytes, at most %d are kept", ErrText, len(s.Query), TextMost)
	case !utf8.ValidString(s.Query):
		return fmt.Errorf("%w: it is no text", ErrText)
	}
	if _, bad := search.Parse(s.Query, now); bad != nil {
		return fmt.Errorf("%w: %w", ErrText, bad)
	}
	return nil
}

// Remove drops a search, or is ErrNone.
func Remove(ctx context.Context, st Values, user, name string) error {
	return change(ctx, st, user, func(list []Search) ([]Search, error) {
		i := index(list, name)
		if i < 0 {
			return nil, fmt.Errorf("%w: %q", ErrNone, name)
		}
		return slices.Delete(list, i, i+1), nil
	})
}

// Forget drops all searches of a user and returns how many there were; a value that
// cannot be read counts as one, and goes too.
func Forget(ctx context.Context, st Values, user string) (int, error) {
	for {
		text, err := st.Meta(ctx, key(user))
		if err != nil {
			return 0, fmt.Errorf("reading the saved searches of %s: %w", user, err)
		}
		if text == "" {
			return 0, nil
		}
		n := 1
		var list []Search
		if json.Unmarshal([]byte(text), &list) == nil {
			n = len(list)
		}
		done, err := st.SwapMeta(ctx, key(user), text, "")
		if err != nil {
			return 0, fmt.Errorf("forgetting the saved searches of %s: %w", user, err)
		}
		if done {
			return n, nil
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
}

// Move takes the searches of a user along into another store, in place of those that it
// has there. Nobody works on either store.
func Move(ctx context.Context, from, to Values, user string) error {
	list, err := List(ctx, from, user)
	if err != nil || len(list) == 0 {
		return err
	}
	return change(ctx, to, user, func([]Search) ([]Search, error) { return list, nil })
}

// index is where a search stands among others, -1 if it does not.
func index(list []Search, name string) int {
	want := search.Fold(strings.TrimSpace(name))
	return slices.IndexFunc(list, func(s Search) bool { return search.Fold(s.Name) == want })
}

// key names the value with the searches of a user. It does not hold the user's name, so
// that nothing of it is left when the user is purged.
func key(user string) string {
	sum := sha256.Sum256([]byte(user))
	return "searches " + hex.EncodeToString(sum[:16])
}

// read returns the value as it is, and what it says.
func read(ctx context.Context, st Values, user string) (text string, list []Search, err error) {
	text, err = st.Meta(ctx, key(user))
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &list)
	}
	if err != nil {
		return text, nil, fmt.Errorf("reading the saved searches of %s: %w", user, err)
	}
	return text, list, nil
}

// change makes a change of what is there, again where somebody else was first.
func change(ctx context.Context, st Values, user string, to func([]Search) ([]Search, error)) error {
	for {
		was, list, err := read(ctx, st, user)
		if err != nil {
			return err
		}
		if list, err = to(list); err != nil {
			return err
		}
		slices.SortFunc(list, func(a, b Search) int { return cmp.Compare(search.Fold(a.Name), search.Fold(b.Name)) })
		is := ""
		if len(list) > 0 {
			b, err := json.Marshal(list)
			if err != nil {
				return fmt.Errorf("writing the saved searches of %s: %w", user, err)
			}
			is = string(b)
		}
		if is == was {
			return nil
		}
		done, err := st.SwapMeta(ctx, key(user), was, is)
		if err != nil {
			return fmt.Errorf("writing the saved searches of %s: %w", user, err)
		}
		if done {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
