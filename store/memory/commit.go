package memory

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// stored is an item with what only the store knows of it.
type stored struct {
	item.Item
	words      []string // under which it is found
	walk       int64    // walk that stored it first
	imported   bool     // seen by an import and by no walk
	firstSeen  time.Time
	observed   time.Time // of the newest reply that showed it
	detailsDue time.Time // when missing details may be asked for
	detailsNo  bool      // the service said that there will be none
	removedAt  time.Time
	because    string
}

// owed tells whether the details of an item are still to be read.
func (it *stored) owed() bool { return it.Bare && !it.detailsNo }

// observation is what a page says of its items.
type observation struct {
	kind    string
	walk    int64
	at      time.Time
	archive bool
}

var errNoID = errors.New("an item without an id cannot be stored")

// Commit saves one page.
func (s *Store) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return state.Committed{}, err
	}
	defer end()
	n, err := s.held(l)
	if err != nil {
		return state.Committed{}, err
	}
	for _, it := range p.Items { // before anything is changed
		if it.ID == "" {
			return state.Committed{}, errNoID
		}
	}
	page := store.Change{At: p.ObservedAt, Page: p.ID, Kind: p.Kind}
	o := observation{p.Kind, p.Walk, p.ObservedAt, p.Archive}
	for _, it := range o.each(p.Items) {
		n.put(it, o, &page)
		n.mapped(it.ID)
	}
	for _, b := range p.Bad {
		b.Raw = slices.Clone(b.Raw)
		if was, ok := n.bad[b.Key]; ok {
			b.Walk, b.At = was.Walk, was.At
		}
		n.bad[b.Key] = b
	}
	for _, id := range p.Removed {
		if !slices.ContainsFunc(p.Items, func(it item.Item) bool { return it.ID == id }) {
			n.remove(id, p.ObservedAt, state.Unliked, &page)
			delete(n.unseen, id)
		}
	}
	n.note(p)
	n.Progress = p.After.Clone()
	n.Crashes = 0
	s.publish(n, page)
	return state.Committed{Added: len(page.Added), Changed: len(page.Changed), Removed: len(page.Removed)}, nil
}

// each returns copies of the items, those without a like time stamped with the
// observation's, and each id once: what a page says of it in several places is
// merged, so that the same page read again says the same.
func (o observation) each(items []item.Item) []item.Item {
	var out []item.Item
	at := map[string]int{}
	for _, it := range items {
		it = clone(it)
		if it.LikedAt.IsZero() || it.LikedFrom == item.FromFirstSeen {
			it.LikedAt, it.LikedFrom = o.at, item.FromFirstSeen
		}
		if i, ok := at[it.ID]; ok {
			out[i] = item.Merge(out[i], it)
			continue
		}
		at[it.ID] = len(out)
		out = append(out, it)
	}
	return out
}

// put stores one observed item and notes in page what that changed.
func (n *network) put(now item.Item, o observation, page *store.Change) {
	was := n.items[now.ID]
	if was == nil {
		if !o.archive {
			now.Raw = nil
		}
		n.items[now.ID] = &stored{
			Item: now, words: search.ItemWords(now), walk: o.walk, imported: o.kind == "import",
			firstSeen: o.at, observed: o.at,
		}
		page.Added = append(page.Added, now.ID)
		return
	}
	if was.imported && o.kind != "import" {
		was.imported, was.walk = false, o.walk
	}
	if o.at.Before(was.observed) || o.kind == "import" && !was.removedAt.IsZero() { // an export tells what was liked once
		return
	}
	was.observed = o.at
	merged := item.Merge(was.Item, now)
	if !o.archive || now.Raw == nil {
		merged.Raw = was.Raw
	}
	changed := merged.Hash() != was.Hash()
	was.Item, was.words = merged, search.ItemWords(merged)
	switch {
	case !was.removedAt.IsZero():
		was.removedAt, was.because = time.Time{}, ""
		page.Added = append(page.Added, now.ID)
	case changed && !slices.Contains(page.Added, now.ID):
		page.Changed = append(page.Changed, now.ID)
	}
}

// mapped drops the quarantined objects of an item that could be read after all.
func (n *network) mapped(id string) {
	for key, b := range n.bad {
		if b.ID == id {
			delete(n.bad, key)
		}
	}
}

// publish appends what a page changed to the log. The log holds a page once:
// should a page be stored again and change something again, that entry gets a
// number after the page's id, since no difference may be missing.
func (s *Store) publish(n *network, page store.Change) {
	if len(page.Added)+len(page.Changed)+len(page.Removed) == 0 {
		return
	}
	id := page.Page
	for again := 2; s.pages[page.Page]; again++ {
		page.Page = id + "~" + strconv.Itoa(again)
	}
	s.pages[page.Page] = true
	s.last++
	page.Seq, page.User, page.NetworkID = s.last, n.User, n.ID
	s.log = append(s.log, page)
}

// Known tells which items an earlier walk stored.
func (s *Store) Known(ctx context.Context, id string, walk int64, ids []string) ([]bool, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	known := make([]bool, len(ids))
	n := s.networks[id]
	if n == nil {
		return known, nil
	}
	for i, id := range ids {
		it := n.items[id]
		known[i] = it != nil && it.walk < walk && !it.imported && it.removedAt.IsZero()
	}
	return known, nil
}

func clone(it item.Item) item.Item {
	it.Tags, it.Raw = slices.Clone(it.Tags), slices.Clone(it.Raw)
	return it
}
