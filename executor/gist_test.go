package executor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/gist"
	"collector/connectors/github"
	"collector/simulate"
)

// Promise R6 for two lists of one account: stars and gists are read side by side,
// more of both than an hour allows, and together never spend more than the
// account may. What one leaves the other uses. The documented 5,000 calls an hour
// are those of the long run (-drift.seeds 1000), else it is a tenth.
func TestStarsAndGistsShareOneQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := simulate.Documented(simulate.GitHub)
		if *seeds < 1000 {
			budget[0].Limit /= 10
		}
		allowed := budget[0].Limit
		h := newHousehold(t, simulate.Options{Seed: 3, Brief: true, Budgets: map[string][]simulate.Budget{simulate.GitHub: budget}})
		stars := h.account(simulate.Spec{Service: simulate.GitHub, Name: "mira", Likes: 3 * allowed / 2})
		gists := h.account(simulate.Spec{Service: simulate.Gist, Name: "mira", Likes: 3 * allowed / 2})
		a := h.connect(paged(github.New(), 2), stars, "", nil)
		b := h.connect(paged(gist.New(), 2), gists, "", nil)
		h.live(3 * time.Hour)
		h.whole(a, stars.Key)
		h.whole(b, gists.Key)
		used, windows := h.most("github/core/")
		if used > allowed || used < allowed-10 || windows < 2 || h.sim.Refused() > 0 {
			t.Errorf("%d calls in one hour, %d windows, %d refused; %d are allowed and needed", used, windows, h.sim.Refused(), allowed)
		}
		t.Logf("%d calls in the fullest of %d hours; runs by network: %v", used, windows, h.runs)
	})
}
