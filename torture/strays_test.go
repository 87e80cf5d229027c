package torture

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/simulate"
)

// strays counts requests that came from a place whose owner had been superseded.
func (h *history) strays() {
	h.t.Helper()
	ids := h.ids()
	worst, all, asked := 0, 0, 0
	for _, a := range h.sim.Accounts() {
		if a.Service != simulate.GitHub {
			continue
		}
		leases := h.leases(ids[a.Name])
		by := map[int64]int{} // epoch of the successor -> requests that came too late
		at := 0
		for _, q := range h.sim.Requests(a.Key) {
			from := slices.IndexFunc(h.places, func(p *place) bool { return p.door == q.Host })
			if from < 0 || len(leases) == 0 {
				continue
			}
			asked++
			for at+1 < len(leases) && !leases[at+1].from.After(q.At) {
				at++
			}
			mine := func(i int) bool {
				return i < len(leases) && h.placeOf(leases[i].owner) == h.places[from]
			}
			if mine(at) || mine(at+1) && leases[at+1].from.Sub(q.At) < 250*time.Millisecond { // their clocks differ a little
				continue
			}
			by[leases[at].epoch]++
			h.t.Logf("superseded: %v from %s, when %s had epoch %d since %v", q, q.Host, leases[at].owner, leases[at].epoch, q.At.Sub(leases[at].from).Round(time.Millisecond))
		}
		for epoch, n := range by {
			worst, all = max(worst, n), all+n
			if n > 1 {
				h.t.Errorf("%s: %d requests of superseded owners after epoch %d had begun", a.Key, n, epoch)
			}
		}
	}
	h.t.Logf("%d requests, %d of superseded owners, at most %d a takeover", asked, all, worst)
	if asked == 0 {
		h.t.Error("nobody asked anything through a door: it proves nothing")
	}
}

// ids are the networks of GitHub accounts, by account.
func (h *history) ids() map[string]string {
	h.t.Helper()
	var all []struct {
		ID      string `bson:"_id"`
		Account string `bson:"account"`
	}
	cursor, err := h.mongo.Collection("networks").Find(context.Background(), bson.D{{Key: "service", Value: simulate.GitHub}})
	if err == nil {
		err = cursor.All(context.Background(), &all)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]string{}
	for _, n := range all {
		out[n.Account] = n.ID
	}
	return out
}
