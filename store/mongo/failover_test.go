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

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
	"collector/store"
	"collector/store/mongo/mongotest"
)

var failovers = flag.Int("mongo.failovers", 3, "deaths and resignations of the primary")

// stallMost is how long writing may stand still while another primary is elected.
const stallMost = 15 * time.Second

// TestFailover has writers save pages on three servers while the primary is killed or
// resigns, again and again, and a reader follows the log: no page that was said to be
// saved is lost, no item is told twice or not at all, and writing goes on soon.
func TestFailover(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*failovers)*time.Minute+3*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := mongotest.Replica(ctx, program, t.TempDir(), 3)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(set.URI("failover"), "mongodb:")
	s := opened(t, at, "parent")
	const writers = 4
	ns := make([]state.Network, writers)
	for i := range ns {
		ns[i] = state.Network{ID: fmt.Sprint("net", i), AccountID: "acc", Service: fmt.Sprint("service", i), CreatedAt: noon}
	}
	if err := errors.Join(s.AddAccount(ctx, state.Account{ID: "acc", User: "me", Provider: "p", Name: "x"}), s.AddNetworks(ctx, ns)); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	saving := make([]*saver, writers)
	for i := range saving {
		saving[i] = &saver{Store: s, network: ns[i], last: time.Now()}
		all.Go(func() { saving[i].run(ctx, stop) })
	}
	for round := range *failovers {
		primary, err := set.Primary(ctx)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		how := "is killed"
		if round%3 == 1 {
			how = "resigns"
			err = primary.Command(ctx, bson.D{{Key: "replSetStepDown", Value: 20}, {Key: "secondaryCatchUpPeriodSecs", Value: 5}}, nil)
		} else {
			err = primary.Kill()
		}
		if err != nil {
			t.Fatalf("the primary %s: %v", how, err)
		}
		for _, w := range saving { // each has saved under the next primary
			if err := w.savedSince(ctx, begun); err != nil {
				t.Fatalf("after the primary %s: %v", how, err)
			}
		}
		t.Logf("round %d: the primary %s; all went on after %v", round, how, time.Since(begun).Round(time.Millisecond))
		if how == "is killed" {
			if err := set.Restart(ctx, primary); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	all.Wait()
	judge(t, s, saving)
}

// judge holds what is stored to what was said, and the log to what is stored.
func judge(t *testing.T, s *Store, saving []*saver) {
	t.Helper()
	for seen := s.rescue(t.Context(), nil); len(seen) > 0; {
		seen = s.rescue(t.Context(), seen)
	}
	added := map[string]int{}
	since, last := int64(0), int64(0)
	for {
		got, err := s.Changes(t.Context(), "", since, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got {
			if c.Seq != since+1 {
				t.Errorf("number %d of the log follows %d", c.Seq, since)
			}
			since = c.Seq
			for _, id := range c.Added {
				added[c.NetworkID+" "+id]++
			}
		}
		if last = since; len(got) == 0 {
			break
		}
	}
	stored, pages, refused := 0, int64(0), 0
	for _, w := range saving {
		if w.failed != nil {
			t.Error(w.failed)
		}
		n, err := s.Network(t.Context(), w.network.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n.Walks < w.said || n.Items != int(n.Walks)*perPage+1 {
			t.Errorf("%s: %d pages said, %d stored with %d items", n.ID, w.said, n.Walks, n.Items)
		}
		if w.stall > stallMost {
			t.Errorf("%s stood still for %v, promised are %v", n.ID, w.stall, stallMost)
		}
		t.Logf("%s: %d pages said to be saved, %d stored; %d saves without an answer; stood still for at most %v", n.ID, w.said, n.Walks, w.unanswered, w.stall.Round(time.Millisecond))
		pages, refused = pages+w.said, refused+w.unanswered
	}
	err := s.Each(t.Context(), store.Query{}, func(l store.Liked) error {
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
		t.Errorf("%d items stored, %d told by %d entries; %d pages", stored, len(added), last, pages)
	}
	if err := integrity(s); err != nil {
		t.Error(err)
	}
}

// saver saves page after page of one network.
type saver struct {
	*Store
	network    state.Network
	mu         sync.Mutex
	said       int64     // pages that were said to be saved
	last       time.Time // when one was
	stall      time.Duration
	unanswered int
	failed     error
}

func (w *saver) run(ctx context.Context, stop <-chan struct{}) {
	for hour := 0; ; hour++ { // after an error the lease is taken anew, whoever has it
		now := noon.Add(time.Duration(hour) * time.Hour)
		got, err := w.Claim(ctx, state.Claim{Mode: state.Initial, Owner: fmt.Sprint("owner", hour), Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{w.network.Service: 1}})
		for err == nil && len(got) == 1 {
			select {
			case <-stop:
				return
			default:
			}
			p := nextPage(got[0], got[0].Progress)
			if _, err = w.Commit(ctx, got[0].Lease, p); err == nil {
				got[0].Progress = p.After
				w.saved(p.After.Walks)
			}
		}
		w.mu.Lock()
		w.unanswered++
		if err != nil && !errors.Is(err, state.ErrUnavailable) && !errors.Is(err, state.ErrLeaseLost) {
			w.failed = fmt.Errorf("%s: an error that tells nobody to try again: %w", w.network.ID, err)
		}
		w.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
	}
}

func (w *saver) saved(pages int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = pages
	w.stall = max(w.stall, time.Since(w.last))
	w.last = time.Now()
}

// savedSince waits until a page was saved that was begun after a time.
func (w *saver) savedSince(ctx context.Context, begun time.Time) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	pages := int64(-1)
	for {
		w.mu.Lock()
		if pages < 0 {
			pages = w.said
		}
		done := w.said > pages+1 && w.last.After(begun)
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: nothing saved for %v", w.network.ID, time.Since(begun))
		case <-tick.C:
		}
	}
}
