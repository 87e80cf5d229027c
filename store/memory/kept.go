package memory

import (
	"cmp"
	"maps"
	"slices"

	"collector/item"
	"collector/search"
)

// A list whose collecting ended keeps its items. Should the same person have it
// collected again, the new network goes on with them, so that nothing is found
// twice.

// kept returns the ended networks of the same list of the same person, newest
// first.
func (s *Store) kept(n *network) []*network {
	var out []*network
	for _, old := range s.networks {
		if old.removed && old.User == n.User && old.Service == n.Service && old.Provider == n.Provider && old.Server == n.Server &&
			old.RemoteID == n.RemoteID && (n.RemoteID != "" || old.AccountID == n.AccountID) && maps.Equal(old.Params, n.Params) {
			out = append(out, old)
		}
	}
	slices.SortFunc(out, func(a, b *network) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return out
}

// takeUp gives a new, empty network all that an ended one kept. Its walks are
// numbered on, so that the kept items are of earlier walks than its own.
func (s *Store) takeUp(n, old *network) {
	n.items, n.bad = old.items, old.bad
	n.Walks = max(n.Walks, old.Walks)
	for _, it := range n.items {
		n.Walks = max(n.Walks, it.walk)
	}
	s.replace(old, n, nil)
}

// absorb moves what an ended network kept into one that has items of its own
// and may be in the middle of a walk. What it lacks counts as stored before its
// first walk; of what both have, its own entry stays and learns from the other.
func (s *Store) absorb(n, old *network) {
	for key, b := range old.bad {
		if _, there := n.bad[key]; !there && n.items[b.ID] == nil {
			n.bad[key] = b
		}
	}
	both := map[string]bool{}
	for id, was := range old.items {
		if now := n.items[id]; now != nil {
			both[id] = true
			now.join(was)
			continue
		}
		was.walk = 0
		n.items[id] = was
	}
	s.replace(old, n, both)
}

// join adds to an item what another network saw of it.
func (it *stored) join(other *stored) {
	older, newer := other, it
	if other.observed.After(it.observed) {
		older, newer = it, other
	}
	raw := newer.Raw
	if len(raw) == 0 {
		raw = older.Raw
	}
	observed := newer.observed
	it.Item = item.Merge(older.Item, newer.Item)
	it.Raw, it.words, it.observed = raw, search.ItemWords(it.Item), observed
	if other.firstSeen.Before(it.firstSeen) {
		it.firstSeen = other.firstSeen
	}
}

// replace drops an ended network; what the log tells of it is told of n, but
// for the items that n tells of itself.
func (s *Store) replace(old, n *network, both map[string]bool) {
	own := func(id string) bool { return both[id] }
	for i := range s.log {
		if c := &s.log[i]; c.NetworkID == old.ID {
			c.NetworkID = n.ID
			c.Added, c.Changed, c.Removed = slices.DeleteFunc(c.Added, own), slices.DeleteFunc(c.Changed, own), slices.DeleteFunc(c.Removed, own)
		}
	}
	delete(s.networks, old.ID)
}
