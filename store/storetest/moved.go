package storetest

import (
	"context"
	"fmt"
	"slices"

	"collector/search"
	"collector/state"
	"collector/store"
	"collector/store/move"
)

func movedIsEqual(m *moving) {
	r := m.must()
	m.equal()
	for p, want := range map[store.Part]int{store.PartAccounts: 4, store.PartCredentials: 2, store.PartQuotas: 2, store.PartNetworks: 5, store.PartItems: 10, store.PartQuarantine: 2} {
		m.target.same(r.Parts[p], want, "moved "+string(p))
	}
	check, err := m.to().Meta(m.Context(), store.MetaKeyCheck)
	m.target.must(err)
	m.target.same(check, "sealed", "the check of the secret key")
}

func movedIsFound(m *moving) {
	m.must()
	k := m.target
	k.same(m.found(k, "thing"), m.found(m.source, "thing"), "found by a word")
	k.same(len(k.found(store.Query{User: "me", Expr: word("silent")})), 1, "found of a user")
	k.same(len(k.found(store.Query{User: "anna", Expr: word("silent")})), 0, "found of another")
	k.same(len(k.found(store.Query{User: "me", Expr: search.Field{Name: "is", Value: "removed"}})), 1, "removed")
	k.same(list(k.bare(m.id("anna", "bluesky"), at(hour), 10)), "b1 b2", "details that are due")
	k.same(list(k.bare(m.id("anna", "bluesky"), at(hour-minute), 10)), "b2", "details that are due earlier")
	known, err := k.a.Known(k.ctx, m.id("me", "github"), 2, []string{"1", "2", "3", "imported", "unheard of"})
	k.must(err)
	k.same(known, []bool{true, false, true, false, false}, "known")
}

// id is the network of a user at a service.
func (m *moving) id(user, service string) string {
	m.Helper()
	ns, err := m.source.a.Networks(m.Context(), store.Filter{User: user, Service: service})
	m.source.must(err)
	if len(ns) != 1 {
		m.Fatalf("%d networks", len(ns))
	}
	return ns[0].ID
}

func (m *moving) found(k *kit, w string) string {
	m.Helper()
	return fmt.Sprint(k.found(store.Query{Expr: word(w)}))
}

func movedGoesOn(m *moving) {
	m.must()
	k := m.target
	daemon, err := k.Open("next")
	k.must(err)
	defer daemon.Close()
	w := want("next", at(day))
	w.N = 1
	got, err := daemon.Claim(k.ctx, w)
	k.must(err)
	k.same(ids(got), []string{m.wished.ID}, "claimed first, since it was asked for")
	all, err := daemon.Claim(k.ctx, want("next", at(day)))
	k.must(err)
	i := slices.IndexFunc(all, func(c state.Claimed) bool { return c.ID == m.id("me", "github") })
	if i < 0 || slices.Contains(ids(all), m.paused.ID) {
		k.Fatalf("claimed %s", ids(all))
	}
	k.same(all[i].Walk.Cursor, "4", "the cursor of the walk")
	was := m.source.now(all[i].ID)
	k.same(all[i].Epoch, was.Epoch+1, "the epoch grows on")
	crashes := was.Crashes + 1 // with this claim
	if was.Owner != "" {
		crashes-- // being in work when the store was moved was none
	}
	k.same(all[i].Crashes, crashes, "crashes")
	p := page(all[i].ID, 3, like("3", at(-3*hour)), like("4", at(-4*hour)))
	p.ObservedAt = at(day)
	c, err := daemon.Commit(k.ctx, all[i].Lease, p)
	k.must(err)
	k.same(c, state.Committed{Added: 1}, "the page in hand once more, with one item more")
	k.same(len(k.changes("", m.last())), 1, "changes")
}

// last is where the log of the target began.
func (m *moving) last() int64 { return at(day).UnixMilli() }

func movedLog(m *moving) {
	before, err := m.from().LastChange(m.Context())
	m.source.must(err)
	r := m.must()
	m.target.same(r.Log, m.last(), "the log begins behind")
	_, err = m.to().Changes(m.Context(), "", before, 10)
	m.target.is(err, store.ErrGone, "a reader of the source's log")
	m.target.same(len(m.target.changes("", r.Log)), 0, "changes")
	now, err := m.to().LastChange(m.Context())
	m.target.must(err)
	m.target.same(now, r.Log, "the newest number")
}

func (c *cut) die(do func() error) error {
	if c.left--; c.left == 0 && !c.after {
		return errCut
	}
	if err := do(); err != nil {
		return err
	}
	if c.left == 0 {
		return errCut
	}
	return nil
}

