package clustertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/cluster"
)

var registries = []promise{
	{"LeaseTakesItsKeysAlong", leaseEnds},
	{"RenewedLeaseLives", leaseRenewed},
	{"RevokeTakesKeysAtOnce", revoke},
	{"GuardsHoldOrNothingHappens", guards},
	{"OneOfManyMakesAKey", oneMakes},
	{"WatchTellsAllInOrder", watchOrder},
	{"WatchOfForgottenChangesEnds", watchForgotten},
}

// keys lists "key=value".
func (k *kit) keys(r cluster.Registry) []string {
	k.Helper()
	entries, _, err := r.List(k.ctx)
	k.must(err)
	var out []string
	for _, e := range entries {
		out = append(out, e.Key+"="+string(e.Value))
	}
	return out
}

func (k *kit) commit(r cluster.Registry, t cluster.Txn) {
	k.Helper()
	if ok, err := r.Commit(k.ctx, t); err != nil || !ok {
		k.Fatalf("commit: %v, %v", ok, err)
	}
}

func put(key, value string, l cluster.LeaseID) cluster.Op {
	return cluster.Op{Key: key, Value: []byte(value), Lease: l}
}

func (k *kit) same(got, want any, what string) {
	k.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		k.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func leaseEnds(k *kit) {
	r := k.open()
	begun := time.Now()
	l, ttl, err := r.Grant(k.ctx, k.TTL)
	k.must(err)
	if ttl < k.TTL {
		k.Errorf("granted %s, asked for %s", ttl, k.TTL)
	}
	k.commit(r, cluster.Txn{Then: []cluster.Op{put("members/a", "1", l), put("tasks/1", "x", 0)}})
	k.pass(ttl / 2)
	if half := k.keys(r); time.Since(begun) < ttl { // unless the machine stood still
		k.same(half, []string{"members/a=1", "tasks/1=x"}, "half a lease later")
	}
	k.until("the key goes with its lease", func() bool { return len(k.keys(r)) == 1 })
	k.same(k.keys(r), []string{"tasks/1=x"}, "a lease later")
	if err := r.Renew(k.ctx, l); !errors.Is(err, cluster.ErrLeaseGone) {
		k.Errorf("renewing a lease that ended: %v", err)
	}
	if _, err := r.Commit(k.ctx, cluster.Txn{Then: []cluster.Op{put("members/a", "1", l)}}); !errors.Is(err, cluster.ErrLeaseGone) {
		k.Errorf("a key under a lease that ended: %v", err)
	}
	k.must(r.Revoke(k.ctx, l))
}

func leaseRenewed(k *kit) {
	r := k.open()
	for tries := 1; !k.renewed(r); tries++ {
		if tries == 40 {
			k.Fatal("no lease was renewed five times in a row while it lived")
		}
	}
}

// renewed renews a lease at each half of it. It returns false where a renewal came later
// than the end of the lease, as on a machine that stood still: that shows nothing.
func (k *kit) renewed(r cluster.Registry) bool {
	k.Helper()
	last := time.Now()
	l, ttl, err := r.Grant(k.ctx, k.TTL)
	k.must(err)
	k.commit(r, cluster.Txn{Then: []cluster.Op{put("members/a", "1", l)}})
	for range 5 {
		k.pass(ttl / 2)
		asked := time.Now()
		err := r.Renew(k.ctx, l)
		if err != nil && time.Since(last) >= ttl {
			return false
		}
		k.must(err)
		last = asked
	}
	there := k.keys(r)
	if time.Since(last) >= ttl {
		return false
	}
	k.same(there, []string{"members/a=1"}, "after two and a half leases")
	return true
}

func revoke(k *kit) {
	r := k.open()
	l, _, err := r.Grant(k.ctx, k.TTL)
	k.must(err)
	k.commit(r, cluster.Txn{Then: []cluster.Op{put("leader", "a", l), put("members/a", "1", l)}})
	k.must(r.Revoke(k.ctx, l))
	k.same(k.keys(k.open()), []string(nil), "keys after the lease was revoked")
}

func guards(k *kit) {
	r := k.open()
	entry := func(key string) cluster.Entry {
		entries, _, err := r.List(k.ctx)
		k.must(err)
		at := slices.IndexFunc(entries, func(e cluster.Entry) bool { return e.Key == key })
		if at < 0 {
			return cluster.Entry{}
		}
		return entries[at]
	}
	k.commit(r, cluster.Txn{If: []cluster.Guard{cluster.Absent("leader")}, Then: []cluster.Op{put("leader", "a", 0)}})
	made := entry("leader")
	k.commit(r, cluster.Txn{If: []cluster.Guard{cluster.Unchanged("leader", made.Modified)}, Then: []cluster.Op{put("leader", "b", 0)}})
	now := entry("leader")
	if now.Created != made.Created || now.Modified <= made.Modified {
		k.Errorf("written again: %+v, was %+v", now, made)
	}
	for what, g := range map[string]cluster.Guard{
		"it is absent": cluster.Absent("leader"), "it was made at another revision": cluster.MadeAt("leader", made.Created+100),
		"nobody wrote it": cluster.Unchanged("leader", made.Modified), "another key is there": cluster.MadeAt("tasks/1", made.Created),
	} {
		ok, err := r.Commit(k.ctx, cluster.Txn{If: []cluster.Guard{cluster.MadeAt("leader", made.Created), g}, Then: []cluster.Op{put("tasks/2", "x", 0)}})
		if ok || err != nil {
			k.Errorf("committed although it does not hold that %s: %v, %v", what, ok, err)
		}
	}
	k.same(k.keys(r), []string{"leader=b"}, "after guards that did not hold")
	k.commit(r, cluster.Txn{If: []cluster.Guard{cluster.MadeAt("leader", made.Created)}, Then: []cluster.Op{{Key: "leader", Delete: true}, put("tasks/2", "x", 0)}})
	k.commit(r, cluster.Txn{If: []cluster.Guard{cluster.Absent("leader")}, Then: []cluster.Op{put("leader", "c", 0)}})
	if again := entry("leader"); again.Created <= made.Created {
		k.Errorf("the revision of a key that was made again is %d, was %d", again.Created, made.Created)
	}
}

func oneMakes(k *kit) {
	const many = 16
	var mu sync.Mutex
	var all sync.WaitGroup
	won := 0
	for range many {
		r := k.open()
		all.Go(func() {
			ok, err := r.Commit(k.ctx, cluster.Txn{If: []cluster.Guard{cluster.Absent("leader")}, Then: []cluster.Op{put("leader", "x", 0)}})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				k.Errorf("commit: %v", err)
			}
			if ok {
				won++
			}
		})
	}
	all.Wait()
	k.same(won, 1, "how many made the key")
}

