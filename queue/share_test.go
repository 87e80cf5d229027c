package queue

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// plainRoom is the room of a queue, counted over all of them.
func plainRoom(q *line, all []*line, total int, held func(*line) int) int {
	free := total
	for _, o := range all {
		free -= held(o)
		if o != q {
			free -= max(0, o.Reserved-held(o))
		}
	}
	if q.Max > 0 {
		free = min(free, q.Max-held(q))
	}
	return max(0, free)
}

// plainPortions gives one job after another to the first of all lanes that has its turn.
func plainPortions(s *sharing, ahead int) []portion {
	given := map[*line]int{}
	held := func(l *line) int { return l.running + l.waiting + given[l] }
	place := func(l *lane) float64 {
		return max(l.pass, s.floor) + float64(l.line.waiting+given[l.line])/float64(l.Weight)
	}
	n := make([]int, len(s.lanes))
	for range batchMax {
		best := -1
		for i, l := range s.lanes {
			if !l.maybe || plainRoom(l.line, s.lines, s.workers+ahead, held) == 0 {
				continue
			}
			if b := best; b < 0 || l.tier < s.lanes[b].tier || l.tier == s.lanes[b].tier && place(l) < place(s.lanes[b]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		n[best]++
		given[s.lanes[best].line]++
	}
	var out []portion
	for i, l := range s.lanes {
		if n[i] > 0 {
			out = append(out, portion{l, n[i]})
		}
	}
	return out
}

// plainPick is the lane that starts next, by the plain room.
func plainPick(s *sharing) *lane {
	var best *lane
	for _, l := range s.lanes {
		if len(l.waiting) == 0 || plainRoom(l.line, s.lines, s.workers, running) == 0 {
			continue
		}
		if best == nil || l.tier < best.tier || l.tier == best.tier && max(l.pass, s.floor) < max(best.pass, s.floor) {
			best = l
		}
	}
	return best
}

// anyShare is some queues in one or two stores, in the midst of work.
func anyShare(r *rand.Rand) *sharing {
	s := &sharing{workers: 1 + r.IntN(12), floor: float64(r.IntN(4)) / 2}
	for n := range 1 + r.IntN(6) {
		q := Queue{Name: fmt.Sprint(n), Weight: 1 + r.IntN(3), Reserved: r.IntN(3), Max: r.IntN(5)}
		s.lines = append(s.lines, &line{Queue: q, pass: float64(r.IntN(9)) / 3, running: r.IntN(4)})
	}
	inOrder := r.IntN(3) == 0
	for source := range 1 + r.IntN(2) {
		for n, l := range s.lines {
			tier := source
			if inOrder {
				tier = source*len(s.lines) + n
			}
			one := &lane{line: l, source: source, tier: tier, maybe: r.IntN(4) > 0}
			for range r.IntN(3) {
				one.waiting = append(one.waiting, nil)
				l.waiting++
			}
			s.lanes = append(s.lanes, one)
		}
	}
	return s
}

// TestTheShareIsThatOfThePlainRule compares both over many small cases.
func TestTheShareIsThatOfThePlainRule(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		s, ahead := anyShare(r), r.IntN(20)
		if got, want := fmt.Sprint(s.portions(ahead)), fmt.Sprint(plainPortions(s, ahead)); got != want {
			t.Fatalf("case %d: shared out as\n%s, by the plain rule\n%s", i, got, want)
		}
		if s.pick() != plainPick(s) {
			t.Fatalf("case %d: another lane starts than by the plain rule", i)
		}
	}
}

// TestTheShareOfManyQueuesIsQuick ends at once, and only after minutes where each question
// about one queue is answered by asking all the others.
func TestTheShareOfManyQueuesIsQuick(t *testing.T) {
	s := &sharing{workers: 100}
	for n := range 20_000 {
		l := &line{Queue: Queue{Name: fmt.Sprint(n), Weight: 1, Max: 10}}
		s.lines, s.lanes = append(s.lines, l), append(s.lanes, &lane{line: l, maybe: true, waiting: []*held{nil}})
	}
	if n := len(s.portions(50)); n != 150 {
		t.Errorf("something is claimed of %d queues, want 150", n)
	}
	for range 100 {
		l := s.pick()
		s.turn(l.line)
		l.running++
	}
	if s.pick() != nil {
		t.Error("more is started than there are workers")
	}
}

func BenchmarkPortions(b *testing.B) {
	for _, many := range []int{50, 200, 1000} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			s := &sharing{workers: 100}
			for n := range many {
				l := &line{Queue: Queue{Name: fmt.Sprint(n), Weight: 1, Max: 10}}
				s.lines, s.lanes = append(s.lines, l), append(s.lanes, &lane{line: l, maybe: true})
			}
			for b.Loop() {
				s.portions(50)
			}
		})
	}
}
