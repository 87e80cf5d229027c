package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"collector/store"
)

// asked is a context that does something when it is looked at for the nth time.
type asked struct {
	context.Context
	left *atomic.Int32
	do   func()
}

func (a asked) Done() <-chan struct{} {
	if a.left.Add(-1) == 0 {
		a.do()
	}
	return a.Context.Done()
}

// TestPruningIsNoGap: whoever reads the log while its beginning is dropped, at whatever
// moment of the reading, gets all of it or is told that it is gone.
func TestPruningIsNoGap(t *testing.T) {
	const changes = 5
	during := 0
	for n := int32(1); ; n++ {
		s := open(t, file(t))
		c := seed(t, s, "me", "github")
		for i := range changes {
			p := pageOf(c, fmt.Sprint(i), liked(fmt.Sprint(i), "raft"))
			p.ObservedAt = noon.Add(time.Duration(i) * time.Hour)
			if _, err := s.Commit(t.Context(), c.Lease, p); err != nil {
				t.Fatal(err)
			}
		}
		var reading sync.Mutex
		ended := false
		ctx := asked{t.Context(), new(atomic.Int32), func() { // database/sql looks at it in goroutines of its own too
			reading.Lock()
			defer reading.Unlock()
			if ended {
				return
			}
			if _, err := s.PruneChanges(t.Context(), noon.Add(150*time.Minute)); err != nil {
				t.Error(err)
			}
		}}
		ctx.left.Store(n)
		log, err := s.Changes(ctx, "", 1, 100)
		reading.Lock()
		ended = true
		reading.Unlock()
		over := ctx.left.Load() > 0 // it was not looked at so often
		switch {
		case errors.Is(err, store.ErrGone):
			during++
		case err != nil:
			t.Fatal(err)
		case len(log) != changes-1:
			t.Errorf("pruned at look %d: %d changes and no word that others are gone", n, len(log))
		}
		if over {
			break
		}
	}
	if during == 0 {
		t.Error("nothing was pruned while the log was read: this proves nothing")
	}
}
