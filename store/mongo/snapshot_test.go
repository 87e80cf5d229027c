//go:build mongo

package mongo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/state"
	"collector/store"
	"collector/store/mongo/mongotest"
	"collector/store/storetest"
)

// TestSnapshotsArePrefixesOfHistory copies the data of a server while writers save
// pages. Each copy holds, of each network, the pages up to one that was saved at that
// moment, and nothing of a later one; its log tells of them, as the log of the original
// does; and collecting goes on over it.
func TestSnapshotsArePrefixesOfHistory(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	set, err := mongotest.Replica(ctx, program, filepath.Join(dir, "original"), 1)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	at := func(of *mongotest.Servers) string { return strings.TrimPrefix(of.URI("likes"), "mongodb:") }
	s := opened(t, at(set), "parent")
	stop := make(chan struct{})
	var all sync.WaitGroup
	log := &storetest.LogReader{}
	all.Go(func() { log.Follow(ctx, s, stop) })
	saving := make([]*saver, 4)
	for i := range saving {
		saving[i] = newSaver(ctx, t, s, fmt.Sprint(i))
		all.Go(func() { saving[i].run(ctx, s, stop) })
	}
	said := func() (pages []int64) {
		for _, w := range saving {
			w.mu.Lock()
			pages = append(pages, w.said)
			w.mu.Unlock()
		}
		return pages
	}
	var copies []*Store
	var told []store.Change // by the logs of the copies
	for round := range 3 {
		for _, w := range saving {
			if err := w.savedSince(ctx, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		before := said()
		snapshot, err := set.Snapshot(ctx, filepath.Join(dir, fmt.Sprint("copy", round)))
		t.Cleanup(func() { snapshot.Stop() })
		if err != nil {
			t.Fatal(err)
		}
		after := said()
		c := opened(t, at(snapshot), "restored")
		copies = append(copies, c)
		got, err := c.Changes(ctx, "", 0, 1_000_000) // before what had no number yet gets one
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, got...)
		for i, w := range saving {
			n, err := c.Network(ctx, w.network)
			if err != nil {
				t.Fatal(err)
			}
			if n.Walks < before[i] || n.Walks > after[i]+1 {
				t.Errorf("copy %d of %s holds %d pages; %d were said to be saved before, %d after", round, w.network, n.Walks, before[i], after[i])
			}
		}
	}
	close(stop)
	all.Wait()
	judge(t, s, saving, log)
	for _, change := range told {
		log.Same(change)
	}
	for round, c := range copies {
		again := make([]*saver, len(saving))
		stop := make(chan struct{})
		for i, w := range saving {
			n, err := c.Network(ctx, w.network)
			if err != nil {
				t.Fatal(err)
			}
			prefix(ctx, t, c, n)
			again[i] = &saver{network: w.network, service: w.service, hour: w.hour + 1, last: time.Now()}
			all.Go(func() { again[i].run(ctx, c, stop) })
		}
		for _, w := range again {
			if err := w.savedSince(ctx, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		close(stop)
		all.Wait()
		judge(t, c, again, &storetest.LogReader{})
		t.Logf("copy %d was a prefix, and collecting went on", round)
	}
	if err := log.Err(); err != nil {
		t.Error(err)
	}
}

// prefix holds what a network has to its number of pages.
func prefix(ctx context.Context, t *testing.T, s *Store, n state.Network) {
	t.Helper()
	there := map[string]string{}
	err := s.Each(ctx, store.Query{}, func(l store.Liked) error {
		if l.NetworkID == n.ID {
			there[l.ID] = l.Title
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n.Walks * perPage {
		if there[fmt.Sprint(i)] == "" {
			t.Errorf("%s has %d pages and lacks item %d", n.ID, n.Walks, i)
		}
	}
	newest, steps := n.Walks-1, 0
	if newest%2 == 1 { // which has nothing but new items
		newest--
	} else { // as the next one, which may be in the middle of its steps
		steps = perPage
	}
	over := len(there) - int(n.Walks)*perPage - 1
	if want := fmt.Sprintf("seen %d times before", newest/2); there["again"] != want || over < 0 || over > steps {
		t.Errorf("%s has %d pages with %d items; the newest was %q, want %q", n.ID, n.Walks, len(there), there["again"], want)
	}
}
