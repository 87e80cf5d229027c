package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Record is an endpoint as it is kept, with what the daemon knows of it.
type Record struct {
	Endpoint
	Version int64 // grows by one with each change of the endpoint; 0: it is not kept yet
	Place   Place
	Health  Health
	// Damaged is why it cannot be read; then only its id and version are known. List alone
	// sets it, so that one that is damaged hides no other: Get returns it as its error.
	Damaged error
}

// Note is what the daemon found out about an endpoint; what is nil is not noted.
type Note struct {
	ID     string
	Place  *Place
	Health *Health
}

// Errors of a Store.
var (
	ErrUnknown = errors.New("there is no such webhook")
	ErrChanged = errors.New("the webhook was changed by another process")
	ErrMany    = errors.New("there are too many webhooks already") // of the user: Most
	ErrDamaged = errors.New("the webhook is damaged in the store")
)

// Store keeps endpoints. Any number of processes may share one, and all of its methods may
// be called at once. Memory, and the packages sqlite and mongo, pass webhooktest.
//
// What people set of an endpoint is guarded by a version: who saves it names the one that
// was read, so of two changes at the same moment one is refused, and made again by Change.
// What the daemon finds out stands beside it and has one writer.
type Store interface {
	// Get returns an endpoint, or ErrUnknown.
	Get(ctx context.Context, id string) (Record, error)
	// List returns at most n endpoints in the order of their ids, from the one after an
	// id on; "" is before the first. One that cannot be read is among them, with Damaged set.
	List(ctx context.Context, after string, n int) ([]Record, error)
	// Of returns the endpoints of a user, in the order of their ids: Most, or a few more while
	// some are being added. One that cannot be read is nobody's.
	Of(ctx context.Context, user string) ([]Record, error)
	// Put saves an endpoint if the one of its id has the version r.Version, and returns the
	// next version; otherwise it returns ErrChanged and nothing is changed. With version 0
	// the endpoint is added, with its place and health; later they stay as they are. An id
	// that was removed is never taken again: that is ErrChanged. What was saved is on the
	// disk.
	Put(ctx context.Context, r Record) (int64, error)
	// Note saves what was found out about endpoints that are there.
	Note(ctx context.Context, notes []Note) error
	// Remove removes an endpoint of whatever version and what is known of it, or returns
	// ErrUnknown. Nothing is left of it but its id.
	Remove(ctx context.Context, id string) error
	// Count is how many endpoints there are.
	Count(ctx context.Context) (int, error)
	// Revision is another number after each change of any endpoint, by whatever process;
	// notes are no changes. It costs little.
	Revision(ctx context.Context) (int64, error)
	// Bring saves records as they are, each in the place of what has its id, removed or
	// not. It fits a store that nobody works on.
	Bring(ctx context.Context, rs []Record) error
}

// page is how many endpoints are read at once.
const page = 500

// Broken is the error about an endpoint whose row cannot be read, as stores return it.
func Broken(id string, err error) error {
	return fmt.Errorf("%w: %s: %w; remove it (collector webhooks remove %s) and add it again, or restore a backup", ErrDamaged, id, err, id)
}

// All returns all endpoints, in the order of their making. That one cannot be read is an
// error.
func All(ctx context.Context, st Store) ([]Record, error) {
	out, err := Listed(ctx, st)
	for _, r := range out {
		err = errors.Join(err, r.Damaged)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Listed returns all endpoints, in the order of their making, with Damaged set of those
// that cannot be read.
func Listed(ctx context.Context, st Store) ([]Record, error) {
	var out []Record
	for after := ""; ; {
		part, err := st.List(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("reading the webhooks: %w", err)
		}
		out = append(out, part...)
		if len(part) < page {
			break
		}
		after = part[len(part)-1].ID
	}
	InOrder(out)
	return out, nil
}

// InOrder puts endpoints in the order of their making.
func InOrder(list []Record) {
	slices.SortStableFunc(list, func(a, b Record) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}

// Add adds an endpoint, unless its user has as many as may be (ErrMany). Of some that are
// added at once, over any handles, the last to look sees all: so no more than Most stay,
// though all may be refused where the last ones would have fitted.
func Add(ctx context.Context, st Store, r Record) error {
	if err := fits(ctx, st, r.User, 1); err != nil {
		return err
	}
	if _, err := st.Put(ctx, r); err != nil {
		return err
	}
	err := fits(ctx, st, r.User, 0)
	if err == nil {
		return nil
	}
	if undo := st.Remove(context.WithoutCancel(ctx), r.ID); !errors.Is(undo, ErrUnknown) {
		err = errors.Join(err, undo)
	}
	return err
}

// fits looks whether a user may have so many more endpoints than there are.
func fits(ctx context.Context, st Store, user string, more int) error {
	theirs, err := st.Of(ctx, user)
	if err != nil {
		return fmt.Errorf("counting the webhooks of the user: %w", err)
	}
	if len(theirs)+more > Most {
		return fmt.Errorf("%w: a user has at most %d; remove one that is not needed any more", ErrMany, Most)
	}
	return nil
}

// Change lets fn change an endpoint and saves it. Where somebody else changed it meanwhile
// fn is called again with what it is then.
func Change(ctx context.Context, st Store, id string, fn func(*Endpoint) error) (Endpoint, error) {
	for {
		r, err := st.Get(ctx, id)
		if err != nil {
			return Endpoint{}, err
		}
		if err := fn(&r.Endpoint); err != nil {
			return Endpoint{}, err
		}
		if _, err = st.Put(ctx, r); err == nil {
			return r.Endpoint, nil
		}
		if !errors.Is(err, ErrChanged) {
			return Endpoint{}, err
		}
	}
}
