package torture

import (
	"testing"
	"time"

	"collector/simulate"
)

// Promise R10: tokens and sessions that ran out are refreshed without a person,
// whatever words the service refuses them with.
func TestExpiredCredentialsAreRefreshed(t *testing.T) {
	r := newRig(t, unlimited())
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 20, Expiring: true}, simulate.Spec{Service: simulate.Bluesky, Likes: 20})
	daemon := r.start()
	collected := func(n int) func() bool {
		return func() bool {
			var items int
			r.query(&items, "SELECT coalesce(sum(items), 0) FROM networks")
			return items == n
		}
	}
	r.await("the first likes", 2*time.Minute, collected(40))
	for range 3 {
		for _, a := range r.sim.Accounts() {
			if err := r.sim.Expire(a.Key); err != nil {
				t.Fatal(err)
			}
		}
		r.news1()
		r.await("likes after the tokens ran out", 2*time.Minute, collected(r.truth()))
	}
	if _, err := r.stop(daemon); err != nil {
		t.Error(err)
	}
	r.compare()
}

// news1 makes one like for every account.
func (r *rig) news1() {
	for _, a := range r.sim.Accounts() {
		if _, err := r.sim.Like(a.Key, 1); err != nil {
			r.t.Fatal(err)
		}
	}
}

// truth counts the likes of all accounts.
func (r *rig) truth() (n int) {
	for _, a := range r.sim.Accounts() {
		n += len(r.sim.Likes(a.Key))
	}
	return n
}
