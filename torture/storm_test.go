package torture

import (
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	"collector/simulate"
)

// Promise R5: services that bar their callers in every form, three processes
// with a hundred workers, restarted all the time: no request before the
// announced time, and at most one refused call a window and credential.
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
	for range 4 {
		r.add(simulate.Spec{Service: simulate.GitHub, Likes: 4000}, simulate.Spec{Service: simulate.Mastodon, Likes: 900})
	}
	for i, form := range simulate.RetryForms() {
		if i > 2 {
			break // the others name no usable time: minutes and more, tested in virtual time
		}
		r.sim.AddFault(simulate.Fault{Kind: simulate.Limit, Every: 37, From: 11 * (i + 1), Wait: 3 * time.Second, Retry: form})
	}
	rnd := rand.New(rand.NewPCG(*seed, 4))
	var daemons []*exec.Cmd
	var deaths []time.Time
	for range 3 {
		daemons = append(daemons, r.start("--workers=100"))
	}
	for i := range *restarts {
		time.Sleep(time.Duration(300+rnd.IntN(500)) * time.Millisecond)
		at := i % len(daemons)
		daemons[at].Process.Kill()
		daemons[at].Wait()
		deaths = append(deaths, time.Now())
		daemons[at] = r.start("--workers=100")
	}
	time.Sleep(2 * time.Second) // a stop belongs to a daemon that has begun
	for _, d := range daemons {
		if _, err := r.stop(d); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
	barred := r.sim.Struck(simulate.Limit)
	t.Logf("%d requests, %d refused by faults, %d over a quota", r.sim.Total(), barred, r.sim.Refused())
	if barred < 5 {
		t.Errorf("only %d limits struck: the storm proves nothing", barred)
	}
	strays := 0
	for _, v := range r.sim.Violations() {
		// A refusal that was on its way to a process when it died was told to
		// nobody. Everything that was answered 50 ms before is known to all.
		told := v.At.Add(-v.Since)
		unheard := slices.ContainsFunc(deaths, func(d time.Time) bool { return told.Before(d) && d.Sub(told) < 50*time.Millisecond })
		if v.Kind == simulate.Early && unheard {
			t.Logf("told to a process that died %v", v)
			continue
		}
		if v.Kind == simulate.Parallel { // the call of a dead process is still at the service
			strays++
			continue
		}
		t.Errorf("violation: %v", v)
	}
	if strays > len(deaths) {
		t.Errorf("%d calls beside another on one credential, more than one a death (%d)", strays, len(deaths))
	}
	for _, w := range r.sim.Windows("") {
		if w.Refused > 1 {
			t.Errorf("%s: %d refused calls in one window", w.Key, w.Refused)
		}
	}
}
