package webhook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/item"
	"collector/store"
)

// slowItems is a store whose reads take a second. What they find is as it was when they
// began.
type slowItems struct {
	store.Items
	title string
	bad   string // an item that cannot be read
	worse string // an item whose read panics, together with others

	mu      sync.Mutex
	asked   [][]string // the ids of each read
	stopped int        // reads that nobody waited for any more
}

var errBad = errors.New("a damaged item")

func (s *slowItems) ByID(ctx context.Context, network string, ids []string) (out []store.Liked, err error) {
	s.mu.Lock()
	s.asked = append(s.asked, ids)
	s.mu.Unlock()
	for _, id := range ids {
		if id == s.bad {
			err = errBad
		}
		if id == s.worse && len(ids) > 1 {
			panic("a damaged row")
		}
		if id != "nowhere" {
			out = append(out, store.Liked{Item: item.Item{ID: id, Title: s.title}, NetworkID: network})
		}
	}
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		s.mu.Lock()
		s.stopped++
		s.mu.Unlock()
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// TestReadsAreShared: what is asked for during one read is read together by the next, of
// each network for itself, and is as it was when it was asked for or later.
func TestReadsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &slowItems{title: "old"}
		r := newReads(st)
		began := time.Now()
		var all sync.WaitGroup
		ask := func(network, id, title string, after time.Duration) {
			all.Go(func() {
				it, there, err := r.item(t.Context(), network, id)
				if err != nil || there != (id != "nowhere") || there && (it.ID != id || it.NetworkID != network || it.Title != title) {
					t.Errorf("%s of %s: %+v, %v, %v", id, network, it, there, err)
				}
				if took := time.Since(began); took != after {
					t.Errorf("%s of %s came after %v, want %v", id, network, took, after)
				}
			})
			synctest.Wait()
		}
		ask("net", "a", "old", time.Second)
		ask("other", "a", "old", time.Second)
		st.title = "new"
		ask("net", "nowhere", "", 2*time.Second)
		ask("net", "a", "new", 2*time.Second)
		for i := range Workers {
			ask("net", fmt.Sprint("item", i%50), "new", 2*time.Second)
		}
		all.Wait()
		if len(st.asked) != 3 || len(st.asked[2]) != 52 {
			t.Errorf("reads of %d items: %v", len(st.asked), st.asked)
		}
		began = time.Now()
		ask("net", "b", "new", time.Second) // when nothing is under way
		all.Wait()
	})
}

// TestAnItemThatCannotBeReadHoldsUpNoOther that was asked for with it.
func TestAnItemThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, st := range []*slowItems{{bad: "bad"}, {bad: "bad", worse: "bad"}} {
			r := newReads(st)
			var all sync.WaitGroup
			for _, id := range []string{"first", "good", "bad", "nowhere"} {
				all.Go(func() {
					it, there, err := r.item(t.Context(), "net", id)
					if !errors.Is(err, map[bool]error{true: errBad}[id == "bad"]) || there != (id == "first" || id == "good") || there && it.ID != id {
						t.Errorf("%s: %+v, %v, %v", id, it, there, err)
					}
				})
				synctest.Wait()
			}
			all.Wait()
		}
	})
}

// TestWhoLeavesEndsNoReadOfOthers: a read ends when nobody waits for it any more, and who
// asks then has another one.
func TestWhoLeavesEndsNoReadOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &slowItems{}
		r := newReads(st)
		var all sync.WaitGroup
		ask := func(id string, patience time.Duration, want error) {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if _, there, err := r.item(ctx, "net", id); there != (want == nil) || !errors.Is(err, want) {
					t.Errorf("%s: %v, %v, want %v", id, there, err, want)
				}
			})
			synctest.Wait()
		}
		ask("a", 100*time.Millisecond, context.DeadlineExceeded) // alone, and the first
		ask("b", 200*time.Millisecond, context.DeadlineExceeded) // began the next read
		ask("c", time.Minute, nil)
		all.Wait()
		if st.stopped != 1 || len(st.asked) != 2 {
			t.Errorf("%d of the reads %v were stopped", st.stopped, st.asked)
		}
		ask("first", time.Minute, nil)
		ask("d", 100*time.Millisecond, context.DeadlineExceeded) // leaves a read that has not begun
		time.Sleep(200 * time.Millisecond)
		ask("d", time.Minute, nil)
		all.Wait()
	})
}

// slowly is a store that answers after some time, and counts the reads of items.
type slowly struct {
	store.Items
	mu    sync.Mutex
	reads int
}

func (s *slowly) ByID(ctx context.Context, network string, ids []string) ([]store.Liked, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	time.Sleep(5 * time.Millisecond)
	return s.Items.ByID(ctx, network, ids)
}

// TestCallsAtOnceReadTogether: a hundred calls at once cost the store a few reads, and
// everything is told.
func TestCallsAtOnceReadTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(func(e *Endpoint) { e.Parallel = MaxParallel })
		const pages, each = 10, 100
		for range pages {
			w.commit("poll", each)
		}
		c := w.service(time.Second).c
		st := &slowly{Items: c.Store}
		c.Store = st
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		New(c).Run(ctx)
		if len(w.ids()) != pages*each {
			t.Errorf("%d of %d items were told", len(w.ids()), pages*each)
		}
		if st.reads > pages*each/10 {
			t.Errorf("%d calls took %d reads", pages*each, st.reads)
		}
	})
}
