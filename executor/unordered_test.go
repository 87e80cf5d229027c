package executor_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/connectors/forem"
	"collector/connectors/gist"
	"collector/connectors/gitea"
	"collector/connectors/gitlab"
	"collector/connectors/huggingface"
	"collector/connectors/raindrop"
	"collector/connectors/stackexchange"
	"collector/connectors/vimeo"
	"collector/simulate"
	"collector/state"
)

// lists are the connectors of forges and bookmarks, where it can be chosen on pages
// of ten.
func lists() map[string]connectors.Connector {
	return map[string]connectors.Connector{
		simulate.Forem:         paged(forem.New(), 10),
		simulate.Gist:          paged(gist.New(), 10),
		simulate.Gitea:         paged(gitea.New(), 10),
		simulate.GitLab:        paged(gitlab.New(), 10),
		simulate.HuggingFace:   huggingface.New(),
		simulate.Raindrop:      paged(raindrop.New(), 10),
		simulate.StackExchange: paged(stackexchange.New(), 10),
		simulate.Vimeo:         paged(vimeo.New(), 10),
	}
}

// begin connects an account of a list with some likes.
func (h *household) begin(c connectors.Connector, likes int) (network string, a simulate.Account) {
	h.t.Helper()
	in := c.Info()
	if in.Name != in.Provider {
		h.account(simulate.Spec{Service: in.Provider, Name: "mira"})
	}
	a = h.account(simulate.Spec{Service: in.Name, Name: "mira", Likes: likes})
	server := ""
	if in.Servers && in.Server == "" {
		server = "https://git.example"
	}
	var params map[string]string
	if len(in.Params) > 0 {
		params = map[string]string{"site": "stackoverflow"}
	}
	return h.connect(c, a, server, params), a
}

// polled lives on until a poll that began after now has ended.
func (h *household) polled(network string) {
	h.t.Helper()
	fresh := func() bool {
		n := h.network(network)
		return n.Mode == state.Normal && n.Walk == nil && n.Sweep == nil && !n.SweepDue
	}
	for range 1500 { // minutes: a quiet list is polled every six hours
		before := h.runs[network]
		idle := fresh()
		h.live(time.Minute)
		if idle && h.runs[network] > before && fresh() {
			return
		}
	}
	h.t.Fatalf("%s is not polled: %+v", network, h.network(network))
}

// Promise R7: each new like is stored by the next poll. In a list without an order
// it may stand on any page, so all of them are read, also where the first one is
// unchanged.
func TestEachLikeIsInTheNextPoll(t *testing.T) {
	for name, c := range lists() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHousehold(t, simulate.Options{Seed: 1})
				network, a := h.begin(c, 35)
				h.polled(network)
				for range 12 {
					if _, err := h.sim.Like(a.Key, 1); err != nil {
						t.Fatal(err)
					}
					h.polled(network)
					h.whole(network, a.Key)
				}
			})
		})
	}
}

// Promise R7 while likes come, go and come back between their
// pages: what stands in the list when a whole poll begins is stored when it has ended.
func TestListsThatChangeLoseNothing(t *testing.T) {
	for name, c := range lists() {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(max(5, *seeds/10)) {
				synctest.Test(t, func(t *testing.T) {
					rnd := rand.New(rand.NewPCG(seed, 17))
					h := newHousehold(t, simulate.Options{Seed: seed})
					network, a := h.begin(c, rnd.IntN(90))
					h.executor.Pages = 1 + rnd.IntN(8)
					churn := simulate.Churn{Account: a.Key, Chance: rnd.Float64(), Like: 1, Unlike: rnd.Float64() * 2, Relike: rnd.Float64()}
					if err := h.sim.AddChurn(churn); err != nil {
						t.Fatal(err)
					}
					h.live(time.Hour)
					h.sim.StopChurn()
					h.polled(network)
					h.whole(network, a.Key)
				})
				if t.Failed() {
					t.Fatalf("seed %d of %s: go test ./executor -run ListsThatChange", seed, name)
				}
			}
		})
	}
}
