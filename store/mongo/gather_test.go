package mongo

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/limit"
)

// TestGatheredCallsShareATurn: of calls that come while one is being done, the next
// turn does all, each once, in their order; those for another thing do not wait.
func TestGatheredCallsShareATurn(t *testing.T) {
	var g gather[int]
	waiting := func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.queues["one"].waiting)
	}
	begun, end := make(chan struct{}), make(chan struct{})
	var turns [][]int
	run := func(some []int) {
		if turns = append(turns, some); len(turns) == 1 {
			close(begun)
			<-end
		}
	}
	var all sync.WaitGroup
	all.Go(func() { g.do("one", 0, run) })
	<-begun
	for i := range 4 {
		all.Go(func() { g.do("one", i+1, run) })
		for waiting() == i {
			runtime.Gosched()
		}
	}
	g.do("other", 100, func([]int) {})
	close(end)
	all.Wait()
	if got := fmt.Sprint(turns); got != "[[0] [1 2 3 4]]" {
		t.Errorf("turns: %s", got)
	}
	if len(g.queues) > 0 {
		t.Errorf("%d queues are left", len(g.queues))
	}
}

// TestAFurtherTurnIsWorthIt: where two turns may be had at once, the second begins once it
// is full, or once a call has waited for a while; no more than two are under way.
func TestAFurtherTurnIsWorthIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gather[int]
		var mu sync.Mutex
		var turns [][]int
		end := make(chan struct{})
		run := func(some []int) {
			mu.Lock()
			turns = append(turns, some)
			mu.Unlock()
			<-end
		}
		var all sync.WaitGroup
		call := func(i int) {
			all.Go(func() { g.among("", 2, 3, i, run) })
			synctest.Wait()
		}
		is := func(want string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if got := fmt.Sprint(turns); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		call(0)
		call(1)
		call(2)
		is("[[0]]")
		call(3)
		is("[[0] [1 2 3]]")
		for i := 4; i < 8; i++ {
			call(i)
		}
		time.Sleep(2 * gatherWait)
		is("[[0] [1 2 3]]")
		close(end)
		all.Wait()
		if n := len(slices.Concat(turns...)); n != 8 {
			t.Errorf("%d of 8 calls in %v", n, turns)
		}

		turns, end = nil, make(chan struct{})
		call(8)
		call(9)
		is("[[8]]")
		time.Sleep(2 * gatherWait)
		synctest.Wait()
		is("[[8] [9]]")
		close(end)
		all.Wait()
		if len(g.queues) > 0 {
			t.Errorf("%d queues are left", len(g.queues))
		}
	})
}

// TestACallIsRunByOneOfItsTurn: what a turn does for a single call it does by that call,
// whose context is alive.
func TestACallIsRunByOneOfItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gather[int]
		end := make(chan struct{})
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() {
				g.do("", i, func(some []int) {
					if <-end; some[0] != i {
						t.Errorf("%v is done by %d", some, i)
					}
				})
			})
			synctest.Wait()
		}
		close(end)
		all.Wait()
	})
}

// TestAPanicIsOfItsCalls: what panics does so in the calls that it was run for, and the next
// call has its turn.
func TestAPanicIsOfItsCalls(t *testing.T) {
	var g gather[int]
	func() {
		defer func() {
			if p := recover(); !strings.Contains(fmt.Sprint(p), "no such page") {
				t.Errorf("the call ended with %v", p)
			}
		}()
		g.do("", 0, func([]int) { panic("no such page") })
	}()
	done := false
	g.do("", 1, func([]int) { done = true })
	if !done || len(g.queues) > 0 {
		t.Errorf("done: %v, %d queues are left", done, len(g.queues))
	}
}

// TestARefusedChangeIsTakenBack: of calls that share a turn, one that refuses leaves
// nothing in the rows, and the others see nothing of it.
func TestARefusedChangeIsTakenBack(t *testing.T) {
	no := errors.New("no")
	spend := func(n int, err error) *rowChange {
		return &rowChange{fn: func(rows []*limit.Row) error {
			rows[0].Used += n
			rows[0].Lent = append(rows[0].Lent, limit.Batch{ID: fmt.Sprint(n)})
			return err
		}}
	}
	rows := []*limit.Row{{Used: 1}}
	calls := []*rowChange{spend(10, nil), spend(100, no), spend(1000, nil)}
	if err := changeAll(rows, calls); err != nil || rows[0].Used != 1011 || len(rows[0].Lent) != 2 {
		t.Errorf("%+v, %v", rows[0], err)
	}
	for i, want := range []error{nil, no, nil} {
		if calls[i].err != want {
			t.Errorf("call %d: %v", i, calls[i].err)
		}
	}
	if err := changeAll(rows, calls[1:2]); err != no || rows[0].Used != 1011 {
		t.Errorf("all refuse: %+v, %v", rows[0], err)
	}
}
