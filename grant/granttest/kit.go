// Package granttest is the kit that every grant.Store passes.
package granttest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"collector/grant"
)

// promise is one thing that a store has to keep.
type promise struct {
	name string
	test func(k *kit)
}

var promises = []promise{
	{"KeptAsGiven", keptAsGiven},
	{"AnIDAndAHashAreTakenOnce", takenOnce},
	{"OneOfManyTakesIt", oneTakes},
	{"RemovedIsGoneAtOnce", removedIsGone},
	{"ANoteBringsNothingBack", notes},
	{"ListsInPagesAndByUser", listsInPages},
	{"RemoveOfTouchesOneUser", removesOfOne},
	{"PrunedOnceTheyHaveEnded", prunes},
	{"BroughtAsItWas", brought},
	{"NobodyHasTooMany", bounded},
	{"AnEndedCallChangesNothing", ended},
}

// Run holds a store to everything. open makes an empty one for each test, and returns it
// over two handles, as two processes have it; whoever opens it closes it, by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) (one, other grant.Store)) {
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
	one, other grant.Store
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample is a grant with every field set.
func sample(id string) grant.Record {
	return grant.Record{
		Hash: grant.HashOf("secret of " + id), ID: id, Kind: grant.Token, User: "anna", Name: "a \"name\" with ü and <b>",
		Scopes: []grant.Scope{grant.Read, grant.Write}, Search: `lang:go "a phrase" -not`, Private: true, By: "g_maker",
		CreatedAt: noon.Add(time.Millisecond), ExpiresAt: noon.Add(time.Hour), UsedAt: noon.Add(2 * time.Millisecond),
	}
}

// bare is a grant of a user with little set.
func bare(id, user string) grant.Record {
	return grant.Record{Hash: grant.HashOf(id), ID: id, Kind: grant.Feed, User: user, CreatedAt: noon}
}

func (k *kit) add(rs ...grant.Record) {
	k.Helper()
	for _, r := range rs {
		k.must(k.one.Add(k.ctx, r))
	}
}

