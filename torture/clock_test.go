package torture

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"collector/simulate"
)

// Promise R13: the wall clock of the running program is set back by an hour and
// by a day and forward to 2038, and is right again each time, while the monotonic
// one goes on (as in a suspend, which only the wall clock sees). Whatever time it
// believes, no service is asked for more than its quota allows, and once the
// clock is right every account is read again within its longest interval, with
// room for a slow machine. What a clock that is ahead by less than 40 days puts
// off cannot be told from a wait that a service asked for, and is waited for.
func TestClockJumps(t *testing.T) {
	o := simulate.Options{
		Latency: 2 * time.Millisecond,
		Budgets: map[string][]simulate.Budget{
			simulate.GitHub: {{Name: "core", Limit: 60, Per: 4 * time.Second}}, simulate.Mastodon: {{Name: "account", Limit: 40, Per: 4 * time.Second}}, simulate.Bluesky: {},
		},
	}
	r := newRig(t, o)
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 250}, simulate.Spec{Service: simulate.Mastodon, Likes: 100}, simulate.Spec{Service: simulate.Bluesky, Likes: 200})
	clock := filepath.Join(r.dir, "clock")
	set := func(by time.Duration) {
		if err := os.WriteFile(clock+".new", []byte(by.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(clock+".new", clock); err != nil {
			t.Fatal(err)
		}
	}
	set(0)
	r.env = append(r.env, "COLLECTOR_FAILPOINT_CLOCK="+clock, "TZ=Europe/Berlin")
	asked := func() map[string]int {
		n := map[string]int{}
		for _, a := range r.sim.Accounts() {
			n[a.Key] = len(r.sim.Requests(a.Key))
		}
		return n
	}
	everyone := func(what string) {
		before := asked()
		r.await(what, time.Minute, func() bool {
			for key, n := range asked() {
				if n <= before[key] {
					return false
				}
			}
			return true
		})
	}
	daemon := r.start()
	everyone("all accounts read at the right time")
	to2038 := time.Until(time.Date(2038, 1, 19, 3, 14, 0, 0, time.UTC)).Round(time.Second)
	for _, by := range []time.Duration{-time.Hour, -24 * time.Hour, to2038} {
		before := r.sim.Total()
		set(by)
		end := time.Now().Add(2 * time.Second)
		r.await("two seconds of a wrong clock", time.Minute, func() bool { return time.Now().After(end) })
		wrong := r.sim.Total() - before
		set(0)
		begun := time.Now()
		everyone("all accounts read after the clock was wrong by " + by.String())
		t.Logf("wrong by %v: %d calls meanwhile, all accounts read %v after it was right", by, wrong, time.Since(begun).Round(time.Millisecond))
	}
	if _, err := r.stop(daemon); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if n := r.sim.Refused(); n > 0 {
		t.Errorf("%d calls over a quota", n)
	}
	r.finish()
	r.compare()
}
