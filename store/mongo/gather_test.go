package mongo

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
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
