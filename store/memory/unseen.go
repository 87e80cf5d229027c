package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

// shown are the ids that pages have shown since a sweep began.
type shown struct {
	sweep int64
	ids   map[string]bool
}

// unseen is what is known of an item that completed sweeps did not show.
type unseen struct {
	sweep  int64 // the last one
	sweeps int   // how many in a row
	asked  bool  // the service was asked about it since
}

// note keeps what a page has shown, and works out what a sweep that it ends has
// not.
func (n *network) note(p state.Page) {
	var ids []string
	for _, it := range p.Items {
		ids = append(ids, it.ID)
	}
	for _, b := range p.Bad {
		if b.ID != "" {
			ids = append(ids, b.ID)
		}
	}
	for _, id := range ids {
		delete(n.unseen, id)
	}
	sweep := p.Swept
	if p.After.Sweep != nil {
		sweep = p.After.Sweep.Number
	}
	if sweep == 0 {
		n.shown = shown{}
		return
	}
	if n.shown.sweep != sweep {
		n.shown = shown{sweep, map[string]bool{}}
	}
	for _, id := range ids {
		n.shown.ids[id] = true
	}
	if p.Swept <= n.swept {
		return
	}
	for id, it := range n.items {
		if it.removedAt.IsZero() && it.walk < sweep && !n.shown.ids[id] {
			n.unseen[id] = unseen{sweep: sweep, sweeps: n.unseen[id].sweeps + 1}
		}
	}
	n.swept, n.shown = p.Swept, shown{}
}

// Unseen returns items that completed sweeps did not show.
func (s *Store) Unseen(ctx context.Context, id string, u state.Unseen) ([]item.Item, int, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer end()
	n := s.networks[id]
	if n == nil {
		return nil, 0, nil
	}
	var found []item.Item
	for id, x := range n.unseen {
		if x.sweep == u.Sweep && x.sweeps >= u.Sweeps && !(u.New && x.asked) {
			found = append(found, clone(n.items[id].Item))
		}
	}
	slices.SortFunc(found, func(a, b item.Item) int { return cmp.Compare(a.ID, b.ID) })
	return found[:min(max(u.Most, 0), len(found))], len(found), nil
}

// Remove marks unseen items that are gone.
func (s *Store) Remove(ctx context.Context, l state.Lease, r state.Removal) (int, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	n, err := s.held(l)
	if err != nil {
		return 0, err
	}
	page := store.Change{At: r.At, Page: r.ID, Kind: "sweep"}
	for _, id := range slices.Sorted(maps.Keys(r.Because)) {
		if n.unseen[id].sweep == r.Sweep {
			delete(n.unseen, id)
			n.remove(id, r.At, r.Because[id], &page)
		}
	}
	for _, id := range r.Liked {
		delete(n.unseen, id)
	}
	for _, id := range r.Asked {
		if x, ok := n.unseen[id]; ok && x.sweep == r.Sweep {
			x.asked = true
			n.unseen[id] = x
		}
	}
	s.publish(n, page)
	return len(page.Removed), nil
}

// remove marks a present item as gone, unless it was observed later.
func (n *network) remove(id string, at time.Time, because state.Reason, page *store.Change) {
	it := n.items[id]
	if it == nil || !it.removedAt.IsZero() || at.Before(it.observed) {
		return
	}
	it.removedAt, it.because, it.observed = at, string(because), at
	page.Removed = append(page.Removed, id)
}
