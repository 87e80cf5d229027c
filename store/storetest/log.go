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

var log = []promise{
	{"ChangesAreDenseAndOrdered", logDense},
	{"ChangesHoldAPageOnce", logOnce},
	{"ChangesAreTheUsersOwn", logUser},
	{"ChangesAreReadInSteps", logSteps},
	{"ChangesThatWerePrunedAreGone", logPruned},
	{"ChangesAreExactlyTheDifferences", logComplete},
}

func logDense(k *kit) {
	last, err := k.b.LastChange(k.ctx)
	k.must(err)
	k.same([]any{last, len(k.changes("", 0))}, []any{0, 0}, "an empty log")
	c := k.started("github")
	for i := range 5 {
		p := page(c.ID, i+1, like(fmt.Sprint(i), at(-hour)))
		p.ObservedAt = at(time.Duration(i) * minute)
		if i == 3 {
			p.Kind = "poll"
		}
		k.commit(c.Lease, p)
	}
	for i, got := range k.changes("", 0) {
		kind := "backfill"
		if i == 3 {
			kind = "poll"
		}
		k.same(got, store.Change{Seq: int64(i + 1), At: at(time.Duration(i) * minute), User: "me", NetworkID: c.ID, Network: c.Name(),
			Page: fmt.Sprintf("%s/1/%d", c.ID, i+1), Kind: kind, Added: []string{fmt.Sprint(i)}}, "change")
	}
	last, err = k.b.LastChange(k.ctx)
	k.must(err)
	k.same(last, 5, "the newest")
}

func logOnce(k *kit) {
	c := k.started("github")
	first := like("1", at(-hour))
	p := page(c.ID, 1, first)
	k.commit(c.Lease, p)
	k.commit(c.Lease, p)
	k.same(len(k.changes("", 0)), 1, "changes after the same page twice")
	// The answer of a commit was lost, so the page is read again, and meanwhile
	// it shows more: no difference may be missing from the log.
	first.Title = "renamed"
	p.Items, p.ObservedAt = []item.Item{first, like("2", at(-hour))}, at(minute)
	k.commit(c.Lease, p)
	pages, added, changed := map[string]bool{}, "", ""
	got := k.changes("", 0)
	for i, c := range got {
		pages[c.Page] = true
		added += list(c.Added)
		changed += list(c.Changed)
		k.same(c.Seq, i+1, "number")
	}
	k.same([]any{len(pages) == len(got), added, changed}, []any{true, "12", "1"}, "each page once, and every difference")
}

func logUser(k *kit) {
	mine := k.started("github")
	n := k.networkOf("you", "mastodon")
	theirs := k.lease(k.b, "b", at(0))
	for i := range 3 {
		k.commit(mine.Lease, page(mine.ID, i, like(fmt.Sprint(i), at(-hour))))
		k.commitAs(k.b, theirs.Lease, page(n.ID, i, like(fmt.Sprint(i), at(-hour))))
	}
	seqs := func(user string, since int64) string {
		s := ""
		for _, c := range k.changes(user, since) {
			s += fmt.Sprint(c.Seq)
		}
		return s
	}
	k.same([]string{seqs("", 0), seqs("me", 0), seqs("you", 0), seqs("you", 2), seqs("nobody", 0)},
		[]string{"123456", "135", "246", "46", ""}, "numbers by user")
}

func logSteps(k *kit) {
	c := k.started("github")
	for i := range 7 {
		k.commit(c.Lease, page(c.ID, i, like(fmt.Sprint(i), at(-hour))))
	}
	var since int64
	s := ""
	for range 4 {
		got, err := k.b.Changes(k.ctx, "me", since, 3)
		k.must(err)
		s += "|"
		for _, c := range got {
			since = c.Seq
			s += fmt.Sprint(c.Seq)
		}
	}
	k.same(s, "|123|456|7|", "three at a time")
}

func logPruned(k *kit) {
	c := k.started("github")
	for i := range 4 {
		p := page(c.ID, i, like(fmt.Sprint(i), at(-hour)))
		p.ObservedAt = at(time.Duration(i) * day)
		k.commit(c.Lease, p)
	}
	n, err := k.b.PruneChanges(k.ctx, at(2*day))
	k.must(err)
	k.same(n, 2, "dropped: what is older, not what is just as old")
	for since := range int64(2) {
		_, err = k.b.Changes(k.ctx, "", since, 10)
		k.is(err, store.ErrGone, fmt.Sprintf("since %d", since))
		_, err = k.b.Changes(k.ctx, "nobody", since, 10)
		k.is(err, store.ErrGone, fmt.Sprintf("since %d, for a user without changes", since))
	}
	k.same(len(k.changes("", 2)), 2, "changes since 2")
	n, err = k.b.PruneChanges(k.ctx, at(100*day))
	k.must(err)
	last, err := k.b.LastChange(k.ctx)
	k.must(err)
	k.same([]any{n, last, len(k.changes("", 4))}, []any{2, 4, 0}, "dropped, newest, and changes since it")
	_, err = k.b.Changes(k.ctx, "", 3, 10)
	k.is(err, store.ErrGone, "since 3")
	p := page(c.ID, 9, like("9", at(-hour)))
	p.ObservedAt = at(9 * day)
	k.commit(c.Lease, p)
	k.same(k.changes("", 4)[0].Seq, 5, "the number of the next change")
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
