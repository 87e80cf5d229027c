package torture

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"collector/simulate"
)

// Promise R5: services that bar their callers, three processes with a hundred
// workers, restarted all the time: no request before the announced time, and at
// most one refused call a window and credential. The forms here name seconds:
// TestEveryFormOfLimit has all others, in virtual time.
func TestStorm(t *testing.T) {
	o := simulate.Options{
		Latency: 2 * time.Millisecond,
		Budgets: map[string][]simulate.Budget{
			simulate.GitHub:   {{Name: "core", Limit: 30, Per: 4 * time.Second}},
			simulate.Mastodon: {{Name: "account", Limit: 25, Per: 4 * time.Second}},
			simulate.Bluesky:  {},
		},
	}
	r := newRig(t, o)
	// A machine that stands still for a second must cost no lease: what is tested
	// is the memory of limits. The leases of the dead are free at once where their
	// locks show the death; elsewhere they have to run out.
	lease := 30 * time.Second
	if r.mongo != nil {
		lease = 5 * time.Second
	}
	r.env = append(r.env, "COLLECTOR_LEASE="+lease.String())
	for range 4 {
		r.add(simulate.Spec{Service: simulate.GitHub, Likes: 4000}, simulate.Spec{Service: simulate.Mastodon, Likes: 900})
	}
	for i, form := range []string{"seconds", "date", "decimal"} {
		r.sim.AddFault(simulate.Fault{Kind: simulate.Limit, Every: 37, From: 11 * (i + 1), Wait: 3 * time.Second, Retry: form})
	}
	r.sim.AddFault(simulate.Fault{Kind: simulate.Secondary, Service: simulate.GitHub, Every: 37, From: 44, Wait: 3 * time.Second})
	rnd := rand.New(rand.NewPCG(*seed, 4))
	begun := time.Now()
	blocks := r.watchBlocks()
	var daemons []*exec.Cmd
	for range 3 {
		daemons = append(daemons, r.start("--workers=100"))
	}
	var deaths []time.Time
	for i := range *restarts {
		// A restart with nothing between it and the last proves nothing, unless
		// everybody is waiting: then that is what it strikes.
		asked := r.sim.Total()
		for end := time.Now().Add(6 * time.Second); r.sim.Total() == asked && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Duration(rnd.IntN(400)) * time.Millisecond)
		at := i % len(daemons)
		daemons[at].Process.Kill()
		daemons[at].Wait()
		deaths = append(deaths, time.Now())
		daemons[at] = r.start("--workers=100")
	}
	barred := func() int { return r.sim.Struck(simulate.Limit) + r.sim.Struck(simulate.Secondary) }
	r.await("limits enough to prove something", patience, func() bool { return barred() >= 5 })
	r.alive(daemons...)
	for _, d := range daemons {
		if _, err := r.stop(d); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
	told := blocks()
	if kept := told.count(); 2*kept < barred() { // a process may die while it is told, not each time
		t.Errorf("%d of %d limits stood in the store", kept, barred())
	}
	strays, unheard := 0, 0
	for _, v := range r.sim.Violations() {
		switch {
		case v.Kind == simulate.Early && told.nobody(v, deaths):
			unheard++
			t.Logf("told to a process that died: %v", v)
		case v.Kind == simulate.Parallel: // the call of a dead process is still at the service
			strays++
		default:
			t.Errorf("violation: %v", v)
		}
	}
	if strays > len(deaths) {
		t.Errorf("%d calls beside another on one credential, more than one a death (%d)", strays, len(deaths))
	}
	windows, refused := 0, 0
	for _, w := range r.sim.Windows("") {
		windows, refused = windows+1, refused+w.Refused
		if w.Refused > 1 {
			t.Errorf("%s: %d refused calls in one window", w.Key, w.Refused)
		}
	}
	t.Logf("seed %d: %d restarts in %v; %d requests, %d limits named, of which %d stood in the store, %d of %d windows with a call too much; %d requests early because a limit had been told to a process as it died, %d beside the call of one",
		*seed, len(deaths), time.Since(begun).Round(time.Second), r.sim.Total(), barred(), told.count(), refused, windows, unheard, strays)
}

// alive waits until daemons have begun: a stop belongs to one that has.
func (r *rig) alive(daemons ...*exec.Cmd) {
	r.t.Helper()
	for _, d := range daemons {
		r.await(fmt.Sprintf("process %d", d.Process.Pid), patience, func() bool {
			var n int
			r.query(&n, "SELECT count(*) FROM instances WHERE pid = ?", d.Process.Pid)
			return n > 0
		})
	}
}
