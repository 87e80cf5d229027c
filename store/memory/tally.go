package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"collector/state"
	"collector/store"
)

// Tally counts what is there.
func (s *Store) Tally(ctx context.Context, now time.Time) (store.Tally, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return store.Tally{}, err
	}
	defer end()
	var t store.Tally
	states := map[store.Standing]*store.Standing{}
	for _, one := range s.networks {
		if one.removed {
			continue
		}
		n := one.view()
		is := store.Standing{Service: n.Service, Mode: n.Mode, Condition: cmp.Or(n.Condition, state.OK), Paused: n.Paused}
		if states[is] == nil {
			count := is
			states[is] = &count
		}
		states[is].Networks++
		t.Items += n.Items
		switch {
		case n.Owner != "" && n.LeaseUntil.After(now):
			states[is].Running++
		case !n.Paused && !n.WakeAt.IsZero() && n.WakeAt.Before(now):
			t.Due = min(t.Due+1, store.DueMost)
			if t.Oldest.IsZero() || n.WakeAt.Before(t.Oldest) {
				t.Oldest = n.WakeAt
			}
		}
	}
	for _, st := range states {
		t.States = append(t.States, *st)
	}
	slices.SortFunc(t.States, func(a, b store.Standing) int {
		paused := 0
		if a.Paused != b.Paused {
			paused = 1
			if b.Paused {
				paused = -1
			}
		}
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Condition, b.Condition), paused)
	})
	return t, nil
}
