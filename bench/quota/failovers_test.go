//go:build mongo

package quota

import (
	"context"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/bench/figure"
	"collector/internal/failover"
	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
)

var failovers = flag.Int("quota.failovers", 2, "times that the primary is cut off, dies or resigns, in turn, while processes spend a quota")

// TestFailoversKeepTheQuota: four processes of 64 workers spend one quota, with a ledger
// on three servers that lose their primary again and again. By the service's own count no
// call is over the quota. Two of the processes give up a call to the database sooner than
// another primary is elected, so that they do not know what became of it.
func TestFailoversKeepTheQuota(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*failovers)*5*time.Minute+5*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := failover.Start(ctx, program, filepath.Join(t.TempDir(), "set"), 3)
	t.Cleanup(func() { set.Stop() })
	if err == nil {
		err = set.Whole(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	at := set.URI("quota")
	o, err := brief(*failovers).run(ctx,
		figure.Run{Root: "../..", Dir: t.TempDir(), Seed: 1, Log: t.Logf},
		Place{Address: at, Hasty: at + "&timeoutMS=1500", Open: func(ctx context.Context) (store.Store, error) {
			return mongo.Open(ctx, strings.TrimPrefix(at, "mongodb:"), store.Options{Owner: "test"})
		}}, set.Lose)
	if err != nil {
		t.Error(err)
	}
	if o.refused > 0 {
		t.Errorf("%d calls over the quota", o.refused)
	}
	if o.done.barred == 0 || o.done.failed == 0 {
		t.Errorf("the ledger gave nothing %d times, and the store could not be had %d times: too few", o.done.barred, o.done.failed)
	}
	t.Logf("%d failovers: %d calls in %d full windows and two others, %d over the quota; the ledger gave nothing %d times, the store could not be had %d times",
		*failovers, o.done.calls, len(o.windows), o.refused, o.done.barred, o.done.failed)
}
