package storetest

import (
	"errors"
	"fmt"
	"slices"

	"collector/search"
	"collector/state"
	"collector/store"
)

// lines are compared one by one, so that a difference is easy to see.
type lines []string

func (ls lines) without(others lines) lines {
	return slices.DeleteFunc(slices.Clone(ls), func(l string) bool { return slices.Contains(others, l) })
}

func class(err error) error {
	for _, known := range []error{state.ErrLeaseLost, state.ErrExists, state.ErrNotFound, state.ErrOtherPerson, store.ErrGone} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

// compare reads everything from both.
func (h *past) compare() {
	h.Helper()
	ctx := h.kit.ctx
	if h.steps++; h.steps%2 != 0 { // reading everything costs more than the step itself
		return
	}
	h.do("Networks", func(s store.Store) (any, error) {
		ns, err := s.Networks(ctx, store.Filter{})
		var out lines
		for _, n := range ns {
			walk, sweep := state.Walk{}, state.Walk{}
			if n.Walk != nil {
				walk, n.Walk = *n.Walk, nil
			}
			if n.Sweep != nil {
				sweep, n.Sweep = *n.Sweep, nil
			}
			out = append(out, fmt.Sprintf("%+v %+v %+v", n, walk, sweep))
		}
		return out, err
	})
	h.do("Networks, the removed too", func(s store.Store) (any, error) {
		ns, err := s.Networks(ctx, store.Filter{Removed: true})
		var out lines
		for _, n := range ns {
			out = append(out, fmt.Sprint(n.ID, n.User, n.Name(), n.Items, n.Bad))
		}
		return out, err
	})
	h.do("Each", func(s store.Store) (any, error) {
		var all lines
		err := s.Each(ctx, store.Query{Removed: true}, func(l store.Liked) error { all = append(all, fmt.Sprintf("%+v", l)); return nil })
		return all, err
	})
	h.do("Changes", func(s store.Store) (any, error) {
		cs, err := s.Changes(ctx, "", 0, 10000)
		var out lines
		for _, c := range cs {
			out = append(out, fmt.Sprintf("%+v", c))
		}
		return out, err
	})
	h.do("NewestChanges", func(s store.Store) (any, error) { return s.NewestChanges(ctx, "", 0, 10000) })
	if h.steps%4 != 0 {
		return
	}
	h.do("Search", func(s store.Store) (any, error) {
		return s.Search(ctx, store.Query{User: "me", Expr: word("title1"), Limit: 1000})
	})
	h.do("Search for the best", func(s store.Store) (any, error) {
		return s.Search(ctx, store.Query{User: "me", Expr: search.Or{word("title1"), word("title2"), word("thing")}, Limit: 1000, Order: store.Best})
	})
	h.do("LastChange", func(s store.Store) (any, error) { return s.LastChange(ctx) })
	h.do("Accounts", func(s store.Store) (any, error) { return s.Accounts(ctx, "") })
	for _, n := range h.networks {
		for sweep := range int64(5) {
			h.do("Unseen", func(s store.Store) (any, error) {
				twice, _, err := s.Unseen(ctx, n, state.Unseen{Sweep: sweep + 1, Sweeps: 2, New: true, Most: 9})
				if err != nil {
					return nil, err
				}
				items, all, err := s.Unseen(ctx, n, state.Unseen{Sweep: sweep + 1, Most: 2})
				return fmt.Sprintf("%+v, in all %d %+v", twice, all, items), err
			})
		}
		h.do("Quarantined", func(s store.Store) (any, error) {
			bad, err := s.Quarantined(ctx, n, "9", 100)
			slices.SortFunc(bad, func(a, b state.Bad) int { return slices.Compare([]string{a.Key}, []string{b.Key}) })
			return bad, err
		})
		h.do("Bare", func(s store.Store) (any, error) {
			ids, err := s.Bare(ctx, n, h.now(), 100)
			slices.Sort(ids)
			return ids, err
		})
		h.do("Known", func(s store.Store) (any, error) { return s.Known(ctx, n, 3, []string{"0", "1", "2", "3", "4", "5"}) })
	}
}
