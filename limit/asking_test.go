package limit

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
)

// slowStore is a store of one row that takes a second for each change, and counts
// how many there were.
type slowStore struct {
	mu      sync.Mutex
	row     Row
	changes int
}

func (s *slowStore) UpdateQuotas(_ context.Context, keys []string, fn func([]*Row) error) error {
	<-time.After(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.row.Clone()
	r.Key = keys[0]
	if err := fn([]*Row{&r}); err != nil {
		return err
	}
	s.row, s.changes = r, s.changes+1
	return nil
}

func (s *slowStore) Quotas(context.Context, string) ([]Row, error)     { return []Row{s.row}, nil }
func (s *slowStore) Owing(context.Context, []string) ([]string, error) { return nil, nil }

// TestCallsAtOnceShareABatch: callers that come at once take one batch and then
// another one, not a batch each, which would leave the other processes none. A batch
// is a hundredth of the quota at most, 50 calls, or as many as wait for it.
func TestCallsAtOnceShareABatch(t *testing.T) {
	for _, of := range []struct{ quota, callers, batches, used int }{
		{5000, 64, 2, 100},
		{1_000_000, 20, 1, 50},
		{1_000_000, 400, 1, 400},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := connectors.Quota{Name: "core", Scope: connectors.PerApp, Unit: "calls", N: of.quota, Per: time.Hour}
			s := &slowStore{}
			l := New(s, "p0", time.Now)
			var all sync.WaitGroup
			for range of.callers {
				all.Go(func() {
					if _, err := l.Take(t.Context(), []Need{{Key: "x/core/app", Quota: q}}, Backfill); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if s.changes != of.batches || s.row.Used != of.used {
				t.Errorf("%d callers of %d: %d batches of %d calls in all", of.callers, of.quota, s.changes, s.row.Used)
			}
		})
	}
}
