package grant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors of a Store.
var (
	ErrUnknown = errors.New("there is no such grant")
	ErrTaken   = errors.New("a grant with this id or hash is there already")
)

// Store keeps grants. Any number of processes may share one, and all of its methods may be
// called at once. Memory, and the packages sqlite and mongo, pass granttest.
//
// It knows no clock and no rights; Service does. What was removed is gone with all it held:
// a hash that is not there is void, so nothing needs to be kept of it. Times are kept to
// the millisecond.
type Store interface {
	// Add saves a new grant, or returns ErrTaken. What was saved is on the disk.
	Add(ctx context.Context, r Record) error
	// Find returns the grant of a hash, or ErrUnknown.
	Find(ctx context.Context, h Hash) (Record, error)
	// Take removes the grant of a hash and returns it, or ErrUnknown: of many who take one
	// at once, in whatever process, one gets it.
	Take(ctx context.Context, h Hash) (Record, error)
	// Note saves that a grant was used, unless a later use is known or it is not there.
	Note(ctx context.Context, h Hash, at time.Time) error
	// List returns at most n grants of a user, of all users where that is "", in the order
	// of their ids, from the one after an id on; "" is before the first.
	List(ctx context.Context, user, after string, n int) ([]Record, error)
	// Remove removes a grant, or returns ErrUnknown.
	Remove(ctx context.Context, id string) error
	// RemoveOf removes the grants of one user, of "" those of the operator alone, and
	// returns how many there were.
	RemoveOf(ctx context.Context, user string) (int, error)
	// Prune removes the grants that expire after from, and at to or before, and returns how
	// many there were.
	Prune(ctx context.Context, from, to time.Time) (int, error)
	// Count is how many grants there are.
	Count(ctx context.Context) (int, error)
	// Bring saves grants as they are, each in the place of what has its hash, or returns
	// ErrTaken where another has its id.
	Bring(ctx context.Context, rs []Record) error
}

const (
	page     = 500      // grants that are read at once
	someMost = 4 * page // that are read for a page of them
)

// All returns the grants of a user, of all users where that is "", in the order of their
// making.
func All(ctx context.Context, st Store, user string) ([]Record, error) {
	out, _, err := upTo(ctx, st, user, 0)
	return out, err
}

// upTo is All that stops once it has read most grants, if that is above 0; more says that it did
// and there may be others.
func upTo(ctx context.Context, st Store, user string, most int) (out []Record, more bool, err error) {
	for after := ""; !more; {
		part, err := st.List(ctx, user, after, page)
		if err != nil {
			return nil, false, fmt.Errorf("reading the grants: %w", err)
		}
		out = append(out, part...)
		if len(part) < page {
			break
		}
		after, more = part[len(part)-1].ID, most > 0 && len(out) >= most
	}
	slices.SortStableFunc(out, func(a, b Record) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, more, nil
}

// ErrDiffers says that a move did not bring what it should have.
var ErrDiffers = errors.New("the grants of both stores differ")

// Move makes the grants of one store those of another, all but login links: afterwards the
// other one has those and no others, so that nothing is good there that was revoked between
// two tries. It may be called again. Nobody may work on either store.
func Move(ctx context.Context, from, to Store) error {
	moved, err := All(ctx, from, "")
	if err != nil {
		return err
	}
	moved = slices.DeleteFunc(moved, func(r Record) bool { return r.Kind == Login })
	there, err := All(ctx, to, "")
	if err != nil {
		return err
	}
	for _, r := range there {
		if err := to.Remove(ctx, r.ID); err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
	}
	for part := range slices.Chunk(moved, page) {
		if err := to.Bring(ctx, part); err != nil {
			return err
		}
	}
	if n, err := to.Count(ctx); err != nil || n != len(moved) {
		return errors.Join(err, fmt.Errorf("%w: %d were to be moved, and %d are there", ErrDiffers, len(moved), n))
	}
	return nil
}
