// Package webhooktest is the kit that every webhook.Store passes.
package webhooktest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/auth"
	"collector/deliver/webhook"
)

// promise is one thing that a store has to keep.
type promise struct {
	name string
	test func(k *kit)
}

var promises = []promise{
	{"KeptAsGiven", keptAsGiven},
	{"ChangedOnceAVersion", changedOnceAVersion},
	{"ConcurrentChangesLoseNothing", concurrentChanges},
	{"OneOfManyAddsAnID", oneAdds},
	{"ListsInPages", listsInPages},
	{"OfOneUser", ofOneUser},
	{"RemovedIsGone", removedIsGone},
	{"NotesStandBesideChanges", notesBeside},
	{"RevisionTellsOfChangesAlone", revisions},
	{"BroughtAsItWas", brought},
	{"NobodyHasTooMany", bounded},
	{"AnEndedCallChangesNothing", ended},
}

// Run holds a store to everything. open makes an empty one for each test, and returns it
// over two handles, as two processes have it; whoever opens it closes it, by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) (one, other webhook.Store)) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			k := &kit{T: t, ctx: t.Context()}
			k.one, k.other = open(t)
			p.test(k)
		})
	}
}

type kit struct {
	*testing.T
	ctx        context.Context
	one, other webhook.Store
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// sample is an endpoint with every field set.
func sample(id string) webhook.Endpoint {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	return webhook.Endpoint{
		ID: id, User: "anna", URL: "https://hooks.example/ü?a=b&c=<d>", Query: `lang:go "a phrase" -not`, Kinds: []string{"poll", "sweep"},
		Private: true, Parallel: 7, PerMinute: 60, CreatedAt: noon, Paused: true, Resumes: 2, From: 1 << 60, Rewinds: 3,
		Secret: auth.Record{Account: "webhook/" + id, Version: 4, KeyID: "k", Sealed: []byte{0, 255, '<', 0xc3}}, OldUntil: noon.Add(time.Hour),
	}
}

// found is what the daemon knows of it.
func found() (webhook.Place, webhook.Health) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 1, time.UTC)
	return webhook.Place{Seq: 1<<60 + 1, Rewinds: 3}, webhook.Health{LastOK: at, Failing: at, Failures: 2, Error: "it answered 500", Stopped: "gone", Resumes: 2}
}

// whole is a record with every field set.
func whole(id string) webhook.Record {
	r := webhook.Record{Endpoint: sample(id)}
	r.Place, r.Health = found()
	return r
}

// put saves a record and returns it with its new version.
func (k *kit) put(s webhook.Store, r webhook.Record) webhook.Record {
	k.Helper()
	v, err := s.Put(k.ctx, r)
	k.must(err)
	r.Version = v
	return r
}

