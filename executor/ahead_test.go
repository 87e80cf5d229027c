package executor_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/state"
	"collector/store"
)

// slow is a store that commits a page only once a condition holds.
type slow struct {
	store.Store
	until func(ctx context.Context, page int) error // page counts from 1
	page  int
}

func (s *slow) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	s.page++
	if err := s.until(ctx, s.page); err != nil {
		return state.Committed{}, err
	}
	return s.Store.Commit(ctx, l, p)
}

// run1 claims the network and runs it once, without a release.
func (s *shelf) run1(do func(context.Context, fetch.Call) (connectors.Reply, error), drain chan struct{}) executor.Outcome {
	s.t.Helper()
	claimed, err := s.store.Claim(s.t.Context(), state.Claim{Mode: state.Initial, Owner: "o", Now: s.now, Until: s.now.Add(time.Hour), N: 1, Services: map[string]int{"listing": 1}})
	if err != nil || len(claimed) != 1 {
		s.t.Fatal(len(claimed), err)
	}
	if do != nil {
		s.executor.Do = do
	}
	return s.executor.Run(s.t.Context(), executor.Job{Claimed: claimed[0], Connector: s.connector, Held: func() error { return nil }, Drain: drain})
}

// The next page is asked for while this one is stored, and never more than one.
func TestNextPageLeavesBeforeThisOneIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, "", 60) // five pages
		var asked atomic.Int64
		s.executor.Store = &slow{Store: s.store, until: func(_ context.Context, page int) error {
			synctest.Wait() // everything that can happen before the page is stored has
			if got, want := int(asked.Load()), min(page+1, 5); got != want {
				t.Errorf("while page %d is stored %d pages were asked for, want %d", page, got, want)
			}
			return nil
		}}
		out := s.run1(func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
			asked.Add(1)
			return s.do(ctx, c)
		}, nil)
		if out.Err != nil || !out.Ended || out.Pages != 5 || len(s.collected()) != 60 {
			t.Errorf("%+v, %d items", out, len(s.collected()))
		}
	})
}

// The permit of the next page is a write too: it does not queue up behind this
// page. A call that may not leave yet holds no page up.
func TestNextPageLeavesBeforeTheStoreIsBusy(t *testing.T) {
	for name, c := range map[string]struct {
		permit time.Duration // how long the next call takes until it leaves
		left   bool          // before this page goes to the store
	}{"soon": {3 * time.Millisecond, true}, "in an hour": {time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShelf(t, "", 60) // five pages
				var left, arrived atomic.Int64
				s.executor.Store = &slow{Store: s.store, until: func(_ context.Context, page int) error {
					want := page
					if c.left {
						want = min(page+1, 5)
					}
					if got := int(left.Load()); got != want {
						t.Errorf("when page %d goes to the store %d pages were asked for, want %d", page, got, want)
					}
					if held := time.Since(time.Unix(0, arrived.Load())); held > 10*time.Millisecond {
						t.Errorf("page %d goes to the store %v after it was read", page, held)
					}
					return nil
				}}
				out := s.run1(func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
					time.Sleep(c.permit)
					if err := call.Before(); err != nil {
						return connectors.Reply{}, err
					}
					left.Add(1)
					time.Sleep(100 * time.Millisecond) // the service
					arrived.Store(time.Now().UnixNano())
					return s.do(ctx, call)
				}, nil)
				if out.Err != nil || !out.Ended || out.Pages != 5 {
					t.Errorf("%+v", out)
				}
			})
		})
	}
}

// A run that has had its share reads nothing ahead: the page would be read again.
func TestNothingIsReadBeyondTheShare(t *testing.T) {
	s := newShelf(t, "", 60)
	s.executor.Pages = 2
	if out := s.run1(nil, nil); out.Err != nil || out.Pages != 2 || s.calls != 2 {
		t.Errorf("%d calls for %+v", s.calls, out)
	}
}

// What is under way when the daemon stops is stored; nothing more is asked for.
func TestReadAheadIsStoredBeforeTheStop(t *testing.T) {
	s := newShelf(t, "", 60)
	drain := make(chan struct{})
	s.before = func() {
		if s.calls == 3 { // the third page, while the second is stored
			close(drain)
		}
	}
	if out := s.run1(nil, drain); !out.Drained || out.Err != nil || out.Pages != 3 || s.calls != 3 || out.Network.Walk.Pages != 3 || len(s.collected()) != 36 {
		t.Errorf("%d calls, %d items: %+v", s.calls, len(s.collected()), out)
	}
}

// A page that could not be stored takes the one read ahead with it: its call is
// ended, and nothing goes on after the run.
func TestReadAheadEndsWithAFailedPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, "", 60)
		full := errors.New("disk full")
		s.executor.Store = &slow{Store: s.store, until: func(_ context.Context, page int) error {
			if synctest.Wait(); page == 2 {
				return full
			}
			return nil
		}}
		ended := 0
		out := s.run1(func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
			if s.calls == 2 {
				s.calls++
				<-ctx.Done() // a service that does not answer
				ended++
				return connectors.Reply{}, ctx.Err()
			}
			return s.do(ctx, c)
		}, nil)
		if !errors.Is(out.Err, full) || !out.NotStored || out.Pages != 1 || out.Network.Walk.Pages != 1 || ended != 1 {
			t.Errorf("%d calls ended: %+v", ended, out)
		}
	})
}

// A connector that panics over the page read ahead is the outcome of its network,
// with the stack of where it happened, and the page before it is stored.
func TestPanicOverThePageReadAhead(t *testing.T) {
	s := newShelf(t, "", 60)
	s.connector = &fragile{}
	out := s.run1(nil, nil)
	if fault.KindOf(out.Err) != fault.Bug || out.Pages != 1 || len(s.collected()) != 12 {
		t.Errorf("%+v, %d items", out, len(s.collected()))
	}
	if !strings.Contains(out.Stack, "fragile") {
		t.Errorf("the stack does not name the connector: %s", out.Stack)
	}
}

type fragile struct {
	listing
	pages int
}

func (f *fragile) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	if f.pages++; f.pages == 2 {
		panic("the second page")
	}
	return f.listing.Parse(q, r)
}
