package site

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/store"
	"collector/store/memory"
)

// together is a store that answers no question of a page before all have been asked.
type together struct {
	store.Store
	asked sync.WaitGroup
	late  time.Duration
}

func (s *together) meet(ctx context.Context) error {
	s.asked.Done()
	all := make(chan struct{})
	go func() { s.asked.Wait(); close(all) }()
	select {
	case <-all:
		return nil
	case <-time.After(s.late):
		return errors.New("the others are not asked")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *together) Search(ctx context.Context, q store.Query) (store.Result, error) {
	if err := s.meet(ctx); err != nil {
		return store.Result{}, err
	}
	return s.Store.Search(ctx, q)
}

func (s *together) Facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	if err := s.meet(ctx); err != nil {
		return store.Facets{}, err
	}
	return s.Store.Facets(ctx, q, most)
}

func (s *together) LikeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	if err := s.meet(ctx); err != nil {
		return store.Days{}, err
	}
	return s.Store.LikeDays(ctx, user, from, until, most)
}

// TestAPageAsksAtOnce: whoever waits for a page waits for the slowest answer, not for one
// after the other.
func TestAPageAsksAtOnce(t *testing.T) {
	w := seeded(t, memory.New())
	st := &together{Store: w.store, late: 20 * time.Second}
	w.panel.Store = st
	for path, questions := range map[string]int{"/": 4, asks("raft"): 3, asks("is:removed"): 2} {
		st.asked.Add(questions)
		w.as("anna").get(path).is(200)
	}
}

// TestAtOnce: the first error counts, and a panic is an error.
func TestAtOnce(t *testing.T) {
	one, two := errors.New("one"), errors.New("two")
	fine := func() error { return nil }
	if err := atOnce(fine, fine); err != nil {
		t.Error(err)
	}
	if err := atOnce(fine, func() error { return one }, func() error { return two }); !errors.Is(err, one) {
		t.Errorf("%v, want %v", err, one)
	}
	err := atOnce(fine, func() error { panic("a mistake") })
	if err == nil || !strings.HasPrefix(err.Error(), "a panic: a mistake\n") || !strings.Contains(err.Error(), "TestAtOnce") {
		t.Errorf("%v, want what went wrong and where", err)
	}
}
