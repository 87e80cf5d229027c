package queue

import (
	"cmp"
	"container/heap"
)

// The share between queues. A line is one queue; a lane is a line in one store. All
// of this is of the dispatcher's goroutine alone.

// line is a queue as the dispatcher knows it.
type line struct {
	Queue
	// pass is where the queue stands in the order of turns: each started job moves it by
	// 1/Weight, and the queue that stands furthest back is next (stride scheduling,
	// Waldspurger and Weihl, 1995).
	pass    float64
	running int
	waiting int // claimed and not started
	given   int // that are to be claimed, while portions shares out
	lanes   []*lane
	gone    bool // nothing is claimed from it any more
}

// lane is a queue in one store.
type lane struct {
	*line
	store   Store
	source  int // its place in Master.stores
	tier    int // a lane has its turn when those of lower tiers have nothing
	waiting []*held
	maybe   bool // there may be something to claim
	sure    bool // and its store has said so
	woken   bool // since the claim in flight began
	told    bool // likewise, and by a store that named it
}

// sums are over all queues, so that the room of one is known without asking the others.
type sums struct {
	held  int // jobs
	spare int // workers that are reserved, and that no job has
}

// sum counts what held says of each queue.
func (s *sharing) sum(held func(*line) int) (out sums) {
	for _, l := range s.lines {
		out.held += held(l)
		out.spare += max(0, l.Reserved-held(l))
	}
	return out
}

// room is how many more jobs of a queue may be held when total may be in all, held are
// those of the queue already, and each queue has its reserve. It never grows while jobs
// are added, of whatever queue.
func (n sums) room(q *line, total, held int) int {
	free := total - n.held - n.spare + max(0, q.Reserved-held)
	if q.Max > 0 {
		free = min(free, q.Max-held)
	}
	return max(0, free)
}

// add counts one more job of a queue of which so many were held.
func (n *sums) add(q *line, held int) {
	n.held++
	if held < q.Reserved {
		n.spare--
	}
}

func running(l *line) int { return l.running }

// inHand are the jobs of a queue that it has, or is to be given.
func inHand(l *line) int { return l.running + l.waiting + l.given }

// sharing is all that decides whose turn it is.
type sharing struct {
	lines   []*line
	lanes   []*lane
	workers int
	// floor is where the queue stood that was served last: one that had nothing for a
	// while does not save up turns.
	floor float64
	// looked says that the stores were asked where something is: what they have said is claimed
	// before anything else is looked at, of which there may be no end.
	looked bool
}

// portion is how many jobs to claim from a lane.
type portion struct {
	lane *lane
	n    int
}

// portions shares out what may be claimed, among the lanes that may have something:
// at most ahead jobs more than there are workers, and batchMax.
func (s *sharing) portions(ahead int) []portion {
	for _, l := range s.lines {
		l.given = 0
	}
	all := s.sum(inHand)
	var next turns
	for i, l := range s.lanes {
		if l.maybe && !l.gone && (l.sure || !s.looked) {
			next = append(next, turn{lane: l, at: i, place: s.place(l)})
		}
	}
	heap.Init(&next)
	n := make([]int, len(s.lanes))
	for left := batchMax; left > 0 && len(next) > 0; {
		l := next[0].lane
		if place := s.place(l); place != next[0].place { // its queue was given something in another store
			next[0].place = place
			heap.Fix(&next, 0)
			continue
		}
		if all.room(l.line, s.workers+ahead, inHand(l.line)) == 0 {
			heap.Pop(&next)
			continue
		}
		all.add(l.line, inHand(l.line))
		l.given++
		n[next[0].at]++
		left--
		next[0].place = s.place(l)
		heap.Fix(&next, 0)
	}
	var out []portion
	for i, l := range s.lanes {
		if n[i] > 0 {
			out = append(out, portion{l, n[i]})
		}
	}
	return out
}

// place is where a lane stands among those of its tier, with what it has and is to be given.
func (s *sharing) place(l *lane) float64 {
	return max(l.pass, s.floor) + float64(l.line.waiting+l.given)/float64(l.Weight)
}

// turn is a lane in the order in which lanes have their turns.
type turn struct {
	lane  *lane
	at    int // its place among all lanes
	place float64
}

// turns is a heap; the first has the next turn.
type turns []turn

// Len, Less, Swap, Push and Pop are for container/heap.
func (t turns) Len() int      { return len(t) }
func (t turns) Swap(i, j int) { t[i], t[j] = t[j], t[i] }

func (t turns) Less(i, j int) bool {
	a, b := t[i], t[j]
	return cmp.Or(cmp.Compare(a.lane.tier, b.lane.tier), cmp.Compare(a.place, b.place), cmp.Compare(a.at, b.at)) < 0
}

func (t *turns) Push(x any) { *t = append(*t, x.(turn)) }

func (t *turns) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// pick is the lane whose next job is to be started, nil where none may be.
func (s *sharing) pick() *lane {
	all := s.sum(running)
	var best *lane
	for _, l := range s.lanes {
		if len(l.waiting) == 0 || all.room(l.line, s.workers, l.running) == 0 {
			continue
		}
		if best == nil || l.tier < best.tier || l.tier == best.tier && max(l.pass, s.floor) < max(best.pass, s.floor) {
			best = l
		}
	}
	return best
}

// turn moves a queue on by one job.
func (s *sharing) turn(l *line) {
	s.floor = max(l.pass, s.floor)
	l.pass = s.floor + 1/float64(l.Weight)
}