// is holds what a handle has to what it should be.
func (k *kit) is(s grant.Store, want grant.Record) {
	k.Helper()
	got, err := s.Find(k.ctx, want.Hash)
	k.must(err)
	if !reflect.DeepEqual(got, want) {
		k.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

// void holds that a hash is of no grant.
func (k *kit) void(s grant.Store, h grant.Hash) {
	k.Helper()
	if r, err := s.Find(k.ctx, h); !errors.Is(err, grant.ErrUnknown) {
		k.Errorf("got %+v, %v", r, err)
	}
}

func (k *kit) counts(want int) {
	k.Helper()
	if n, err := k.other.Count(k.ctx); n != want || err != nil {
		k.Errorf("%d are there, want %d, %v", n, want, err)
	}
}

func keptAsGiven(k *kit) {
	a, b := sample("g_1"), bare("g_2", "")
	k.void(k.one, a.Hash)
	k.counts(0)
	k.add(a, b)
	for _, s := range []grant.Store{k.one, k.other} {
		k.is(s, a)
		k.is(s, b)
	}
	local := sample("g_3")
	local.CreatedAt = local.CreatedAt.In(time.FixedZone("far", 3600)).Add(999 * time.Microsecond)
	k.add(local)
	local.CreatedAt = sample("g_3").CreatedAt
	k.is(k.other, local)
	k.counts(3)
}

func takenOnce(k *kit) {
	a := sample("g_1")
	k.add(a)
	otherHash, otherID := a, a
	otherHash.Hash, otherID.ID = grant.HashOf("other"), "g_other"
	for _, late := range []grant.Record{a, otherHash, otherID} {
		late.User = "bob"
		if err := k.other.Add(k.ctx, late); !errors.Is(err, grant.ErrTaken) {
			k.Errorf("%s was added again: %v", late.ID, err)
		}
	}
	k.is(k.one, a)
	k.void(k.one, otherHash.Hash)
	k.counts(1)
}

// oneTakes: of many that take one grant at once over both handles, one gets it.
func oneTakes(k *kit) {
	for i := range 20 {
		a := sample(fmt.Sprint("g_", i))
		k.add(a)
		var mu sync.Mutex
		var got []grant.Record
		var work sync.WaitGroup
		for i := range 8 {
			s := []grant.Store{k.one, k.other}[i%2]
			work.Go(func() {
				r, err := s.Take(k.ctx, a.Hash)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					got = append(got, r)
				} else if !errors.Is(err, grant.ErrUnknown) {
					k.Error(err)
				}
			})
		}
		work.Wait()
		if len(got) != 1 || !reflect.DeepEqual(got[0], a) {
			k.Fatalf("%d took it: %+v", len(got), got)
		}
		k.void(k.other, a.Hash)
	}
	k.counts(0)
}

func removedIsGone(k *kit) {
	a, b := sample("g_1"), sample("g_2")
	k.add(a, b)
	k.must(k.other.Remove(k.ctx, "g_1"))
	k.void(k.one, a.Hash)
	for _, s := range []grant.Store{k.one, k.other} {
		if err := s.Remove(k.ctx, "g_1"); !errors.Is(err, grant.ErrUnknown) {
			k.Errorf("removed again: %v", err)
		}
		if r, err := s.Take(k.ctx, a.Hash); !errors.Is(err, grant.ErrUnknown) {
			k.Errorf("taken: %+v, %v", r, err)
		}
	}
	k.is(k.one, b)
	k.counts(1)
}

func notes(k *kit) {
	a, b := sample("g_1"), bare("g_2", "bob")
	k.add(a, b)
	later := noon.Add(time.Minute)
	k.must(k.one.Note(k.ctx, b.Hash, later))
	k.must(k.one.Note(k.ctx, a.Hash, later))
	k.must(k.other.Note(k.ctx, a.Hash, later.Add(-time.Second))) // a late one
	a.UsedAt, b.UsedAt = later, later
	k.is(k.one, a)
	k.is(k.other, b)
	k.must(k.one.Remove(k.ctx, "g_1"))
	k.must(k.other.Note(k.ctx, a.Hash, later.Add(time.Hour)))
	k.void(k.one, a.Hash)
	k.counts(1)
}

// listsInPages goes over 3,000 grants of two users while some come and go.
func listsInPages(k *kit) {
	const many = 3000
	var all []grant.Record
	for i := range many {
		all = append(all, bare(fmt.Sprintf("g_%05d", i*7919%many), []string{"anna", "bob"}[i%2]))
	}
	k.must(k.one.Bring(k.ctx, all))
	k.counts(many)
	seen, last := 0, ""
	for {
		list, err := k.other.List(k.ctx, "", last, 200)
		k.must(err)
		if len(list) == 0 {
			break
		}
		if len(list) > 200 {
			k.Fatalf("%d in a page of 200", len(list))
		}
		for _, r := range list {
			if r.ID <= last {
				k.Fatalf("%s follows %s", r.ID, last)
			}
			last = r.ID
			seen++
		}
		if seen == 1000 { // one that was seen, and the next two
			for _, id := range []string{"g_00010", last, "g_01000"} {
				k.must(k.one.Remove(k.ctx, id))
			}
			k.add(bare("g_01000a", "carla"))
		}
	}
	if seen != many { // without g_01000, with g_01000a
		k.Errorf("%d of %d were listed", seen, many)
	}
	for user, want := range map[string]int{"": many - 2, "carla": 1, "nobody": 0} {
		list, err := grant.All(k.ctx, k.one, user)
		if err != nil || len(list) != want {
			k.Errorf("of %q there are %d, want %d, %v", user, len(list), want, err)
		}
	}
	list, err := k.one.List(k.ctx, "bob", "", 700)
	k.must(err)
	for i, r := range list {
		if r.User != "bob" || i > 0 && r.ID <= list[i-1].ID {
			k.Fatalf("in the list of bob there is %+v", r)
		}
	}
	if list, err := k.one.List(k.ctx, "", "", 0); err != nil || len(list) != 0 {
		k.Errorf("a page of none: %v, %v", list, err)
	}
}
