package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"collector/item"
	"collector/state"
	"collector/store"
)

// The steps that a history is made of.

func (h *past) add() {
	h.made++
	n := state.Network{
		ID: fmt.Sprintf("net%03d", h.made), AccountID: rapid.SampledFrom(h.accounts).Draw(h.T, "account"),
		Service: rapid.SampledFrom([]string{"github", "mastodon"}).Draw(h.T, "service"), CreatedAt: h.now(),
		Params: map[string]string{"n": fmt.Sprint(h.number("param", 4))},
	}
	h.networks = append(h.networks, n.ID)
	h.do("AddNetworks", func(s store.Store) (any, error) { return nil, s.AddNetworks(h.kit.ctx, []state.Network{n}) })
}

func (h *past) wait() { h.clock += time.Duration(1+h.number("for", 3)) * 20 * time.Second }

func (h *past) claim() {
	services := [][]string{{"github"}, {"mastodon"}, {"github", "mastodon"}}[h.number("services", 3)]
	c := want(rapid.SampledFrom([]string{"a", "b"}).Draw(h.T, "owner"), h.now(), services...)
	if h.number("one", 4) == 0 {
		c = only(c.Owner, h.network(), h.now())
	}
	h.do("Claim", func(s store.Store) (any, error) {
		got, err := s.Claim(h.kit.ctx, c)
		slices.SortFunc(got, func(a, b state.Claimed) int { return strings.Compare(a.ID, b.ID) })
		var leases []state.Lease
		for i, n := range got {
			got[i].Walk, got[i].Sweep = nil, nil
			leases = append(leases, n.Lease)
		}
		if s == h.model {
			h.leases = append(h.leases, leases...)
		}
		return got, err
	})
}

func (h *past) item() item.Item {
	it := item.Item{
		ID: fmt.Sprint(h.number("id", 6)), URL: "https://x.example/", Title: fmt.Sprint("title", h.number("title", 3)),
		LikedAt: at(-time.Duration(h.number("liked", 3)) * hour), LikedFrom: rapid.SampledFrom([]item.Source{item.FromAPI, item.FromOrder}).Draw(h.T, "from"),
		Bare: rapid.Bool().Draw(h.T, "bare"),
	}
	if h.number("silent", 4) == 0 {
		it.LikedAt, it.LikedFrom = time.Time{}, item.FromFirstSeen
	}
	if it.Bare {
		it.Title = ""
	}
	return it
}

func (h *past) commit() {
	l, ok := h.lease()
	if !ok {
		return
	}
	h.made++
	p := state.Page{
		ID: fmt.Sprint("page", h.made), Kind: rapid.SampledFrom([]string{"backfill", "poll", "import"}).Draw(h.T, "kind"),
		Walk: int64(h.number("walk", 4)), ObservedAt: at(h.clock - time.Duration(h.number("late", 4))*15*time.Second), After: h.progress(),
	}
	for range h.number("items", 4) {
		p.Items = append(p.Items, h.item())
	}
	id := fmt.Sprint(h.number("bad id", 6))
	if !slices.ContainsFunc(p.Items, func(it item.Item) bool { return it.ID == id }) && h.number("bad", 3) == 0 {
		p.Bad = append(p.Bad, state.Bad{
			Key: "key" + id, ID: rapid.SampledFrom([]string{id, ""}).Draw(h.T, "readable"), Raw: []byte(`{}`),
			Reason: p.ID, Version: "1", Walk: p.Walk, At: p.ObservedAt,
		})
	}
	if h.number("gone", 4) == 0 {
		p.Removed = []string{fmt.Sprint(h.number("gone id", 6))}
	}
	sweep := max(1, h.sweeps[l.Network])
	how := h.number("sweeping", 5)
	if was := h.pages[l.Network].After.Sweep; how > 1 && was != nil { // given up: its number is not used again
		h.sweeps[l.Network] = max(sweep, was.Number+1)
	}
	switch how {
	case 0:
		p.After.Sweep = &state.Walk{Number: sweep, Kind: "sweep", Pages: 1 + h.number("page", 2)}
	case 1:
		p.Swept = sweep
		h.sweeps[l.Network] = sweep + 1
	case 2: // given up before its first page
		h.sweeps[l.Network] = sweep + 1
	}
	h.pages[l.Network] = p
	h.save(l, p)
}

// gone removes what a sweep did not show, or tells of it.
func (h *past) gone() {
	l, ok := h.lease()
	if !ok {
		return
	}
	h.made++
	r := state.Removal{
		ID: fmt.Sprint("gone", h.made), At: at(h.clock - time.Duration(h.number("late", 3))*15*time.Second), Sweep: int64(1 + h.number("sweep", 5)),
		Because: map[string]state.Reason{},
	}
	for id := range 6 {
		id := fmt.Sprint(id)
		switch h.number("fate of "+id, 4) {
		case 0, 1:
			r.Because[id] = state.Unknown
		case 2:
			r.Asked = append(r.Asked, id)
		case 3:
			r.Liked = append(r.Liked, id)
		}
	}
	h.do("Remove", func(s store.Store) (any, error) { return s.Remove(h.kit.ctx, l, r) })
}

