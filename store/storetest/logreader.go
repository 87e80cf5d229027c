package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"collector/store"
)

// LogReader reads the change log of a store upwards, as deliveries do, over several
// handles at once if need be. Numbers have no gaps, and what one handle was told is what
// all are told later. The zero LogReader has read nothing.
type LogReader struct {
	mu    sync.Mutex
	seen  map[int64]store.Change
	last  int64
	wrong []error
}

// readAgain is how soon the end of the log is looked at again.
const readAgain = 5 * time.Millisecond

// behind is how far behind the newest number a further handle begins.
const behind = 100

// Follow reads over one handle until stop is closed or ctx ends. A log that cannot be
// read is read again.
func (r *LogReader) Follow(ctx context.Context, s store.Items, stop <-chan struct{}) {
	since := max(0, r.Last()-behind)
	for {
		next, err := r.read(ctx, s, since, 100)
		if err == nil && next > since {
			since = next
			continue
		}
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-time.After(readAgain):
		}
	}
}

// Whole reads the log from its beginning to its end, and returns what it tells.
func (r *LogReader) Whole(ctx context.Context, s store.Items) ([]store.Change, error) {
	for since := int64(0); ; {
		next, err := r.read(ctx, s, since, 1000)
		if err != nil {
			return nil, fmt.Errorf("reading the change log after %d: %w", since, err)
		}
		if next == since {
			return r.Told(), nil
		}
		since = next
	}
}

// Last is the newest number that was read; 0 for none.
func (r *LogReader) Last() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// Err says in what the log went wrong so far; nil for nothing.
func (r *LogReader) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.wrong...)
}

// Same holds a change to what was told under its number before.
func (r *LogReader) Same(c store.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[int64]store.Change{}
	}
	was, known := r.seen[c.Seq]
	if known && !reflect.DeepEqual(was, c) {
		r.wrong = append(r.wrong, fmt.Errorf("number %d of the log told first of %+v, then of %+v", c.Seq, was, c))
	}
	r.seen[c.Seq], r.last = c, max(r.last, c.Seq)
}

// read reads at most n changes, and returns the number to go on from.
func (r *LogReader) read(ctx context.Context, s store.Items, since int64, n int) (int64, error) {
	got, err := s.Changes(ctx, "", since, n)
	for _, c := range got {
		if c.Seq != since+1 {
			r.mu.Lock()
			r.wrong = append(r.wrong, fmt.Errorf("a reader was told number %d of the log after %d", c.Seq, since))
			r.mu.Unlock()
		}
		since = c.Seq
		r.Same(c)
	}
	return since, err
}

// Told are the changes that were read so far, in the order of their numbers.
func (r *LogReader) Told() (all []store.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, seq := range slices.Sorted(maps.Keys(r.seen)) {
		all = append(all, r.seen[seq])
	}
	return all
}
