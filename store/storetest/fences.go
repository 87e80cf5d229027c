package storetest

import (
	"context"
	"fmt"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

var fences = []promise{
	{"LateHolderChangesNothing", lateHolder},
	{"LateHolderChangesNothingAfterARelease", lateAfterRelease},
	{"LateHolderChangesNothingAfterARemoval", lateAfterRemoval},
	{"LateHolderBringsNothingBackToLife", lateResurrects},
	{"CancelledContextWritesNothing", cancelled},
	{"FailingPartWritesNothing", failingPart},
}

// lateWrites tries every write under a lease and expects each to be refused.
func (k *kit) lateWrites(s store.Store, c state.Claimed) {
	k.Helper()
	l := c.Lease
	p := page(c.ID, 9, like("late", at(0)), like("1", at(0)))
	p.ObservedAt = at(hour)
	p.Items[1].Title = "written late"
	p.Bad = []state.Bad{{Key: "late", Raw: []byte(`{}`), Version: "1", At: at(0)}}
	_, err := s.Commit(k.ctx, l, p)
	k.is(err, state.ErrLeaseLost, "a late commit")
	k.is(s.Release(k.ctx, l, state.Progress{Mode: state.Normal, Reason: "late"}), state.ErrLeaseLost, "a late release")
	k.is(s.Postpone(k.ctx, l, at(hour)), state.ErrLeaseLost, "a late postponement")
	_, err = s.Fill(k.ctx, l, state.Fill{ID: "late fill", At: at(hour), Items: []item.Item{like("bare", at(0))}, Gone: []string{"bare"}})
	k.is(err, state.ErrLeaseLost, "a late fill")
	_, err = s.Remapped(k.ctx, l, state.Remap{
		ID: "late remap", At: at(hour), Walk: 1, Version: "2",
		Items: map[string]item.Item{"odd": like("odd", at(0))}, Still: map[string]string{"odd": "late"},
	})
	k.is(err, state.ErrLeaseLost, "a late remap")
	_, err = s.Remove(k.ctx, l, state.Removal{ID: "late removal", At: at(day), Because: map[string]state.Reason{"1": state.Unliked}})
	k.is(err, state.ErrLeaseLost, "a late removal")
}

// snapshot prints everything that can be read of a network.
func (k *kit) snapshot(network string) string {
	k.Helper()
	n := k.now(network)
	bad, err := k.b.Quarantined(k.ctx, network, "none", 100)
	k.must(err)
	bare, err := k.b.Bare(k.ctx, network, at(100*day), 100)
	k.must(err)
	walk := fmt.Sprintf("%+v", n.Walk)
	if n.Walk != nil {
		walk = fmt.Sprintf("%+v", *n.Walk)
	}
	n.Walk = nil
	return fmt.Sprintf("%+v\n%s\n%+v\n%+v\n%+v\n%+v", n, walk, k.all(network), bad, bare, k.changes("", 0))
}

// furnished is a leased network with an item, a bare item and a quarantined object.
func (k *kit) furnished(service string) state.Claimed {
	k.Helper()
	c := k.started(service)
	p := page(c.ID, 1, like("1", at(-hour)), bare("bare", at(-2*hour)))
	p.Bad = []state.Bad{{Key: "odd", ID: "odd", Raw: []byte(`{"odd":1}`), Reason: "odd", Version: "1", Walk: 1, At: at(0)}}
	k.commit(c.Lease, p)
	return c
}

func lateHolder(k *kit) {
	late := k.furnished("github")
	k.lease(k.b, "b", at(Lease))
	before := k.snapshot(late.ID)
	k.lateWrites(k.a, late)
	k.same(k.snapshot(late.ID), before, "after late writes")

	again := k.lease(k.a, "a", at(2*Lease)) // the same owner holds it again, under another epoch
	before = k.snapshot(late.ID)
	k.lateWrites(k.a, late)
	k.same(k.snapshot(late.ID), before, "after late writes under an older epoch of the same owner")
	other := again
	other.Lease.Owner = "b"
	k.lateWrites(k.b, other)
	k.same(k.snapshot(late.ID), before, "after writes under the right epoch by another owner")
}

func lateAfterRelease(k *kit) {
	late := k.furnished("github")
	k.must(k.a.Release(k.ctx, late.Lease, state.Progress{Mode: state.Normal, ScheduledTo: at(hour)}))
	before := k.snapshot(late.ID)
	k.lateWrites(k.a, late)
	nobody := late
	nobody.Lease.Owner = ""
	k.lateWrites(k.a, nobody)
	k.same(k.snapshot(late.ID), before, "after late writes")
}

func lateAfterRemoval(k *kit) {
	late := k.furnished("github")
	_, err := k.b.RemoveNetwork(k.ctx, late.ID, false)
	k.must(err)
	items, log := fmt.Sprint(k.all(late.ID)), fmt.Sprint(k.changes("", 0))
	k.lateWrites(k.a, late)
	k.same(fmt.Sprint(k.all(late.ID)), items, "items after late writes")
	k.same(fmt.Sprint(k.changes("", 0)), log, "changes after late writes")
	if got := k.claim(at(day)); len(got) != 0 {
		k.Errorf("a removed network was claimed")
	}
}

func lateResurrects(k *kit) {
	late := k.furnished("github")
	_, err := k.b.RemoveNetwork(k.ctx, late.ID, true)
	k.must(err)
	k.lateWrites(k.a, late)
	k.same(len(k.all("")), 0, "items after a purge and late writes")
	ns, err := k.b.Networks(k.ctx, store.Filter{Removed: true})
	k.must(err)
	k.same(len(ns), 0, "networks after a purge and late writes")
	k.same(len(k.changes("", 0)), 0, "changes after a purge and late writes")
}

func cancelled(k *kit) {
	c := k.furnished("github")
	before := k.snapshot(c.ID)
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	writes := map[string]func() error{
		"Commit":   func() error { _, err := k.a.Commit(ctx, c.Lease, page(c.ID, 2, like("2", at(0)))); return err },
		"Release":  func() error { return k.a.Release(ctx, c.Lease, state.Progress{Mode: state.Normal}) },
		"Postpone": func() error { return k.a.Postpone(ctx, c.Lease, at(hour)) },
		"Fill": func() error {
			_, err := k.a.Fill(ctx, c.Lease, state.Fill{ID: "f", At: at(hour), Items: []item.Item{like("bare", at(0))}})
			return err
		},
		"Remapped": func() error {
			_, err := k.a.Remapped(ctx, c.Lease, state.Remap{ID: "m", At: at(hour), Items: map[string]item.Item{"odd": like("odd", at(0))}})
			return err
		},
		"Remove": func() error {
			_, err := k.a.Remove(ctx, c.Lease, state.Removal{ID: "g", At: at(hour), Because: map[string]state.Reason{"1": state.Gone}})
			return err
		},
		"Accept":        func() error { return k.a.Accept(ctx, c.ID, 1, at(0)) },
		"Renew":         func() error { return k.a.Renew(ctx, "a", at(hour)) },
		"FreeOwner":     func() error { return k.a.FreeOwner(ctx, "a", at(hour)) },
		"Claim":         func() error { _, err := k.a.Claim(ctx, want("a", at(day))); return err },
		"WishSync":      func() error { return k.a.WishSync(ctx, c.ID, true, at(0)) },
		"SetPaused":     func() error { return k.a.SetPaused(ctx, c.ID, true, at(0)) },
		"RemoveNetwork": func() error { _, err := k.a.RemoveNetwork(ctx, c.ID, true); return err },
		"PurgeUser":     func() error { _, err := k.a.PurgeUser(ctx, "me"); return err },
		"PruneChanges":  func() error { _, err := k.a.PruneChanges(ctx, at(100*day)); return err },
	}
	for name, write := range writes {
		k.is(write(), context.Canceled, name+" under a cancelled context")
		k.same(k.snapshot(c.ID), before, "after "+name+" under a cancelled context")
	}
}

func failingPart(k *kit) {
	c := k.furnished("github")
	k.lease(k.b, "b", at(Lease))
	c = k.lease(k.a, "a", at(2*Lease))
	before := k.snapshot(c.ID)
	p := page(c.ID, 2)
	for i := range 50 {
		p.Items = append(p.Items, like(fmt.Sprint("new", i), at(0)))
	}
	p.Items = append(p.Items, item.Item{URL: "https://example.org/without-id", LikedAt: at(0)})
	p.Bad = []state.Bad{{Key: "more", Raw: []byte(`{}`), Version: "1", At: at(0)}}
	if _, err := k.a.Commit(k.ctx, c.Lease, p); err == nil {
		k.Errorf("a page with an item without an id was committed")
	}
	k.same(k.snapshot(c.ID), before, "items and progress are one fact: after a commit with a failing part")

	p.Items = p.Items[:50]
	if got, err := k.a.Commit(k.ctx, c.Lease, p); err != nil || got.Added != 50 {
		k.Errorf("the same page without the failing part: %+v, %v", got, err)
	}
}

// bare is an item of which the list gave only a reference.
func bare(id string, liked time.Time) item.Item {
	return item.Item{ID: id, URL: "https://example.org/" + id, Kind: "post", LikedAt: liked, LikedFrom: item.FromAPI, Bare: true}
}

func item3() item.Item { return bare("3", at(-3*hour)) }
