package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
)

var differences = []promise{
	{"ChangesAreExactlyTheDifferences", logComplete},
}

// logComplete lets 8 committers write pages that overlap in their items, while
// leases are taken from them at random and a reader follows the log.
func logComplete(k *kit) {
	const networks, committers, rounds = 6, 8, 60
	for range networks {
		k.network("github")
	}
	done := make(chan struct{})
	followed := make(chan map[string]int)
	go func() { followed <- follow(k, done) }()

	var mu sync.Mutex
	clock := 0
	tick := func() time.Time { // a time of its own for every step
		mu.Lock()
		defer mu.Unlock()
		clock++
		return at(time.Duration(clock) * hour) // every lease of before is over
	}
	var wg sync.WaitGroup
	lost, committed := 0, 0
	for g := range committers {
		rnd := rand.New(rand.NewPCG(uint64(g), 1))
		s, owner := k.a, "a"
		if g%2 == 1 {
			s, owner = k.b, "b"
		}
		wg.Go(func() {
			for round := range rounds {
				now := tick()
				ask := want(owner, now)
				ask.N = 1
				got, err := s.Claim(k.ctx, ask)
				if err != nil {
					k.Errorf("claiming: %v", err)
					return
				}
				for _, c := range got {
					var items []item.Item
					for range 1 + rnd.IntN(8) {
						it := like(fmt.Sprint(rnd.IntN(60)), at(-hour))
						it.Title = fmt.Sprint("title ", rnd.IntN(3))
						items = append(items, it)
					}
					p := page(c.ID, g*1000+round, items...)
					p.ObservedAt = now
					_, err := s.Commit(k.ctx, c.Lease, p)
					mu.Lock()
					switch {
					case err == nil:
						committed++
					case errors.Is(err, state.ErrLeaseLost):
						lost++
					default:
						k.Errorf("committing: %v", err)
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	close(done)
	got := <-followed
	k.Logf("%d pages committed, %d refused because the lease was lost", committed, lost)
	if committed == 0 {
		k.Fatalf("no page was committed: this proved nothing")
	}
	ns, err := k.b.Networks(k.ctx, store.Filter{})
	k.must(err)
	stored := 0
	for _, n := range ns {
		for id := range k.all(n.ID) {
			stored++
			if got[n.ID+" "+id] != 1 {
				k.Errorf("%s of %s was added %d times by the log", id, n.ID, got[n.ID+" "+id])
			}
		}
	}
	k.same(len(got), stored, "items that the log added, and items stored")
}

// follow reads the log upwards until done, and returns how often each item was
// added. A number that is missing or comes late is an error.
func follow(k *kit, done <-chan struct{}) map[string]int {
	added := map[string]int{}
	var since int64
	for end := false; ; {
		select {
		case <-done:
			end = true
		default:
		}
		got, err := k.b.Changes(k.ctx, "", since, 7)
		if err != nil {
			k.Errorf("following: %v", err)
			return added
		}
		for _, c := range got {
			if c.Seq != since+1 {
				k.Errorf("number %d follows %d", c.Seq, since)
			}
			since = c.Seq
			for _, id := range c.Added {
				added[c.NetworkID+" "+id]++
			}
		}
		if end && len(got) == 0 {
			return added
		}
	}
}
