package executor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/connectors/huggingface"
	"collector/connectors/raindrop"
	"collector/connectors/stackexchange"
	"collector/connectors/vimeo"
	"collector/simulate"
)

// Promise R6 for the forms in which forges and bookmarks tell of their quotas: a
// list that needs more calls than a window has is read over several of them, no
// call comes before its time, and the full windows are used to the last call.
func TestQuotasOfListsAreUsedUp(t *testing.T) {
	for service, c := range map[string]struct {
		connector connectors.Connector
		budget    simulate.Budget
		likes     int
	}{
		simulate.HuggingFace:   {huggingface.New(), simulate.Budget{Name: "api", Limit: 5, Per: 5 * time.Minute, Aligned: true}, 1300},
		simulate.Raindrop:      {raindrop.New(), simulate.Budget{Name: "api", Limit: 4, Per: time.Minute}, 1000},
		simulate.StackExchange: {stackexchange.New(), simulate.Budget{Name: "day", Limit: 8, Per: 24 * time.Hour, Aligned: true}, 3000},
		simulate.Vimeo:         {vimeo.New(), simulate.Budget{Name: "calls", Limit: 4, Per: time.Minute}, 2000},
	} {
		t.Run(service, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHousehold(t, simulate.Options{Seed: 9, Backoff: 30 * time.Second, Budgets: map[string][]simulate.Budget{service: {c.budget}}})
				network, a := h.begin(c.connector, c.likes)
				h.live(8 * c.budget.Per)
				h.whole(network, a.Key)
				used, windows := h.most(service + "/" + c.budget.Name)
				if used != c.budget.Limit || windows < 4 || h.sim.Refused() > 0 {
					t.Errorf("%d calls of %d in the fullest of %d windows, %d refused", used, c.budget.Limit, windows, h.sim.Refused())
				}
			})
		})
	}
}
