package executor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Promise R7: the known items that end a poll stand in a row. Twenty old things
// liked again between twenty new ones end nothing.
func TestKnownTailIsARow(t *testing.T) {
	s := newShelf(t, "", 40)
	s.run()
	for i := range 20 {
		s.like(fmt.Sprint("i", i)) // again
		s.like(fmt.Sprint("new", i))
	}
	for range 2 {
		s.run()
	}
	got := s.collected()
	for i := range 20 {
		if _, ok := got[fmt.Sprint("new", i)]; !ok {
			t.Errorf("new%d is missing", i)
		}
	}
}

// Promise R7 for lists without like times, whatever happens between two polls:
// bursts of likes, old things liked again and likes taken back, over more pages
// than one run reads. (Ten old things in a row that are liked again on top of
// something unread would hide it until the next sweep; they are left out here.)
func TestKnownTailInBursts(t *testing.T) {
	for seed := range uint64(*seeds) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		s := newShelf(t, "", rnd.IntN(60))
		s.executor.Pages = 1 + rnd.IntN(3)
		for range 8 {
			began := s.next
			old := func() (int, bool) { // one that is known, unless this burst moved it: the new stay between the rows
				if len(s.likes) == 0 {
					return 0, false
				}
				i, n := rnd.IntN(len(s.likes)), 0
				fmt.Sscanf(s.likes[i], "i%d", &n)
				return i, n < began
			}
			again := 0 // in a row
			for range rnd.IntN(50) {
				i, known := old()
				switch k := rnd.IntN(10); {
				case k < 5 || again == 9 || !known:
					s.like(fmt.Sprint("i", s.next))
					again = 0
				case k < 8:
					s.like(s.likes[i])
					again++
				default:
					s.likes = slices.Delete(s.likes, i, i+1)
				}
			}
			for {
				if out := s.run(); out.Err != nil {
					t.Fatalf("seed %d: %v", seed, out.Err)
				} else if out.Ended {
					break
				}
			}
		}
		s.run()
		got := s.collected()
		for _, id := range s.likes {
			if _, ok := got[id]; !ok {
				t.Fatalf("seed %d: %s is missing", seed, id)
			}
		}
	}
}
