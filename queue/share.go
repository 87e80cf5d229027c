package queue

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
}

// lane is a queue in one store.
type lane struct {
	*line
	store   Store
	source  int // its place in Master.stores
	tier    int // a lane has its turn when those of lower tiers have nothing
	waiting []*held
	maybe   bool // there may be something to claim
	woken   bool // since the claim in flight began
}

// room is how many more jobs of a queue may be held when total may be in all, held
// counts those of a queue, and each queue has its reserve.
func room(q *line, all []*line, total int, held func(*line) int) int {
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

func running(l *line) int { return l.running }

// sharing is all that decides whose turn it is.
type sharing struct {
	lines   []*line
	lanes   []*lane
	workers int
	// floor is where the queue stood that was served last: one that had nothing for a
	// while does not save up turns.
	floor float64
}

// portion is how many jobs to claim from a lane.
type portion struct {
	lane *lane
	n    int
}

// portions shares out what may be claimed, among the lanes that may have something:
// at most ahead jobs more than there are workers, and batchMax.
func (s *sharing) portions(ahead int) []portion {
	given := map[*line]int{}
	held := func(l *line) int { return l.running + l.waiting + given[l] }
	n := make([]int, len(s.lanes))
	for range batchMax {
		best := -1
		for i, l := range s.lanes {
			if l.maybe && room(l.line, s.lines, s.workers+ahead, held) > 0 && (best < 0 || s.before(l, s.lanes[best], given)) {
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

// before says whether a has its turn before b, with what each was given already.
func (s *sharing) before(a, b *lane, given map[*line]int) bool {
	if a.tier != b.tier {
		return a.tier < b.tier
	}
	place := func(l *lane) float64 {
		return max(l.pass, s.floor) + float64(l.line.waiting+given[l.line])/float64(l.Weight)
	}
	return place(a) < place(b)
}

// pick is the lane whose next job is to be started, nil where none may be.
func (s *sharing) pick() *lane {
	var best *lane
	for _, l := range s.lanes {
		if len(l.waiting) == 0 || room(l.line, s.lines, s.workers, running) == 0 {
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
