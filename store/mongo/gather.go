package mongo

import "sync"

// gather lets calls that wait for the same thing share one turn at it: whoever's
// turn it is does what all wait for that have come by then. Under load a row that
// everybody wants is so read and written once for many of them.
type gather[T any] struct {
	mu     sync.Mutex
	queues map[string]*gathered[T]
}

// gathered is what waits for one thing.
type gathered[T any] struct {
	turn    sync.Mutex
	waiting []*waiting[T]
	users   int
}

type waiting[T any] struct {
	one  T
	done bool
}

// gatherMost is how many calls share a turn.
const gatherMost = 500

// do has run done with one, and returns afterwards. run is called by one goroutine
// at a time for the same name, in the order in which calls came.
func (g *gather[T]) do(name string, one T, run func([]T)) {
	mine := &waiting[T]{one: one}
	g.mu.Lock()
	if g.queues == nil {
		g.queues = map[string]*gathered[T]{}
	}
	q := g.queues[name]
	if q == nil {
		q = &gathered[T]{}
		g.queues[name] = q
	}
	q.waiting = append(q.waiting, mine)
	q.users++
	g.mu.Unlock()

	q.turn.Lock()
	for !mine.done {
		g.mu.Lock()
		some := q.waiting[:min(len(q.waiting), gatherMost)]
		q.waiting = q.waiting[len(some):]
		g.mu.Unlock()
		ones := make([]T, len(some))
		for i, w := range some {
			ones[i], w.done = w.one, true
		}
		run(ones)
	}
	q.turn.Unlock()

	g.mu.Lock()
	if q.users--; q.users == 0 {
		delete(g.queues, name)
	}
	g.mu.Unlock()
}