func watchOrder(k *kit) {
	r, w := k.open(), k.open()
	k.commit(r, cluster.Txn{Then: []cluster.Op{put("before", "1", 0)}})
	_, revision, err := w.List(k.ctx)
	k.must(err)
	l, _, err := r.Grant(k.ctx, k.TTL)
	k.must(err)
	k.commit(r, cluster.Txn{Then: []cluster.Op{put("first", "1", 0)}}) // before the watch begins
	ctx, cancel := context.WithCancel(k.ctx)
	defer cancel()
	var mu sync.Mutex
	var got []string
	ended := make(chan error, 1)
	go func() {
		ended <- w.Watch(ctx, revision, func(cs []cluster.Change) {
			mu.Lock()
			defer mu.Unlock()
			for _, c := range cs {
				got = append(got, fmt.Sprintf("%s=%s %v", c.Key, c.Value, c.Deleted))
			}
		})
	}()
	var want []string
	want = append(want, "first=1 false")
	for i := range 20 {
		k.commit(r, cluster.Txn{Then: []cluster.Op{put("key", fmt.Sprint(i), 0)}})
		want = append(want, fmt.Sprintf("key=%d false", i))
	}
	k.commit(r, cluster.Txn{Then: []cluster.Op{put("members/a", "1", l)}})
	k.commit(r, cluster.Txn{Then: []cluster.Op{{Key: "key", Delete: true}, {Key: "never there", Delete: true}}})
	k.must(r.Revoke(k.ctx, l))
	want = append(want, "members/a=1 false", "key= true", "members/a= true")
	k.until("the watch tells all", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) >= len(want) })
	mu.Lock()
	k.same(got, want, "what the watch told")
	mu.Unlock()
	cancel()
	if err := <-ended; err == nil {
		k.Error("a watch ended without an error")
	}
}

func watchForgotten(k *kit) {
	r := k.open()
	_, revision, err := r.List(k.ctx)
	k.must(err)
	for i := range 5 {
		k.commit(r, cluster.Txn{Then: []cluster.Op{put("key", fmt.Sprint(i), 0)}})
	}
	k.must(k.Compact())
	told := 0
	if err := r.Watch(k.ctx, revision, func([]cluster.Change) { told++ }); err == nil || k.ctx.Err() != nil {
		k.Errorf("a watch from before what is known: %v", err)
	}
	k.same(told, 0, "changes told with a gap before them")
}
