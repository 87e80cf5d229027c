package storetest

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"collector/state"
	"collector/store"
)

// beat has an instance live, and returns what is wished of it.
func (k *kit) beat(in store.Instance) store.Wish {
	k.Helper()
	w, err := k.a.Heartbeat(k.ctx, in)
	k.must(err)
	return w
}

// live says which instances were seen at noon or later, and all that is known of them.
func (k *kit) live(what string, want ...store.Instance) {
	k.Helper()
	got, err := k.b.Beats(k.ctx, at(0))
	k.must(err)
	for i := range got {
		got[i].Started, got[i].Seen = got[i].Started.UTC(), got[i].Seen.UTC()
	}
	is, err := json.Marshal(got)
	k.must(err)
	wanted, err := json.Marshal(want)
	k.must(err)
	k.same(string(is), string(wanted), what)
}

func instances(k *kit) {
	beat := func(id string, seen time.Time) store.Instance {
		in := store.Instance{ID: id, Host: "h", PID: 7, Mode: "both", Version: "1.0", Started: at(-hour), Seen: seen, Running: 3}
		k.beat(in)
		return in
	}
	beat("one", at(-minute))
	two := beat("two", at(0))
	one := beat("one", at(time.Second))
	beat("old", at(-hour))
	k.live("seen since noon", one, two)
	// What it tells of itself, and what it tells no more.
	one.Quiet = true
	one.Vitals = &store.Vitals{Busy: 5, Workers: 16, Leases: 7, Calls: 240, Memory: 91 << 20, Resident: true, Conns: 3, MostConns: 9}
	k.beat(one)
	k.live("with what it has in hand", one, two)
	one.Quiet, one.Vitals = false, &store.Vitals{}
	k.beat(one)
	k.live("with nothing in hand", one, two)
	one.Vitals = nil
	k.beat(one)
	k.live("of a version that does not tell", one, two)
	k.must(k.b.Leave(k.ctx, "one"))
	k.must(k.b.Leave(k.ctx, "unheard-of"))
	k.live("after one left", two)
}

func instancesAsked(k *kit) {
	one := store.Instance{ID: "one", Host: "h", PID: 7, Mode: "both", Version: "1.0", Started: at(-hour), Seen: at(0)}
	two := store.Instance{ID: "two", Host: "h", PID: 8, Mode: "both", Version: "1.0", Started: at(-hour), Seen: at(0)}
	k.is(k.b.Ask(k.ctx, "one", store.Quiet), state.ErrNotFound, "asking who never was there")
	k.same([]store.Wish{k.beat(one), k.beat(two)}, []store.Wish{store.Work, store.Work}, "nothing is wished of who is new")
	k.must(k.b.Ask(k.ctx, "one", store.Quiet))
	shown := one
	shown.Wish = store.Quiet
	k.live("what is wished, before it is heard", shown, two)
	for range 2 { // a heartbeat changes no wish
		k.same([]store.Wish{k.beat(one), k.beat(two)}, []store.Wish{store.Quiet, store.Work}, "what is wished")
	}
	k.must(k.b.Ask(k.ctx, "one", store.Work))
	one.Quiet, one.Wish = true, store.Quiet // as it was told before
	k.same(k.beat(one), store.Work, "who is to work again")
	k.must(k.b.Ask(k.ctx, "one", store.Stop))
	k.same(k.beat(one), store.Stop, "who is to end")

	// Who was taken for dead goes on as it was told, but not who left and comes again.
	k.must(k.b.FreeOwner(k.ctx, "one", at(minute)))
	k.is(k.b.Ask(k.ctx, "one", store.Work), state.ErrNotFound, "asking who was taken for dead")
	k.same(k.beat(one), store.Quiet, "who was taken for dead")
	k.same(k.beat(two), store.Work, "the other one")
	k.must(k.b.Leave(k.ctx, "one"))
	one.Quiet, one.Wish = false, store.Work
	k.same(k.beat(one), store.Work, "who came again")
}

func connections(k *kit) {
	p, is := k.a.(store.Pooled)
	if !is {
		k.Log("this backend has no connections to count")
		return
	}
	reaches := func(want func(used int) bool) bool {
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			used, most := p.Connections()
			if used < 0 || most < 1 || used > most {
				k.Fatalf("%d of %d connections are in use", used, most)
			}
			if want(used) {
				return true
			}
			_, err := k.b.Meta(k.ctx, "x") // with connections of its own
			k.must(err)
		}
		return false
	}
	var done atomic.Bool
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for !done.Load() {
				if _, err := k.a.Beats(k.ctx, at(0)); err != nil {
					k.Error(err)
					return
				}
			}
		})
	}
	seen := reaches(func(used int) bool { return used > 0 })
	done.Store(true)
	asking.Wait()
	if !seen {
		k.Error("no connection is in use while four ask all the time")
	}
	if !reaches(func(used int) bool { return used == 0 }) {
		k.Error("connections are in use after the last answer")
	}
}
