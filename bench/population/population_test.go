package population

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The rates are log-normal around the person in the middle, and people like as
// much as their rates say.
func TestPeopleLikeAsMuchAsTheirRates(t *testing.T) {
	const n, during = 2001, 30 * 24 * time.Hour
	if middle := Rate(n/2, n, Middle); math.Abs(middle*24-1) > 1e-9 {
		t.Errorf("the one in the middle likes %v a day", middle*24)
	}
	if above := Rate(n*975/1000, n, Middle) * 24; above < 45 || above > 55 {
		t.Errorf("one in forty likes %v times as often as the one in the middle, want about 50", above)
	}
	for _, rate := range []float64{0.5, 5} {
		rnd := rand.New(rand.NewPCG(1, 1))
		sum := 0
		const people = 200
		for range people {
			likes := Likes(rate, rnd, -time.Hour, during)
			if !slices.IsSorted(likes) || len(likes) > 0 && (likes[0] < -time.Hour || likes[len(likes)-1] >= during) {
				t.Fatal("likes are out of order, or out of their time")
			}
			sum += len(likes)
		}
		if got, want := float64(sum)/people, rate*during.Hours(); math.Abs(got/want-1) > 0.05 {
			t.Errorf("%v likes an hour: %v in 30 days, want about %v", rate, got, want)
		}
	}
}