func (h *past) save(l state.Lease, p state.Page) {
	h.do("Commit", func(s store.Store) (any, error) { return s.Commit(h.kit.ctx, l, p) })
}

// again commits the last page of a network a second time, under any lease of it.
func (h *past) again() {
	if l, ok := h.lease(); ok {
		if p, ok := h.pages[l.Network]; ok {
			h.save(l, p)
		}
	}
}

func (h *past) release() {
	l, ok := h.lease()
	if !ok {
		return
	}
	p := h.progress()
	if h.number("how", 3) == 0 {
		h.do("Postpone", func(s store.Store) (any, error) { return nil, s.Postpone(h.kit.ctx, l, p.ScheduledTo) })
		return
	}
	h.do("Release", func(s store.Store) (any, error) { return nil, s.Release(h.kit.ctx, l, p) })
}

func (h *past) fill() {
	l, ok := h.lease()
	if !ok {
		return
	}
	h.made++
	f := state.Fill{ID: fmt.Sprint("fill", h.made), At: at(h.clock - time.Duration(h.number("late", 3))*15*time.Second), Retry: at(h.clock + time.Minute)}
	it := h.item()
	it.Bare, it.Title = false, "title1 filled"
	f.Items = []item.Item{it}
	for _, id := range []string{"3", "4"} {
		switch h.number("fate of "+id, 3) {
		case 0:
			f.Gone = append(f.Gone, id)
		case 1:
			f.Later = append(f.Later, id)
		}
	}
	f.Gone = slices.DeleteFunc(f.Gone, func(id string) bool { return id == it.ID })
	f.Later = slices.DeleteFunc(f.Later, func(id string) bool { return id == it.ID })
	h.do("Fill", func(s store.Store) (any, error) { return s.Fill(h.kit.ctx, l, f) })
}

func (h *past) remap() {
	l, ok := h.lease()
	if !ok {
		return
	}
	h.made++
	it := h.item()
	r := state.Remap{
		ID: fmt.Sprint("remap", h.made), At: h.now(), Walk: int64(h.number("walk", 4)), Version: "2",
		Items: map[string]item.Item{"key" + it.ID: it}, Still: map[string]string{},
	}
	if id := fmt.Sprint(h.number("still", 6)); id != it.ID {
		r.Still["key"+id] = r.ID
	}
	h.do("Remapped", func(s store.Store) (any, error) { return s.Remapped(h.kit.ctx, l, r) })
}

func (h *past) renew() {
	owner := rapid.SampledFrom([]string{"a", "b"}).Draw(h.T, "owner")
	h.do("Renew", func(s store.Store) (any, error) { return nil, s.Renew(h.kit.ctx, owner, h.now().Add(Lease)) })
}

func (h *past) pause() {
	n, paused := h.network(), rapid.Bool().Draw(h.T, "paused")
	h.do("SetPaused", func(s store.Store) (any, error) { return nil, s.SetPaused(h.kit.ctx, n, paused, h.now()) })
}

func (h *past) wish() {
	n, full := h.network(), rapid.Bool().Draw(h.T, "full")
	h.do("WishSync", func(s store.Store) (any, error) { return nil, s.WishSync(h.kit.ctx, n, full, h.now()) })
}

func (h *past) accept() {
	n, sweep := h.network(), int64(h.number("sweep", 4))
	h.do("Accept", func(s store.Store) (any, error) { return nil, s.Accept(h.kit.ctx, n, sweep, h.now()) })
}

func (h *past) reconnect() {
	a := rapid.SampledFrom(h.accounts).Draw(h.T, "account")
	h.do("Reconnected", func(s store.Store) (any, error) { return nil, s.Reconnected(h.kit.ctx, a, h.now()) })
}

func (h *past) learn() {
	a := rapid.SampledFrom(h.accounts).Draw(h.T, "account")
	id := fmt.Sprint(h.number("person", 3))
	h.do("Learn", func(s store.Store) (any, error) {
		return nil, s.Learn(h.kit.ctx, a, state.Identity{ID: id, Name: "learned" + id, Scopes: []string{"read"}})
	})
}

func (h *past) remove() {
	n, purge := h.network(), rapid.Bool().Draw(h.T, "purge")
	h.do("RemoveNetwork", func(s store.Store) (any, error) { return s.RemoveNetwork(h.kit.ctx, n, purge) })
}

func (h *past) prune() {
	before := at(h.clock - time.Minute)
	h.do("PruneChanges", func(s store.Store) (any, error) { return s.PruneChanges(h.kit.ctx, before) })
}
