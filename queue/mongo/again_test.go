//go:build mongo

package mongo

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// TestAClaimTakesAJobOnce has a job that a claim has taken become free again before
// the claim looks for more: it is for others, since under one token it can be held once.
func TestAClaimTakesAJobOnce(t *testing.T) {
	var between func()
	n := 0
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == "findAndModify" {
			if n++; n == 2 {
				between()
			}
		}
	}}
	db := database(t, replica, options.Client())
	other, s := opened(t, db), opened(t, connected(t, replica, db.Name(), options.Client().SetMonitor(monitor)))
	added(t, other, 1, queue.Job{ID: "a"})
	between = func() {
		if got, err := other.Rescue(t.Context(), asking(1).Until, 1); err != nil || len(got) != 1 {
			t.Errorf("rescued are %v, %v", got, err)
		}
	}
	if got := claimed(t, s, 2); len(got) != 1 || got[0].Attempts != 1 {
		t.Errorf("claimed are %+v", got)
	}
	if got := claimed(t, other, 1); len(got) != 1 || got[0].Attempts != 2 {
		t.Errorf("left are %+v", got)
	}
}
