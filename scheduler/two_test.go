package scheduler_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
)

// Four processes over one store, two of them of one mode only: each network is
// in work at one of them at a time, and each page is read once.
//
// Defect 14: two processes of one mode do everything twice.
func TestProcessesShareTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for i := range 60 {
			b.add("quick", fmt.Sprint("n", i))
		}
		var mu sync.Mutex
		under := map[string]string{}                                   // account -> process that has a call under way
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute) // before the first poll
		defer cancel()
		var processes sync.WaitGroup
		for _, owner := range []string{"a", "b", "c", "d"} {
			c := b.scheduler(func(c *scheduler.Config) { c.Owner, c.Workers = owner, 4 }, "quick").Config
			if owner == "c" || owner == "d" {
				c.Modes = slices.Clone(c.Modes[1:])
			}
			do := func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
				mu.Lock()
				if other := under[call.Account]; other != "" {
					t.Errorf("%s asks for %s while %s does", owner, call.Account, other)
				}
				under[call.Account] = owner
				mu.Unlock()
				defer func() { mu.Lock(); delete(under, call.Account); mu.Unlock() }()
				return b.do(ctx, call)
			}
			s := scheduler.New(c, b.store, limit.New(b.store, owner, time.Now), []connectors.Connector{list{"quick"}},
				&executor.Executor{Store: b.store, Do: do, Now: time.Now, Pages: 1, Version: "1"})
			processes.Go(func() {
				if err := s.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		processes.Wait()
		for i := range 60 {
			name := fmt.Sprint("n", i)
			if n := b.network("quick-" + name); len(b.calls[name]) != 3 || n.Items != 3 {
				t.Errorf("%s: %d calls for its 3 pages, %d items", name, len(b.calls[name]), n.Items)
			}
		}
	})
}
