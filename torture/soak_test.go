package torture

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"collector/simulate"
)

var (
	soak     = flag.Duration("torture.soak", 12*time.Second, "how long the soak lasts; from 10 minutes on 3,000 accounts and the bounds of R19")
	soakFile = flag.String("torture.soak.csv", filepath.Join("..", "dist", "torture", "soak.csv"), "where a long soak writes its samples")
)

// soakPlan is the size of a soak.
type soakPlan struct {
	accounts         int
	poll             time.Duration // ceiling of polls; the floor is a third
	sample           time.Duration
	kill, touch      time.Duration // between two kills; between two commands of a person
	churn            time.Duration // between two changed likes
	overdue          time.Duration // how late a network may be at most
	latency, backoff time.Duration
	finish           time.Duration // how long the last reading may take
	long             bool
}

func plan() soakPlan {
	if *soak < 10*time.Minute {
		return soakPlan{
			accounts: 60, poll: 3 * time.Second, sample: time.Second, kill: 3 * time.Second, touch: 2 * time.Second, churn: 100 * time.Millisecond,
			overdue: time.Minute, latency: 5 * time.Millisecond, backoff: 2 * time.Second, finish: patience,
		}
	}
	return soakPlan{
		accounts: 3000, poll: 6 * time.Minute, sample: 10 * time.Second, kill: 4 * time.Minute, touch: 20 * time.Second, churn: 400 * time.Millisecond,
		overdue: 5 * time.Minute, latency: 60 * time.Millisecond, backoff: time.Minute, finish: 15 * time.Minute, long: true,
	}
}

// Promise R19: two daemons, one a mode, live through hours of chaos while a
// third beside them is killed and started again: memory, descriptors and
// goroutines stay flat, nobody is overdue, and at the end nothing is missing.
func TestSoak(t *testing.T) {
	p := plan()
	r := newRig(t, simulate.Options{
		Latency: p.latency, Jitter: p.latency, SessionLife: max(*soak/8, 5*time.Second), KeepRequests: 20, Gzip: true,
		// A dead process's call may still be at the service when its successor asks.
		Parallel: map[string]int{simulate.GitHub: 2, simulate.Mastodon: 2, simulate.Bluesky: 5},
		Budgets:  map[string][]simulate.Budget{simulate.Mastodon: {{Name: "account", Limit: 300, Per: 5 * time.Minute, Aligned: true}}},
	})
	r.vitals = filepath.Join(r.dir, "vitals")
	r.env = append(r.env, "COLLECTOR_FAILPOINT_VITALS="+r.vitals, "COLLECTOR_LEASE=10s", "COLLECTOR_BACKOFF_MIN="+(p.backoff/4).String(), "COLLECTOR_BACKOFF_MAX="+p.backoff.String())
	for _, s := range []string{"GITHUB", "MASTODON", "BLUESKY"} {
		r.env = append(r.env, fmt.Sprintf("COLLECTOR_%s_POLL_MIN=%v", s, p.poll/3), fmt.Sprintf("COLLECTOR_%s_POLL_MAX=%v", s, p.poll))
	}
	c := &chaos{rig: r, plan: p, rnd: rand.New(rand.NewPCG(*seed, 19))}
	c.begin()
	lasting := map[string]*exec.Cmd{}
	for _, mode := range []string{"initial", "normal"} {
		lasting[mode] = r.start("--mode="+mode, "--workers=8")
	}
	victim := r.start("--workers=4")
	for _, d := range []*exec.Cmd{lasting["initial"], lasting["normal"]} {
		r.await("what the daemons use", time.Minute, func() bool {
			_, err := os.Stat(fmt.Sprintf("%s.%d", r.vitals, d.Process.Pid))
			return err == nil
		})
	}
	begun := time.Now()
	var samples []sample
	sampleAt, killAt, touchAt, churnAt := begun, begun.Add(p.kill), begun.Add(p.touch), begun
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for now := begun; now.Sub(begun) < *soak; now = <-tick.C {
		for now.After(churnAt) {
			churnAt = churnAt.Add(p.churn)
			c.like()
		}
		if now.After(touchAt) {
			touchAt = now.Add(p.touch)
			c.touch(now.Sub(begun))
		}
		if now.After(killAt) {
			killAt = now.Add(p.kill)
			victim.Process.Kill()
			victim.Wait()
			c.deaths = append(c.deaths, time.Now())
			victim = r.start("--workers=4")
		}
		if !now.Before(sampleAt) {
			sampleAt = now.Add(p.sample)
			samples = append(samples, r.sample(now.Sub(begun), c, lasting))
			if p.long {
				writeSamples(t, samples)
			}
		}
	}
	for _, d := range []*exec.Cmd{victim, lasting["initial"], lasting["normal"]} {
		if took, err := r.stop(d); err != nil || took > 12*time.Second {
			t.Errorf("stopping took %v: %v", took, err)
		}
	}
	c.end()
	judge(t, p, samples)
	r.finishWithin(p.finish)
	c.compare()
	t.Logf("soak of %v, %d accounts, %d items, %d requests, %d faults, %d kills -9: %v",
		*soak, len(r.sim.Accounts()), r.truth(), r.sim.Total(), c.struck, len(c.deaths), map[bool]string{true: "FAILED", false: "ok"}[t.Failed()])
}