// is holds what a handle has of an id to what it should be.
func (k *kit) is(s webhook.Store, want webhook.Record) {
	k.Helper()
	got, err := s.Get(k.ctx, want.ID)
	k.must(err)
	if !reflect.DeepEqual(got, want) {
		k.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

// unknown holds that an id is of no endpoint.
func (k *kit) unknown(s webhook.Store, id string) {
	k.Helper()
	if r, err := s.Get(k.ctx, id); !errors.Is(err, webhook.ErrUnknown) {
		k.Errorf("got %+v, %v", r, err)
	}
}

// keptAsGiven: the secret is kept as it was sealed, and so is everything else.
func keptAsGiven(k *kit) {
	k.unknown(k.one, "wh_1")
	r := k.put(k.one, whole("wh_1"))
	if r.Version != 1 {
		k.Errorf("the first version is %d", r.Version)
	}
	k.is(k.one, r)
	k.is(k.other, r)
	bare := k.put(k.other, webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_2"}})
	k.is(k.one, bare)
}

func changedOnceAVersion(k *kit) {
	old := k.put(k.one, whole("wh_1"))
	r := old
	r.URL, r.Place, r.Health = "https://other.example/", webhook.Place{}, webhook.Health{} // the daemon's, which a change leaves
	next := k.put(k.other, r)
	if next.Version != old.Version+1 {
		k.Errorf("version %d follows %d", next.Version, old.Version)
	}
	next.Place, next.Health = found()
	k.is(k.one, next)
	for _, version := range []int64{0, old.Version, next.Version + 1} {
		late := old
		late.Version, late.URL = version, "https://late.example/"
		if v, err := k.one.Put(k.ctx, late); !errors.Is(err, webhook.ErrChanged) {
			k.Errorf("version %d was taken: %d, %v", version, v, err)
		}
	}
	if v, err := k.one.Put(k.ctx, webhook.Record{Endpoint: sample("wh_none"), Version: 1}); !errors.Is(err, webhook.ErrChanged) {
		k.Errorf("a change of what is not there: %d, %v", v, err)
	}
	k.unknown(k.one, "wh_none")
	k.is(k.one, next)
}

// concurrentChanges has many change one endpoint over both handles at once, each another
// part of it, while a daemon notes what it finds: all of it stands in the end.
func concurrentChanges(k *kit) {
	k.put(k.one, webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1"}})
	const writers, times = 4, 12
	var work sync.WaitGroup
	for i := range writers {
		for _, s := range []webhook.Store{k.one, k.other} {
			work.Go(func() {
				for range times {
					_, err := webhook.Change(k.ctx, s, "wh_1", func(e *webhook.Endpoint) error {
						switch i % 2 {
						case 0:
							e.Resumes++
						default:
							e.Rewinds++
						}
						return nil
					})
					if err != nil {
						k.Error(err)
					}
				}
			})
		}
	}
	work.Go(func() {
		for i := range times {
			if err := k.other.Note(k.ctx, []webhook.Note{{ID: "wh_1", Place: &webhook.Place{Seq: int64(i + 1)}}}); err != nil {
				k.Error(err)
			}
		}
	})
	work.Wait()
	got, err := k.one.Get(k.ctx, "wh_1")
	k.must(err)
	if want := writers * times; got.Resumes != want || got.Rewinds != want || got.Version != int64(2*want+1) || got.Place.Seq != times {
		k.Errorf("of %d changes each %d and %d stand, at version %d and place %d", want, got.Resumes, got.Rewinds, got.Version, got.Place.Seq)
	}
}

// oneAdds: of many that add one id at once, one does.
func oneAdds(k *kit) {
	var mu sync.Mutex
	var added []int
	var work sync.WaitGroup
	for i := range 8 {
		s := []webhook.Store{k.one, k.other}[i%2]
		work.Go(func() {
			_, err := s.Put(k.ctx, webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1", Parallel: i}})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				added = append(added, i)
			case !errors.Is(err, webhook.ErrChanged):
				k.Error(err)
			}
		})
	}
	work.Wait()
	got, err := k.one.Get(k.ctx, "wh_1")
	if err != nil || len(added) != 1 || got.Parallel != added[0] {
		k.Errorf("%v added it, and it is %+v, %v", added, got, err)
	}
}

// listsInPages goes over 10,000 endpoints while some come and go.
func listsInPages(k *kit) {
	const many = 10_000
	var all []webhook.Record
	for i := range many {
		all = append(all, webhook.Record{Endpoint: webhook.Endpoint{ID: fmt.Sprintf("wh_%05d", i*7919%many), Parallel: i}, Version: 1})
	}
	for part := range slices.Chunk(all, 1000) {
		k.must(k.one.Bring(k.ctx, part))
	}
	if n, err := k.other.Count(k.ctx); n != many || err != nil {
		k.Errorf("%d of %d, %v", n, many, err)
	}
	seen, last := 0, ""
	for {
		list, err := k.other.List(k.ctx, last, 300)
		k.must(err)
		if len(list) == 0 {
			break
		}
		if len(list) > 300 {
			k.Fatalf("%d in a page of 300", len(list))
		}
		for _, r := range list {
			if r.ID <= last {
				k.Fatalf("%s follows %s", r.ID, last)
			}
			last = r.ID
			seen++
		}
		if seen == 3000 { // one that was seen, and the next two
			for _, id := range []string{"wh_00010", last, "wh_03000"} {
				k.must(k.one.Remove(k.ctx, id))
			}
			k.put(k.one, webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_03000a"}})
		}
	}
	if seen != many { // without wh_03000, with wh_03000a
		k.Errorf("%d of %d were listed", seen, many)
	}
	list, err := k.one.List(k.ctx, "", 0)
	if err != nil || len(list) != 0 {
		k.Errorf("a page of none: %v, %v", list, err)
	}
	records, err := webhook.All(k.ctx, k.one)
	if err != nil || len(records) != many-2 {
		k.Errorf("all are %d, %v", len(records), err)
	}
}

// ofOneUser: the endpoints of one user are hers, and those that are there.
func ofOneUser(k *kit) {
	of := func(id, user string) webhook.Record {
		r := whole(id)
		r.User = user
		return r
	}
	for _, user := range []string{"anna", "ann", "anna' OR 1=1 --", "bob"} {
		for i := range 3 {
			k.put([]webhook.Store{k.one, k.other}[i%2], of(fmt.Sprintf("wh_%d_%s", 9-i, user), user))
		}
	}
	k.must(k.one.Bring(k.ctx, []webhook.Record{of("wh_brought", "anna")}))
	changed := k.put(k.one, of("wh_0", "anna"))
	changed.Query = "changed"
	_, err := k.other.Put(k.ctx, changed)
	k.must(err)
	k.must(k.other.Remove(k.ctx, "wh_8_anna"))
	for user, want := range map[string]string{
		"anna": "wh_0 wh_7_anna wh_9_anna wh_brought", "ann": "wh_7_ann wh_8_ann wh_9_ann", "nobody": "", "": "",
	} {
		list, err := k.other.Of(k.ctx, user)
		k.must(err)
		got := ""
		for _, r := range list {
			got += " " + r.ID
			if r.User != user || (r.ID == "wh_0") != (r.Query == "changed") {
				k.Errorf("of %q: %+v", user, r)
			}
		}
		if got = strings.TrimPrefix(got, " "); got != want {
			k.Errorf("of %q: %s, want %s", user, got, want)
		}
	}
}

// removedIsGone: nobody brings it back who read it before, or knew it from elsewhere.
func removedIsGone(k *kit) {
	r, stays := k.put(k.one, whole("wh_1")), k.put(k.one, whole("wh_2"))
	k.must(k.other.Remove(k.ctx, "wh_1"))
	k.unknown(k.one, "wh_1")
	if err := k.one.Remove(k.ctx, "wh_1"); !errors.Is(err, webhook.ErrUnknown) {
		k.Errorf("removed again: %v", err)
	}
	for _, version := range []int64{0, r.Version, r.Version + 1} {
		late := r
		late.Version = version
		if v, err := k.one.Put(k.ctx, late); !errors.Is(err, webhook.ErrChanged) {
			k.Errorf("version %d was brought back: %d, %v", version, v, err)
		}
	}
	k.must(k.one.Note(k.ctx, []webhook.Note{{ID: "wh_1", Place: &r.Place, Health: &r.Health}}))
	k.unknown(k.other, "wh_1")
	list, err := k.other.List(k.ctx, "", 10)
	if n, failed := k.other.Count(k.ctx); err != nil || failed != nil || len(list) != 1 || n != 1 {
		k.Errorf("%d are listed, %d counted, %v, %v", len(list), n, err, failed)
	}
	k.is(k.one, stays)
	if _, err := webhook.Change(k.ctx, k.one, "wh_1", func(*webhook.Endpoint) error { return nil }); !errors.Is(err, webhook.ErrUnknown) {
		k.Errorf("changed: %v", err)
	}
}

func notesBeside(k *kit) {
	want, other := k.put(k.one, webhook.Record{Endpoint: sample("wh_1")}), k.put(k.one, whole("wh_2"))
	place, health := found()
	k.must(k.other.Note(k.ctx, []webhook.Note{{ID: "wh_1", Place: &place}, {ID: "wh_none", Place: &place, Health: &health}}))
	want.Place = place
	k.is(k.one, want)
	k.must(k.other.Note(k.ctx, []webhook.Note{{ID: "wh_1", Health: &health}, {ID: "wh_2", Health: &webhook.Health{}}}))
	want.Health, other.Health = health, webhook.Health{}
	k.is(k.one, want)
	k.is(k.one, other)
	k.unknown(k.one, "wh_none")
	k.must(k.other.Note(k.ctx, nil))
	want.Paused = false
	want = k.put(k.one, want) // the version is the one of before
	k.is(k.other, want)
}

func revisions(k *kit) {
	seen := map[int64]string{}
	step := func(what string, do func()) {
		k.Helper()
		do()
		one, err := k.one.Revision(k.ctx)
		k.must(err)
		other, err := k.other.Revision(k.ctx)
		k.must(err)
		if before, ok := seen[one]; ok || one != other {
			k.Errorf("%s: revision %d and %d, as after: %s", what, one, other, before)
		}
		seen[one] = what
	}
	var r webhook.Record
	step("nothing", func() {})
	step("one is added", func() { r = k.put(k.one, whole("wh_1")) })
	step("another is added", func() { k.put(k.other, whole("wh_2")) })
	step("one is changed", func() { k.put(k.other, r) })
	before, err := k.one.Revision(k.ctx)
	k.must(err)
	k.must(k.one.Note(k.ctx, []webhook.Note{{ID: "wh_1", Place: &webhook.Place{Seq: 9}}}))
	if after, err := k.other.Revision(k.ctx); after != before || err != nil {
		k.Errorf("a note made %d of %d, %v", after, before, err)
	}
	step("one is removed", func() { k.must(k.one.Remove(k.ctx, "wh_2")) })
	step("the other is removed", func() { k.must(k.other.Remove(k.ctx, "wh_1")) })
}

// brought: also over what is there, and what was removed, and twice.
func brought(k *kit) {
	k.put(k.one, webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1"}})
	k.put(k.one, webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_2"}})
	k.must(k.one.Remove(k.ctx, "wh_2"))
	var all []webhook.Record
	for i, id := range []string{"wh_1", "wh_2", "wh_3"} {
		r := whole(id)
		r.Version = int64(i + 5)
		all = append(all, r)
	}
	for range 2 {
		k.must(k.one.Bring(k.ctx, all))
		for _, r := range all {
			k.is(k.other, r)
		}
	}
	k.must(k.one.Bring(k.ctx, nil))
	k.put(k.other, all[1])
}

func ended(k *kit) {
	r := k.put(k.one, whole("wh_1"))
	over, end := context.WithCancel(k.ctx)
	end()
	late := r
	late.URL = "https://late.example/"
	_, put := k.one.Put(over, late)
	_, added := k.one.Put(over, whole("wh_2"))
	for what, err := range map[string]error{
		"Put": put, "Put of a new one": added, "Remove": k.one.Remove(over, "wh_1"), "Bring": k.one.Bring(over, []webhook.Record{late}),
		"Note": k.one.Note(over, []webhook.Note{{ID: "wh_1", Place: &webhook.Place{}}}),
	} {
		if err == nil {
			k.Errorf("%s went on after its end", what)
		}
	}
	k.is(k.other, r)
	k.unknown(k.other, "wh_2")
}
