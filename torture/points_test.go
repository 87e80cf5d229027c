package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/simulate"
)

// Promises R1 and R10: death at every named point, one after another. The
// histogram shows that each was reached.
func TestKillAtEachPoint(t *testing.T) {
	o := unlimited()
	// Sessions end all the time: when the point is one of tokens, and by themselves.
	// (Of 2 s, a slow machine finds a new token run out before it could use it.)
	o.SessionLife = time.Minute
	r := newRig(t, o)
	r.env = append(r.env, "COLLECTOR_MASTODON_POLL_MIN=6s", "COLLECTOR_MASTODON_POLL_MAX=9s") // two accounts share 300 calls in five minutes
	r.crowd()
	rnd := rand.New(rand.NewPCG(*seed, 2))
	log := filepath.Join(r.dir, "points")
	died := map[string]int{}
	reached := map[string]int{}
	var bounds []int
	begun := time.Now()
	faults := slices.Concat(onTheWay, ofTokens)
	for round := range *points {
		for at, point := range faults {
			if round > 0 && (round*len(faults)+at)%12 == 0 { // backfills go on being struck
				r.add(simulate.Spec{Service: simulate.GitHub, Likes: 1500})
			}
			r.news(rnd, 40)
			nth := 1 + rnd.IntN(3)
			if slices.Contains(ofTokens, point) {
				r.expire()
				nth = 1
			}
			d := r.command()
			d.Env = append(slices.Clone(r.env), fmt.Sprintf("COLLECTOR_FAILPOINT=%s=kill@%d", point, nth), "COLLECTOR_FAILPOINT_LOG="+log)
			if err := d.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(patience, func() { d.Process.Kill() })
			d.Wait()
			bounds = append(bounds, r.total())
			passed, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			os.Remove(log)
			for _, name := range strings.Fields(string(passed)) {
				reached[name]++
			}
			if !timer.Stop() {
				t.Errorf("%s was not reached for the %dth time within %v\n%s", point, nth, patience, r.tail())
				continue
			}
			if s, ok := d.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
				t.Errorf("%s: the daemon ended with %v\n%s", point, d.ProcessState, r.tail())
				continue
			}
			died[point]++
		}
	}
	t.Logf("seed %d: %d deaths in %v", *seed, len(bounds), time.Since(begun).Round(time.Second))
	for _, point := range faults {
		t.Logf("%-20s reached %5d times, died %d times", point, reached[point], died[point])
		if died[point] != *points {
			t.Errorf("%s: %d deaths, want %d", point, died[point], *points)
		}
	}
	r.signIn()
	r.env = append(r.env, "COLLECTOR_LEASE=30s") // nobody dies any more, and a slow machine loses none
	r.finish()
	r.compare()
	again, most := r.repeated(bounds)
	t.Logf("%d pages of histories asked for again, at most %d a kill and network", again, most)
}

// signIn does what a person has to do where a token pair was lost between its
// coming and its being stored, and is told: it connects such accounts again.
func (r *rig) signIn() {
	r.t.Helper()
	for _, a := range r.sim.Accounts() {
		var why string
		r.query(&why, "SELECT coalesce(max(json_extract(progress, '$.lastError')), '') FROM networks WHERE remote_id = ? AND json_extract(progress, '$.condition') = 'needs sign-in'", a.ID)
		if why != "" {
			r.t.Logf("%s asks for a new sign-in: %s", a.Key, why)
			r.do("connecting", r.again(a))
		}
	}
}

// expire ends all Bluesky sessions.
func (r *rig) expire() {
	for _, a := range r.sim.Accounts() {
		if a.Service == simulate.Bluesky {
			if err := r.sim.Expire(a.Key); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}
