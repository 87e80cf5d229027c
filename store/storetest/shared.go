package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"collector/limit"
	"collector/store"
)

var shared = []promise{
	{"QuotasAreUpdatedByOneAtATime", quotasRace},
	{"QuotasSaveNothingOnAnError", quotasError},
	{"QuotasComeInOrder", quotasOrder},
	{"QuotasKeepEveryField", quotasFields},
	{"QuotasTellWhoOwes", quotasOwing},
	{"MetaIsKept", meta},
	{"MetaIsSwappedByOneOfMany", swaps},
	{"InstancesComeAndGo", instances},
	{"InstancesAreAsked", instancesAsked},
	{"ConnectionsAreCounted", connections},
	{"ReopenedStoreHasEverything", reopened},
	{"DescribeSaysWhatItIs", describe},
}

func quotasRace(k *kit) {
	const workers, times = 32, 20
	var wg sync.WaitGroup
	for i := range workers {
		s := []store.Store{k.a, k.b}[i%2]
		keys := []string{"github/core/1", "github/search/1"}
		if i%3 == 0 {
			slices.Reverse(keys)
		}
		wg.Go(func() {
			for range times {
				err := s.UpdateQuotas(k.ctx, keys, func(rows []*limit.Row) error {
					for _, r := range rows {
						r.Used++
					}
					return nil
				})
				if err != nil {
					k.Errorf("updating: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	rows, err := k.b.Quotas(k.ctx, "github/")
	k.must(err)
	if len(rows) != 2 {
		k.Fatalf("%d rows, want 2", len(rows))
	}
	k.same([]int{rows[0].Used, rows[1].Used}, []int{workers * times, workers * times}, "counted")
}

func quotasError(k *kit) {
	update := func(fn func(r []*limit.Row) error) error { return k.a.UpdateQuotas(k.ctx, []string{"a", "b"}, fn) }
	k.must(update(func(r []*limit.Row) error { r[0].Used, r[1].Used = 1, 2; return nil }))
	refused := errors.New("nothing left")
	err := update(func(r []*limit.Row) error { r[0].Used, r[1].Limit = 10, 20; return refused })
	if err != refused {
		k.Errorf("error %v, want the one of fn, unwrapped", err)
	}
	rows, err := k.b.Quotas(k.ctx, "")
	k.must(err)
	k.same([]int{len(rows), rows[0].Used, rows[1].Used, rows[1].Limit}, []int{2, 1, 2, 0}, "rows after an error")
	err = k.a.UpdateQuotas(k.ctx, []string{"c"}, func([]*limit.Row) error { return refused })
	if rows, _ := k.b.Quotas(k.ctx, "c"); err != refused || len(rows) != 0 {
		k.Errorf("a new row after an error: %v, %v", rows, err)
	}
}

func quotasOrder(k *kit) {
	err := k.a.UpdateQuotas(k.ctx, []string{"b/2", "a/1", "c/3", "a/10", "a%", "A/1"}, func(rows []*limit.Row) error {
		var keys []string
		for _, r := range rows {
			keys = append(keys, r.Key)
			r.Limit = 1
		}
		k.same(list(keys), "A/1 a% a/1 a/10 b/2 c/3", "rows for fn")
		return nil
	})
	k.must(err)
	prefixed := func(prefix string) string {
		rows, err := k.b.Quotas(k.ctx, prefix)
		k.must(err)
		var keys []string
		for _, r := range rows {
			keys = append(keys, r.Key)
		}
		return list(keys)
	}
	k.same([]string{prefixed(""), prefixed("a/"), prefixed("a%"), prefixed("x")},
		[]string{"A/1 a% a/1 a/10 b/2 c/3", "a/1 a/10", "a%", ""}, "rows by prefix")
	named := func(keys ...string) string {
		k.Helper()
		rows, err := k.b.QuotaRows(k.ctx, keys)
		k.must(err)
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprint(r.Key, r.Limit))
		}
		return list(got)
	}
	k.same([]string{named("c/3", "a/1", "a/1", "a", "x"), named("a%"), named("x"), named()}, []string{"a/11 c/31", "a%1", "", ""}, "rows by key")
}

func quotasFields(k *kit) {
	full := limit.Row{
		Key: "github/core/1", Limit: 5000, End: at(hour), Exact: true, Used: 12, Seen: 11, Epoch: 3,
		Blocked: at(minute), Because: "429", Waits: 2, Log: []limit.Spend{{At: at(0), N: 4}},
		Asked: map[limit.Class]int64{limit.Poll: 3}, ByClass: map[limit.Class]int{limit.Poll: 7}, SeenAt: at(-minute),
	}
	k.must(k.a.UpdateQuotas(k.ctx, []string{full.Key}, func(r []*limit.Row) error { *r[0] = full; return nil }))
	rows, err := k.b.Quotas(k.ctx, full.Key)
	k.must(err)
	k.same(rows, []limit.Row{full}, "the row")
	k.must(k.b.UpdateQuotas(k.ctx, []string{full.Key}, func(r []*limit.Row) error {
		k.same(*r[0], full, "the row for fn")
		r[0].Asked[limit.Sweep] = 4
		r[0].Log[0].N = 5
		return nil
	}))
	k.same(full.Asked, map[limit.Class]int64{limit.Poll: 3}, "the store shares no memory with its caller")
}

func quotasOwing(k *kit) {
	lend := func(keys []string, processes ...string) {
		k.Helper()
		k.must(k.a.UpdateQuotas(k.ctx, keys, func(rows []*limit.Row) error {
			for i, r := range rows {
				r.Lent = nil
				for _, p := range processes {
					r.Lent = append(r.Lent, limit.Batch{ID: fmt.Sprint(i), Proc: p, Left: 1, Until: at(hour)})
				}
			}
			return nil
		}))
	}
	owing := func(processes ...string) string {
		k.Helper()
		keys, err := k.b.Owing(k.ctx, processes)
		k.must(err)
		return list(keys)
	}
	lend([]string{"github/core/2", "github/core/1"}, "host-1-a")
	lend([]string{"github/core/3"}, "host-2-b", "host-1-a")
	lend([]string{"github/core/4"}, "host-2-b")
	lend([]string{"github/core/5"})
	k.must(k.a.UpdateQuotas(k.ctx, []string{"github/core/6"}, func(r []*limit.Row) error {
		r[0].Procs = map[string]time.Time{"host-1-a": at(0)} // it had some
		return nil
	}))
	k.same([]string{owing("host-1-a"), owing("host-2-b"), owing("host-2-b", "host-1-a", "host-3"), owing("host-1"), owing(`.*"`), owing()},
		[]string{"github/core/1 github/core/2 github/core/3", "github/core/3 github/core/4", "github/core/1 github/core/2 github/core/3 github/core/4", "", "", ""}, "keys of rows")
	lend([]string{"github/core/3", "github/core/1"})
	k.same(owing("host-1-a"), "github/core/2", "once the others are given back")
}

func meta(k *kit) {
	read := func(key string) string {
		k.Helper()
		v, err := k.b.Meta(k.ctx, key)
		k.must(err)
		return v
	}
	k.same(read(store.MetaSimulated), "", "before it is set")
	k.must(k.a.SetMeta(k.ctx, store.MetaSimulated, "1"))
	k.must(k.a.SetMeta(k.ctx, store.MetaKeyCheck, "first"))
	k.must(k.a.SetMeta(k.ctx, store.MetaKeyCheck, "second"))
	k.same([]string{read(store.MetaSimulated), read(store.MetaKeyCheck), read("unheard-of")}, []string{"1", "second", ""}, "values")
}

func swaps(k *kit) {
	swap := func(old, value string, want bool) {
		k.Helper()
		done, err := k.a.SwapMeta(k.ctx, "swapped", old, value)
		k.must(err)
		k.same(done, want, fmt.Sprintf("swapping %q for %q", old, value))
	}
	reads := func(want string) {
		k.Helper()
		v, err := k.b.Meta(k.ctx, "swapped")
		k.must(err)
		k.same(v, want, "the value")
	}
	swap("x", "1", false)
	swap("", "1", true)
	reads("1")
	swap("", "2", false)
	swap("2", "3", false)
	reads("1")
	swap("1", "1", true)
	swap("1", "", true)
	swap("", "2", true)
	reads("2")
	k.must(k.b.SetMeta(k.ctx, "swapped", "set"))
	swap("2", "3", false)
	swap("set", "0", true)

	// Of all that swap at once, one goes on from what each has read.
	const each = 25
	var together sync.WaitGroup
	for _, s := range []store.Store{k.a, k.b, k.a, k.b} {
		together.Go(func() {
			for done := 0; done < each; {
				v, err := s.Meta(k.ctx, "swapped")
				n, bad := strconv.Atoi(v)
				if err = errors.Join(err, bad); err != nil {
					k.Error(err)
					return
				}
				ok, err := s.SwapMeta(k.ctx, "swapped", v, strconv.Itoa(n+1))
				if err != nil {
					k.Error(err)
					return
				}
				if ok {
					done++
				}
			}
		})
	}
	together.Wait()
	reads(strconv.Itoa(4 * each))
}

func reopened(k *kit) {
	if !k.Durable {
		k.Log("the data of this backend end with its handles: nothing to reopen")
		return
	}
	c := k.furnished("github")
	k.must(k.a.Release(k.ctx, c.Lease, c.Progress))
	k.credential(c.AccountID)
	k.must(k.a.SetMeta(k.ctx, "x", "y"))
	k.must(k.a.UpdateQuotas(k.ctx, []string{"q"}, func(r []*limit.Row) error { r[0].Used = 4; return nil }))
	before := k.snapshot(c.ID)
	k.must(k.a.Close())
	k.must(k.b.Close())
	k.a, k.b = k.handle("c"), k.handle("d")
	k.same(k.snapshot(c.ID), before, "after closing and opening")
	cred, err := k.a.Credential(k.ctx, c.AccountID)
	k.must(err)
	v, err := k.a.Meta(k.ctx, "x")
	k.must(err)
	rows, err := k.a.Quotas(k.ctx, "q")
	k.must(err)
	k.same([]any{string(cred.Sealed), v, len(rows), rows[0].Used}, []any{"sealed", "y", 1, 4}, "credential, meta and quota")
	k.same(list(k.found(store.Query{Expr: word("thing")})), "1", "found")
}

func describe(k *kit) {
	if k.a.Describe() == "" {
		k.Errorf("Describe says nothing")
	}
}
