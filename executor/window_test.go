package executor_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"collector/connectors"
	"collector/state"
)

// windowed is a listing of which only the newest likes are shown.
type windowed struct{ listing }

const shown = 30

func (w windowed) Info() connectors.Info {
	i := w.listing.Info()
	i.Window = shown
	return i
}

// Promise R7 for a list that shows only its newest likes, while they come in
// bursts that are longer than what is shown: every like that was made before a
// walk began and still stood in the window when it ended is stored. Those that
// fell out before can be read by nobody; they are counted and shown.
func TestPagingDriftBehindAWindow(t *testing.T) {
	likes, walks, lost := 0, 0, 0
	for seed := range uint64(*seeds) {
		rnd := rand.New(rand.NewPCG(seed, 13))
		s := newShelf(t, "", rnd.IntN(2*shown))
		s.connector = windowed{}
		s.executor.Pages = 1 + rnd.IntN(4)
		s.serve = func(before string) listed {
			all := s.likes
			defer func() { s.likes = all }()
			s.likes = all[:min(shown, len(all))]
			return s.page(before)
		}
		churn := rnd.IntN(3)
		s.before = func() {
			for range rnd.IntN(1 + churn) {
				if rnd.IntN(5) == 0 && len(s.likes) > 0 { // an old one again
					s.like(s.likes[rnd.IntN(len(s.likes))])
				} else {
					s.like(fmt.Sprint("i", s.next))
				}
			}
		}
		began := s.next // likes up to here were made before the walk
		for range 12 {
			for range rnd.IntN(4) * rnd.IntN(shown) {
				s.like(fmt.Sprint("i", s.next))
			}
			if n := s.network1(); n.Walk == nil || n.Mode == state.Initial && n.Walk.Pages == 0 {
				began = s.next
			}
			for {
				out := s.run()
				if out.Err != nil {
					t.Fatalf("seed %d: %v", seed, out.Err)
				}
				if out.Ended {
					break
				}
			}
			walks++
			got := s.collected()
			for _, id := range s.likes[:min(shown, len(s.likes))] {
				if _, ok := got[id]; !ok && s.seq[id] <= began {
					t.Fatalf("seed %d: %s stood in the window for a whole walk and is missing: go test ./executor -run DriftBehindAWindow", seed, id)
				}
			}
		}
		s.before = nil
		for range 2 { // the last likes that are shown are read without any haste
			s.run()
		}
		got := s.collected()
		for i, id := range s.likes {
			if _, ok := got[id]; ok {
				continue
			}
			if lost++; i < shown {
				t.Fatalf("seed %d: %s is shown and missing", seed, id)
			}
		}
		likes += len(s.likes)
	}
	t.Logf("%d histories, %d walks, %d likes behind a window of %d: %d fell out of it before a walk could read them; of the others none is missing", *seeds, walks, likes, shown, lost)
	if lost == 0 {
		t.Error("nothing fell out of the window: it proves nothing")
	}
}
