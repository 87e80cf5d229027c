package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// Bare returns items whose details are due, newest like first.
func (s *Store) Bare(ctx context.Context, id string, now time.Time, most int) ([]string, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	n := s.networks[id]
	if n == nil || most <= 0 {
		return nil, nil
	}
	var due []*stored
	for _, it := range n.items {
		if it.owed() && it.removedAt.IsZero() && !it.detailsDue.After(now) {
			due = append(due, it)
		}
	}
	slices.SortFunc(due, func(a, b *stored) int {
		return cmp.Or(b.LikedAt.Compare(a.LikedAt), cmp.Compare(a.ID, b.ID))
	})
	var ids []string
	for _, it := range due[:min(most, len(due))] {
		ids = append(ids, it.ID)
	}
	return ids, nil
}

// Fill saves details read later.
func (s *Store) Fill(ctx context.Context, l state.Lease, f state.Fill) (int, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	n, err := s.held(l)
	if err != nil {
		return 0, err
	}
	page := store.Change{At: f.At, Page: f.ID, Kind: "fill"}
	filled := 0
	for _, now := range f.Items {
		was := n.items[now.ID]
		if was == nil || !was.Bare && f.At.Before(was.observed) {
			continue
		}
		if was.Bare {
			filled++
		}
		if was.fill(clone(now)) {
			page.Changed = append(page.Changed, now.ID)
		}
		if was.observed.Before(f.At) {
			was.observed = f.At
		}
	}
	for _, id := range f.Gone {
		if it := n.items[id]; it != nil {
			it.detailsNo = true
		}
	}
	for _, id := range f.Later {
		if it := n.items[id]; it != nil {
			it.detailsDue = f.Retry
		}
	}
	s.publish(n, page)
	return filled, nil
}

// fill gives an item its details, but for the like time, which the list stated,
// and tells whether that changed it.
func (it *stored) fill(now item.Item) bool {
	now.Bare = false
	now.LikedAt, now.LikedFrom, now.Raw = it.LikedAt, it.LikedFrom, it.Raw
	now.URL = cmp.Or(now.URL, it.URL)
	changed := now.Hash() != it.Hash()
	it.Item, it.words = now, search.ItemWords(now)
	return changed
}

// Quarantined returns objects that another version could not map, oldest first.
func (s *Store) Quarantined(ctx context.Context, id, version string, most int) ([]state.Bad, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	n := s.networks[id]
	if n == nil || most <= 0 {
		return nil, nil
	}
	var out []state.Bad
	for _, b := range n.bad {
		if b.Version != version {
			b.Raw = slices.Clone(b.Raw)
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b state.Bad) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) })
	return out[:min(most, len(out))], nil
}

// Remapped records what became of quarantined objects. An object that has left
// the quarantine meanwhile was read as an item since, and is passed over. The
// others count as observed when they were quarantined, so that an old object
// replaces nothing that was read later.
func (s *Store) Remapped(ctx context.Context, l state.Lease, r state.Remap) (int, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	n, err := s.held(l)
	if err != nil {
		return 0, err
	}
	for _, it := range r.Items {
		if it.ID == "" {
			return 0, errNoID
		}
	}
	page := store.Change{At: r.At, Page: r.ID, Kind: "remap"}
	for _, key := range slices.Sorted(maps.Keys(r.Items)) {
		b, ok := n.bad[key]
		if !ok {
			continue
		}
		o := observation{kind: page.Kind, walk: r.Walk, at: b.At}
		n.put(o.each([]item.Item{r.Items[key]})[0], o, &page)
		delete(n.bad, key)
	}
	for key, reason := range r.Still {
		if b, ok := n.bad[key]; ok {
			b.Reason, b.Version = reason, r.Version
			n.bad[key] = b
		}
	}
	s.publish(n, page)
	return len(page.Added), nil
}
