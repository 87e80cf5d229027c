package executor_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/raindrop"
	"collector/simulate"
)

// A token that lives two weeks is refreshed before or when it ends, and collecting
// goes on without anybody's doing.
func TestBookmarksOutliveTheirToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t, simulate.Options{Seed: 6})
		refreshed := 0
		h.sim.OnRequest(func(_ int, r *http.Request) {
			if r.Method == http.MethodPost {
				refreshed++
			}
		})
		a := h.account(simulate.Spec{Service: simulate.Raindrop, Name: "mira", Likes: 60, Expiring: true})
		network := h.connect(raindrop.New(), a, "", nil)
		h.live(20 * 24 * time.Hour)
		if _, err := h.sim.Like(a.Key, 5); err != nil {
			t.Fatal(err)
		}
		h.polled(network)
		h.whole(network, a.Key)
		if refreshed != 1 {
			t.Errorf("refreshed %d times in 20 days, want once", refreshed)
		}
	})
}
