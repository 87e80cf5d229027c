//go:build mongo

package mongo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/failover"
	"collector/store"
	"collector/store/mongo/mongotest"
	"collector/store/storetest"
)

var failovers = flag.Int("mongo.failovers", 4, "times that the primary dies, resigns or is cut off, in turn")

// stallMost is how long writing may stand still while another primary is elected.
const stallMost = 15 * time.Second

// TestFailover has writers save pages on three servers while the primary is killed,
// resigns, is cut off from everybody, or from the other servers alone, again and
// again, and readers follow the log: no page that was said to be saved is lost, no
// item is told twice or not at all, nothing that was read is taken back, and writing
// goes on soon.
func TestFailover(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context()) // no deadline: with one the driver tries on until then
	defer cancel()
	defer time.AfterFunc(time.Duration(*failovers)*time.Minute+3*time.Minute, cancel).Stop()
	set := newDivisible(ctx, t, 3)
	at := strings.TrimPrefix(set.URI("failover"), "mongodb:")
	s, other := opened(t, at, "parent"), opened(t, at, "other")
	const writers = 4
	saving := make([]*saver, writers)
	for i := range saving {
		saving[i] = newSaver(ctx, t, s, fmt.Sprint(i))
		saving[i].pace = 50 * time.Millisecond // many failovers are to fit into a small store
	}
	behind := newSaver(ctx, t, s, "behind") // works at a primary that is cut off
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i, w := range saving {
		all.Go(func() { w.run(ctx, []*Store{s, other}[i%2], stop) })
	}
	log := &storetest.LogReader{}
	all.Go(func() { log.Follow(ctx, s, stop) })
	ways := set.Ways()
	ways[failover.Severed].Lose = func(ctx context.Context, primary *mongotest.Member) (func(context.Context) error, error) {
		return severed(ctx, t, set, primary, behind, log), nil
	}
	for round := range *failovers {
		if err := set.Whole(ctx); err != nil {
			t.Fatal(err)
		}
		primary, err := set.Primary(ctx)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		way := ways[round%len(ways)]
		after, err := way.Lose(ctx, primary)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range saving { // each has saved under the next primary
			if err := w.savedSince(ctx, begun); err != nil {
				t.Fatalf("round %d: the primary %s: %v", round, way.Says, err)
			}
		}
		t.Logf("round %d: the primary %s; all went on after %v", round, way.Says, time.Since(begun).Round(time.Millisecond))
		if err := after(ctx); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	all.Wait()
	for _, w := range saving {
		if w.stall > stallMost {
			t.Errorf("%s stood still for %v, promised are %v", w.network, w.stall, stallMost)
		}
	}
	judge(t, s, append(saving, behind), log)
}

// judge holds what is stored to what was said, and the log to what is stored.
func judge(t *testing.T, s *Store, saving []*saver, log *storetest.LogReader) {
	t.Helper()
	for seen := s.rescue(t.Context(), nil); len(seen) > 0; {
		seen = s.rescue(t.Context(), seen)
	}
	told, err := log.Whole(t.Context(), s)
	if err := errors.Join(err, log.Err()); err != nil {
		t.Error(err)
	}
	added := map[string]int{}
	for _, c := range told {
		for _, id := range c.Added {
			added[c.NetworkID+" "+id]++
		}
	}
	stored, pages := 0, int64(0)
	for _, w := range saving {
		if w.failed != nil {
			t.Error(w.failed)
		}
		n, err := s.Network(t.Context(), w.network)
		if err != nil {
			t.Fatal(err)
		}
		if n.Walks < w.said || n.Items != int(n.Walks)*perPage+min(int(n.Walks), 1) {
			t.Errorf("%s: %d pages said, %d stored with %d items", n.ID, w.said, n.Walks, n.Items)
		}
		t.Logf("%s: %d pages said to be saved, %d stored; %d saves without an answer; stood still for at most %v", n.ID, w.said, n.Walks, w.unanswered, w.stall.Round(time.Millisecond))
		pages += w.said
	}
	err = s.Each(t.Context(), store.Query{}, func(l store.Liked) error {
		stored++
		if added[l.NetworkID+" "+l.ID] != 1 {
			t.Errorf("%s of %s was added %d times by the log", l.ID, l.NetworkID, added[l.NetworkID+" "+l.ID])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if stored != len(added) || pages == 0 {
		t.Errorf("%d items stored, %d told by %d entries; %d pages", stored, len(added), len(told), pages)
	}
	if err := integrity(s); err != nil {
		t.Error(err)
	}
}
