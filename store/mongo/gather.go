package mongo

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// gather lets calls that wait for the same thing share turns at it: a turn does what
// all wait for that have come by then. Under load a row that everybody wants is so
// read and written once for many of them.
//
// Where several turns may be had at once, a further one begins only where that is
// worth it: once as many calls wait as fit in one, or one has waited for a while.
// Otherwise there would be as many turns of one call each as may be had, and nothing
// would be shared until all of them are taken.
type gather[T any] struct {
	mu     sync.Mutex
	queues map[string]*gathered[T]
}

// gathered is what waits for one thing.
type gathered[T any] struct {
	turns   int // under way
	waiting []*waiting[T]
	users   int
}

type waiting[T any] struct {
	one   T
	run   func([]T)
	taken bool
	panic any // of run
	done  chan struct{}
}

const (
	gatherMost  = 500                   // calls that share a turn
	gatherTurns = 2                     // turns at once, where calls are for different things
	gatherWait  = 50 * time.Millisecond // after which a call begins a further turn
)

// do has run done with one, and returns afterwards. Where run panics, so do all calls of
// its turn. run is called once at a time for the
// same name, with calls in the order in which they came.
func (g *gather[T]) do(name string, one T, run func([]T)) { g.among(name, 1, gatherMost, one, run) }

// among is do with so many turns at once, each for so many calls at most.
func (g *gather[T]) among(name string, turns, most int, one T, run func([]T)) {
	mine := &waiting[T]{one: one, run: run, done: make(chan struct{})}
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
	if q.turns == 0 || q.turns < turns && len(q.waiting) >= most {
		q.turns++
		go g.turn(q, most)
	}
	g.mu.Unlock()

	g.await(q, mine, turns, most)

	g.mu.Lock()
	if q.users--; q.users == 0 {
		delete(g.queues, name)
	}
	g.mu.Unlock()
	if mine.panic != nil {
		panic(mine.panic)
	}
}

// await returns once a call is done.
func (g *gather[T]) await(q *gathered[T], mine *waiting[T], turns, most int) {
	if turns > 1 {
		late := time.NewTimer(gatherWait)
		defer late.Stop()
		select {
		case <-mine.done:
			return
		case <-late.C:
		}
		g.mu.Lock()
		if !mine.taken && q.turns < turns {
			q.turns++
			go g.turn(q, most)
		}
		g.mu.Unlock()
	}
	<-mine.done
}

// turn runs what waits longest, until nothing does.
func (g *gather[T]) turn(q *gathered[T], most int) {
	for {
		g.mu.Lock()
		some := q.waiting[:min(len(q.waiting), most)]
		q.waiting = q.waiting[len(some):]
		ones := make([]T, len(some))
		for i, w := range some {
			ones[i], w.taken = w.one, true
		}
		if len(some) == 0 {
			q.turns--
		}
		g.mu.Unlock()
		if len(some) == 0 {
			return
		}
		failed := caught(some[0].run, ones) // by a call that is in it: its context is alive
		for _, w := range some {
			w.panic = failed
			close(w.done)
		}
	}
}

// caught runs run, and returns what it panics with and where, nil for nothing: callers are
// prepared for that, a goroutine of ours is not.
func caught[T any](run func([]T), ones []T) (failed any) {
	defer func() {
		if p := recover(); p != nil {
			failed = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	run(ones)
	return nil
}
