package limit_test

import (
	"fmt"
	"testing"
	"time"

	"collector/limit"
	"collector/limit/limittest"
)

// Promise R6: a backfill that only a quota limits uses it up and never goes over
// it, whatever the form of the quota, by one and by two processes, and while one
// of them dies.
func TestQuotasAreUsedUp(t *testing.T) {
	large := 300
	if *full {
		large = 10_000
	}
	for _, k := range limittest.Kinds(large) {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				processes int
				kill      bool
				skew      time.Duration
			}{{1, false, 0}, {2, false, -90 * time.Second}, {2, true, 7 * time.Hour}} {
				if c.processes == 2 && !c.kill && !*full {
					continue // the other windows of the run with a death are those of two processes
				}
				r := limittest.Run{Kind: k, Windows: 3, Seed: 1, Kill: c.kill, Skew: c.skew}
				table := &limittest.Table{}
				for range c.processes {
					r.Stores = append(r.Stores, limit.Store(table))
				}
				got, err := r.Do(t.Context())
				if err == nil {
					err = got.Check(r.Windows)
				}
				if err != nil {
					t.Errorf("%s: %v", fmt.Sprintf("%d processes, killed %v, skew %v", c.processes, c.kill, c.skew), err)
				}
			}
		})
	}
}
