//go:build mongo

package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"collector/state"
)

// saver saves page after page of one network.
type saver struct {
	network, service string
	pace             time.Duration // between two pages

	mu         sync.Mutex
	hour       int           // of the next claim
	said       int64         // pages that were said to be saved
	last       time.Time     // when one was
	stall      time.Duration // the longest time without one
	unanswered int
	failed     error
}

func newSaver(ctx context.Context, t *testing.T, s *Store, name string) *saver {
	t.Helper()
	w := &saver{network: "net" + name, service: "service" + name, last: time.Now()}
	err := errors.Join(
		s.AddAccount(ctx, state.Account{ID: "acc" + name, User: "me", Provider: w.service, Name: "x"}),
		s.AddNetworks(ctx, []state.Network{{ID: w.network, AccountID: "acc" + name, Service: w.service, CreatedAt: noon}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// run saves until it is stopped. After an error the lease is taken anew, whoever has it.
func (w *saver) run(ctx context.Context, s *Store, stop <-chan struct{}) {
	for ; ; w.hour++ {
		now := noon.Add(time.Duration(w.hour) * time.Hour)
		got, err := s.Claim(ctx, state.Claim{
			Mode: state.Initial, Owner: fmt.Sprint("owner", w.hour), Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{w.service: 1},
		})
		for err == nil && len(got) == 1 {
			select {
			case <-stop:
				return
			case <-time.After(w.pace):
			}
			p := nextPage(got[0], got[0].Progress)
			if _, err = s.Commit(ctx, got[0].Lease, p); err == nil {
				got[0].Progress = p.After
				w.saved(p.After.Walks)
			}
		}
		w.mu.Lock()
		w.unanswered++
		if err != nil && ctx.Err() == nil && !errors.Is(err, state.ErrUnavailable) && !errors.Is(err, state.ErrLeaseLost) {
			w.failed = fmt.Errorf("%s: an error that tells nobody to try again: %w", w.network, err)
		}
		w.mu.Unlock()
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (w *saver) saved(pages int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = pages
	w.stall = max(w.stall, time.Since(w.last))
	w.last = time.Now()
}

// savedSince waits until a page was saved that was begun after a time.
func (w *saver) savedSince(ctx context.Context, begun time.Time) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	pages := int64(-1)
	for {
		w.mu.Lock()
		if pages < 0 {
			pages = w.said
		}
		done := w.said > pages+1 && w.last.After(begun)
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: nothing saved for %v", w.network, time.Since(begun))
		case <-tick.C:
		}
	}
}
