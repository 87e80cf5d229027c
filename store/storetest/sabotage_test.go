package storetest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"collector/auth"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// current is the lease that holds the network now.
func current(ctx context.Context, s store.Store, l state.Lease) state.Lease {
	if n, err := s.Network(ctx, l.Network); err == nil {
		l.Owner, l.Epoch = n.Owner, n.Epoch
	}
	return l
}

type unfenced struct{ store.Store }

func (s unfenced) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	return s.Store.Commit(ctx, current(ctx, s.Store, l), p)
}

type unfencedRelease struct{ store.Store }

func (s unfencedRelease) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	if err := s.Store.Release(ctx, l, p); !errors.Is(err, state.ErrLeaseLost) {
		return err
	}
	return nil
}

type claimShared struct {
	store.Store
	last atomic.Pointer[[]state.Claimed]
}

func (s *claimShared) Claim(ctx context.Context, c state.Claim) ([]state.Claimed, error) {
	if last := s.last.Swap(nil); last != nil {
		return *last, nil
	}
	got, err := s.Store.Claim(ctx, c)
	s.last.Store(&got)
	return got, err
}

type claiming struct {
	store.Store
	bend func(*state.Claim)
}

func claims(bend func(*state.Claim)) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return claiming{s, bend} }
}

func (s claiming) Claim(ctx context.Context, c state.Claim) ([]state.Claimed, error) {
	s.bend(&c)
	return s.Store.Claim(ctx, c)
}

type committing struct {
	store.Store
	commit func(context.Context, store.Store, state.Lease, state.Page) (state.Committed, error)
}

func commits(commit func(context.Context, store.Store, state.Lease, state.Page) (state.Committed, error)) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return committing{s, commit} }
}

func (s committing) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	return s.commit(ctx, s.Store, l, p)
}

func inParts(ctx context.Context, s store.Store, l state.Lease, p state.Page) (state.Committed, error) {
	whole, err := s.Commit(ctx, l, p)
	if err == nil || errors.Is(err, state.ErrLeaseLost) {
		return whole, err
	}
	p.Items = p.Items[:len(p.Items)-1]
	part, _ := s.Commit(ctx, l, p)
	return part, err
}

func progressFirst(ctx context.Context, s store.Store, l state.Lease, p state.Page) (state.Committed, error) {
	first := p
	first.Items, first.Bad = nil, nil
	if c, err := s.Commit(ctx, l, first); err != nil {
		return c, err
	}
	return s.Commit(ctx, l, p)
}

type knownEarly struct{ store.Store }

func (s knownEarly) Known(ctx context.Context, n string, walk int64, ids []string) ([]bool, error) {
	return s.Store.Known(ctx, n, walk+1, ids)
}

type unpausing struct{ store.Store }

func (s unpausing) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	if err := s.Store.Release(ctx, l, p); err != nil {
		return err
	}
	return s.SetPaused(ctx, l.Network, false, p.ScheduledTo)
}

type deaf struct{ store.Store }

func (s deaf) WishSync(ctx context.Context, id string, full bool, now time.Time) error {
	if n, err := s.Network(ctx, id); err == nil && n.Owner != "" {
		return nil
	}
	return s.Store.WishSync(ctx, id, full, now)
}

type renewsAll struct{ store.Store }

func (s renewsAll) Renew(ctx context.Context, owner string, until time.Time) error {
	for _, o := range []string{"a", "b"} {
		if err := s.Store.Renew(ctx, o, until); err != nil {
			return err
		}
	}
	return nil
}

type anyPerson struct{ store.Store }

func (s anyPerson) Learn(ctx context.Context, account string, id state.Identity) error {
	if err := s.Store.Learn(ctx, account, id); !errors.Is(err, state.ErrOtherPerson) {
		return err
	}
	return nil
}

type skipping struct{ store.Store }

func (s skipping) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	got, err := s.Store.Changes(ctx, user, since, n)
	for i, c := range got {
		if c.Seq == 5 {
			return append(got[:i:i], got[i+1:]...), err
		}
	}
	return got, err
}

type gossiping struct{ store.Store }

func (s gossiping) Changes(ctx context.Context, _ string, since int64, n int) ([]store.Change, error) {
	return s.Store.Changes(ctx, "", since, n)
}

func (s gossiping) NewestChanges(ctx context.Context, _ string, before int64, n int) ([]store.ChangeCount, error) {
	return s.Store.NewestChanges(ctx, "", before, n)
}

type forgetful struct{ store.Store }

func (s forgetful) NewestChanges(ctx context.Context, user string, _ int64, n int) ([]store.ChangeCount, error) {
	return s.Store.NewestChanges(ctx, user, 0, n)
}

type swapping struct{ store.Store }

func (s swapping) SwapMeta(ctx context.Context, key, _, value string) (bool, error) {
	return true, s.SetMeta(ctx, key, value)
}

type keeping struct{ store.Store }

func (s keeping) RemoveNetwork(ctx context.Context, id string, _ bool) (store.Removed, error) {
	return s.Store.RemoveNetwork(ctx, id, false)
}

type blind struct{ store.Store }

func (s blind) SaveCredential(ctx context.Context, r auth.Record) error {
	if was, err := s.Credential(ctx, r.Account); err == nil {
		r.Version = was.Version
	}
	return s.Store.SaveCredential(ctx, r)
}

type generous struct{ store.Store }

func (generous) LeaseRefresh(context.Context, string, string, time.Time, time.Time) (bool, error) {
	return true, nil
}

type twoSteps struct{ store.Store }

func (s twoSteps) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	read := map[string]limit.Row{}
	if err := s.Store.UpdateQuotas(ctx, keys, func(rows []*limit.Row) error {
		for _, r := range rows {
			read[r.Key] = *r
		}
		return nil
	}); err != nil {
		return err
	}
	runtime.Gosched() // the second step comes when others had their turn, as on a server
	return s.Store.UpdateQuotas(ctx, keys, func(rows []*limit.Row) error {
		for _, r := range rows {
			*r = read[r.Key]
		}
		return fn(rows)
	})
}

type careless struct{ store.Store }

func (s careless) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	var failed error
	if err := s.Store.UpdateQuotas(ctx, keys, func(rows []*limit.Row) error { failed = fn(rows); return nil }); err != nil {
		return err
	}
	return failed
}

type sleepsOn struct{ store.Store }

func (s sleepsOn) SetRight(context.Context, time.Time) (int, error) { return 0, nil }

type patient struct{ store.Store }

func (s patient) FreeOwner(context.Context, string, time.Time) error { return nil }

type miscounting struct{ store.Store }

func (s miscounting) Fill(ctx context.Context, l state.Lease, f state.Fill) (int, error) {
	n, err := s.Store.Fill(ctx, l, f)
	if err == nil && strings.HasPrefix(f.ID, "fill") {
		n = len(f.Items)
	}
	return n, err
}
