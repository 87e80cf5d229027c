package mongo

import "sync"

// gather lets calls that wait for the same thing share turns at it: whoever has a
// turn does what all wait for that have come by then. Under load a row that
// everybody wants is so read and written once for many of them.
type gather[T any] struct {
	mu     sync.Mutex
	queues map[string]*gathered[T]
}

// gathered is what waits for one thing.
type gathered[T any] struct {
	turns   chan struct{} // has room for as many as may be had at once
	waiting []*waiting[T]
	users   int
}

type waiting[T any] struct {
	one   T
	taken bool
	done  chan struct{}
}

const (
	gatherMost  = 500 // calls that share a turn
	gatherTurns = 2   // turns at once, where calls are for different things
)

// do has run done with one, and returns afterwards. run is called by one goroutine
// at a time for the same name, in the order in which calls came.
func (g *gather[T]) do(name string, one T, run func([]T)) { g.among(name, 1, gatherMost, one, run) }

// among is do with so many turns at once, each for so many calls at most.
func (g *gather[T]) among(name string, turns, most int, one T, run func([]T)) {
	mine := &waiting[T]{one: one, done: make(chan struct{})}
	g.mu.Lock()
	if g.queues == nil {
		g.queues = map[string]*gathered[T]{}
	}
	q := g.queues[name]
	if q == nil {
		q = &gathered[T]{turns: make(chan struct{}, turns)}
		g.queues[name] = q
	}
	q.waiting = append(q.waiting, mine)
	q.users++
	g.mu.Unlock()

	select {
	case <-mine.done:
	case q.turns <- struct{}{}:
		for g.turn(q, most, run); !g.taken(mine); {
			g.turn(q, most, run)
		}
		<-q.turns
		<-mine.done
	}

	g.mu.Lock()
	if q.users--; q.users == 0 {
		delete(g.queues, name)
	}
	g.mu.Unlock()
}

func (g *gather[T]) taken(w *waiting[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return w.taken
}

// turn runs what waits longest.
func (g *gather[T]) turn(q *gathered[T], most int, run func([]T)) {
	g.mu.Lock()
	some := q.waiting[:min(len(q.waiting), most)]
	q.waiting = q.waiting[len(some):]
	ones := make([]T, len(some))
	for i, w := range some {
		ones[i], w.taken = w.one, true
	}
	g.mu.Unlock()
	if len(some) == 0 {
		return
	}
	run(ones)
	for _, w := range some {
		close(w.done)
	}
}
