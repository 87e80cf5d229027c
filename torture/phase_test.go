package torture

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"collector/simulate"
)

// onTheWay are the named points that every run passes, in its order.
var onTheWay = []string{
	"lease.acquired", "req.before", "resp.header", "resp.half", "decode.done",
	"save.begin", "save.items.half", "save.items.done", "save.state.before", "save.commit.before", "save.commit.after",
	"schedule.before", "schedule.after",
}

// ofTokens are the points of a refreshed sign-in.
var ofTokens = []string{"token.received", "token.save.before", "token.save.after"}

// lastPassed is the point that a process passed last, from its log of points:
// the phase in which it is, or died.
func lastPassed(log string) string {
	text, err := os.ReadFile(log)
	if names := strings.Fields(string(text)); err == nil && len(names) > 0 {
		return names[len(names)-1]
	}
	return "the start"
}

// catch waits for a moment at which one of the processes stands at a point, at
// most so long: whether it is met is seen in the histogram.
func catch(logs []string, point string, most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(3 * time.Millisecond) {
		if slices.ContainsFunc(logs, func(log string) bool { return lastPassed(log) == point }) {
			return
		}
	}
}

// histogram tells in which phase how many kills struck. Over the documented
// number of kills none may be without.
func (k *killing) histogram() {
	for _, point := range append([]string{"the start"}, onTheWay...) {
		k.t.Logf("kills after %-20s %5d", point, k.phases[point])
		if *long && k.phases[point] == 0 && point != "the start" {
			k.t.Errorf("no kill struck after %s", point)
		}
	}
}

// total is how many requests have come in all, once nothing of the processes
// that are dead is on its way any more.
func (r *rig) total() int {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if err := r.sim.Settle(ctx); err != nil {
		r.t.Error(err)
	}
	return r.sim.Total()
}

// repeated holds how often a page of a backfill was asked for again to two a
// kill and network: the page that was being stored and the one being fetched.
// A bound is how many requests had come in all when a round ended. It returns
// how many pages were asked for again, and the most between two bounds.
func (r *rig) repeated(bounds []int) (again, most int) {
	for _, a := range r.sim.Accounts() {
		asked := map[string]bool{}
		round, inRound, over := 0, 0, false
		for _, q := range r.sim.Requests(a.Key) {
			for round < len(bounds) && q.N > bounds[round] {
				round, inRound = round+1, 0
			}
			if isPoll(q) {
				// GitHub's long polls read pages backwards as well, from the last one:
				// its backfill is over when a poll follows the first page.
				over = over || a.Service == simulate.GitHub && asked["1"]
				continue
			}
			if over || q.Page == "" || q.Status != 200 {
				continue
			}
			if !asked[q.Page] {
				asked[q.Page] = true
				continue
			}
			again, inRound = again+1, inRound+1
			if most = max(most, inRound); inRound == 3 {
				r.t.Errorf("%s: more than two pages were asked for again after death %d, at last %v", a.Key, round, q)
			}
		}
	}
	return again, most
}

// isPoll says whether a request reads what is new. Its place may be asked for
// again and again; that of a backfill once.
func isPoll(q simulate.Request) bool {
	for _, part := range []string{"direction=desc", "reverse", "min_id"} {
		if strings.Contains(q.Query, part) {
			return true
		}
	}
	return false
}
