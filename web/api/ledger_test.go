package api_test

import (
	"context"
	"strings"
	"testing"

	"collector/limit"
	"collector/store"
	"collector/store/memory"
)

// oneLedger is a store of which nobody may read the quotas of all accounts.
type oneLedger struct {
	store.Store
	t *testing.T
}

func (o oneLedger) Quotas(ctx context.Context, prefix string) ([]limit.Row, error) {
	if strings.Count(prefix, "/") < 2 {
		o.t.Errorf("all quotas under %q are read", prefix)
	}
	return o.Store.Quotas(ctx, prefix)
}

// TestNoAccountIsShownByTheQuotasOfAll: there may be millions.
func TestNoAccountIsShownByTheQuotasOfAll(t *testing.T) {
	w := newWorld(t, memory.New())
	w.panel.Store = oneLedger{w.store, t}
	for _, what := range []string{"status", "networks", "quotas", "explain?network=github/anna-hub", "status?network=github/anna-hub", "connectors/twitter"} {
		var answer map[string]any
		w.ok("anna", "GET", "/api/"+what, "", &answer)
	}
}