func (c *cut) Put(ctx context.Context, rs []store.Record) error {
	return c.die(func() error { return c.Movable.Put(ctx, rs) })
}

func (c *cut) SetMeta(ctx context.Context, key, value string) error {
	return c.die(func() error { return c.Movable.SetMeta(ctx, key, value) })
}

func (c *cut) BeginLog(ctx context.Context, last int64) error {
	return c.die(func() error { return c.Movable.BeginLog(ctx, last) })
}

// moveResumed cuts a move at its first write, goes on with it until its second
// one, and so on, until it ends.
func moveResumed(m *moving) {
	cuts := 0
	for n := 1; ; n++ {
		_, err := m.run(m.from(), &cut{Movable: m.to(), after: n%2 == 0, left: n/2 + 1})
		if err == nil {
			break
		}
		m.source.is(err, errCut, "cut")
		if cuts++; cuts > 100 {
			m.Fatal("the move never ends")
		}
	}
	if cuts < 4 {
		m.Errorf("cut %d times: this proved too little", cuts)
	}
	m.equal()
	if r := m.must(); !r.Already {
		m.Errorf("once more: %+v", r)
	}
}

func moveAnew(m *moving) {
	_, err := m.run(m.from(), &cut{Movable: m.to(), left: 12})
	m.source.is(err, errCut, "cut")
	m.source.must(m.from().SetPaused(m.Context(), m.paused.ID, false, at(10*hour)))
	if r := m.must(); !r.Resumed || !r.Anew {
		m.Errorf("the source has changed: %+v", r)
	}
	m.equal()
}

func moveAgain(m *moving) {
	m.must()
	m.target.must(m.to().SetPaused(m.Context(), m.paused.ID, false, at(10*hour)))
	was := fmt.Sprint(m.target.now(m.paused.ID))
	if r := m.must(); !r.Already {
		m.Errorf("once more: %+v", r)
	}
	m.target.same(fmt.Sprint(m.target.now(m.paused.ID)), was, "what was changed since")
}

// lossy is a target that loses an item.
type lossy struct{ store.Movable }

func (l lossy) Put(ctx context.Context, rs []store.Record) error {
	return l.Movable.Put(ctx, slices.DeleteFunc(slices.Clone(rs), func(r store.Record) bool { return r.Item != nil && r.Item.ID == "3" }))
}

func moveCounted(m *moving) {
	_, err := m.run(m.from(), lossy{m.to()})
	m.source.is(err, move.ErrDiffers, "an item that was lost")
	_, err = m.run(m.from(), m.to())
	m.source.is(err, move.ErrDiffers, "all batches are done and one is missing")
	half, err := m.to().Meta(m.Context(), store.MetaMoving)
	m.target.must(err)
	if half == "" {
		m.Error("the target is open for everybody")
	}
	m.target.must(m.to().Put(m.Context(), m.records(m.source, store.PartItems)))
	m.must()
}

func moveAtWork(m *moving) {
	for _, k := range []*kit{m.source, m.target} {
		daemon, err := k.Open("busy")
		k.must(err)
		_, err = daemon.Heartbeat(k.ctx, store.Instance{ID: "busy", Host: "h", Started: at(day), Seen: at(day)})
		k.must(err)
		_, err = m.run(m.from(), m.to())
		k.is(err, move.ErrAtWork, "a daemon at work")
		k.must(daemon.Leave(k.ctx, "busy"))
		k.must(daemon.Close())
	}
	m.target.same(len(m.records(m.target, store.PartAccounts)), 0, "accounts in the target")
	m.must()
}

func moveOther(m *moving) {
	m.source.same(m.target.account("me", "github").ID, "acc0001", "an account of its own")
	_, err := m.run(m.from(), m.to())
	m.source.is(err, move.ErrNotEmpty, "a target with other data")
	m.source.must(m.from().SetMeta(m.Context(), store.MetaMoving, "{}"))
	_, err = m.run(m.from(), m.to())
	m.source.is(err, move.ErrHalf, "half a source")
	m.source.must(m.from().SetMeta(m.Context(), store.MetaMoving, ""))
	m.target.must(m.to().SetMeta(m.Context(), store.MetaMoving, `{"from":"elsewhere"}`))
	_, err = m.run(m.from(), m.to())
	m.source.is(err, move.ErrOther, "half of another source")
}

func putTwice(m *moving) {
	for range 2 {
		for _, p := range store.Parts() {
			m.target.must(m.to().Put(m.Context(), m.records(m.source, p)))
		}
		m.equal()
	}
	m.target.same(m.found(m.target, "thing"), m.found(m.source, "thing"), "found by a word, once each")
}
