package executor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/stackexchange"
	"collector/simulate"
)

// An empty list of a service that is known to answer one by mistake means unknown:
// what was collected before stays, polls and full readings go on, and the status
// says what is not known.
func TestAnEmptyListTakesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t, simulate.Options{Seed: 4})
		network, a := h.begin(paged(stackexchange.New(), 10), 35)
		h.polled(network)
		h.whole(network, a.Key)
		if err := h.sim.Lack(a.Key, "favorites"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := h.store.WishSync(t.Context(), network, true, time.Now()); err != nil {
				t.Fatal(err)
			}
			h.live(30 * time.Hour)
		}
		n := h.network(network)
		if got := len(h.got(network)); got != 35 {
			t.Errorf("%d of 35 favourites are left after empty lists", got)
		}
		if !strings.Contains(n.Doubt, "Saves") {
			t.Errorf("doubt %q, condition %s", n.Doubt, n.Condition)
		}
		h.whole(network, a.Key)
	})
}
