package torture

import (
	"fmt"
	"maps"
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

// unlimited worlds have no quota in the way of a kill.
func unlimited() simulate.Options {
	free := []simulate.Budget{}
	return simulate.Options{
		Latency: 5 * time.Millisecond, Parallel: map[string]int{simulate.Bluesky: 4, simulate.GitHub: 2, simulate.Mastodon: 2},
		Budgets: map[string][]simulate.Budget{simulate.GitHub: free, simulate.Mastodon: free, simulate.Bluesky: free},
	}
}

func (r *rig) crowd() {
	r.add(
		simulate.Spec{Service: simulate.GitHub, Likes: 9000}, simulate.Spec{Service: simulate.GitHub, Likes: 4000},
		simulate.Spec{Service: simulate.GitHub, Likes: 300}, simulate.Spec{Service: simulate.Mastodon, Likes: 2500},
		simulate.Spec{Service: simulate.Mastodon, Likes: 200}, simulate.Spec{Service: simulate.Bluesky, Likes: 4000},
		simulate.Spec{Service: simulate.Bluesky, Likes: 150},
	)
}

// pages counts the pages that are stored.
func (r *rig) pages() (n int) {
	r.query(&n, "SELECT coalesce(max(seq), 0) FROM changes")
	return n
}

// news makes new likes, so that every round has something to do.
func (r *rig) news(rnd *rand.Rand) {
	for _, a := range r.sim.Accounts() {
		if _, err := r.sim.Like(a.Key, 1+rnd.IntN(40)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// Promise R1: kill -9 at random moments, SIGTERM mixed in (R2), one daemon or
// two of different modes: nothing is lost, skipped or stored twice.
func TestKillAtRandom(t *testing.T) {
	r := newRig(t, unlimited())
	r.crowd()
	rnd := rand.New(rand.NewPCG(*seed, 1))
	idle, stops := 0, 0
	for round := range *kills {
		r.news(rnd)
		before := r.pages()
		daemons := []string{"both"}
		if rnd.IntN(3) == 0 {
			daemons = []string{"initial", "normal"}
		}
		gentle := rnd.IntN(6) == 0
		var waits []func()
		for _, mode := range daemons {
			d := r.start("--mode=" + mode)
			waits = append(waits, func() {
				if !gentle {
					d.Process.Kill()
					d.Wait()
					return
				}
				stops++
				if took, err := r.stop(d); err != nil || took > 10*time.Second {
					t.Errorf("round %d: SIGTERM took %v: %v", round, took, err)
				}
			})
		}
		r.await("a page of this round", 20*time.Second, func() bool { return r.pages() > before })
		time.Sleep(time.Duration(rnd.IntN(120)) * time.Millisecond)
		for _, end := range waits {
			end()
		}
		if gentle && len(daemons) == 1 {
			var held int
			if r.query(&held, "SELECT count(*) FROM leases WHERE owner IS NOT NULL"); held > 0 {
				t.Errorf("round %d: %d leases are left after SIGTERM", round, held)
			}
		}
		pages := r.pages() - before
		if pages == 0 {
			idle++
		}
		t.Logf("round %d: %v gentle=%v pages committed %d", round, daemons, gentle, pages)
	}
	if idle > 0 {
		t.Errorf("%d rounds committed no page: they prove nothing", idle)
	}
	t.Logf("%d rounds, %d of them SIGTERM", *kills, stops)
	r.finish()
	r.compare()
	r.repeated(*kills * 2)
}

// repeated holds how often a page of a backfill was asked for again to two a
// kill and network: the page that was being stored and the one being fetched.
func (r *rig) repeated(deaths int) {
	for _, a := range r.sim.Accounts() {
		asked, again := map[string]int{}, 0
		for _, q := range r.sim.Requests(a.Key) {
			if q.Page == "" || q.Status != 200 || strings.Contains(q.Query, "direction=desc") || strings.Contains(q.Query, "reverse") || strings.Contains(q.Query, "min_id") {
				continue
			}
			if asked[q.Page]++; asked[q.Page] > 1 {
				again++
			}
		}
		if again > 2*deaths {
			r.t.Errorf("%s: %d pages were asked for again after %d deaths", a.Key, again, deaths)
		}
	}
}

// faults are the named points, in the order of a run.
var faults = []string{
	"lease.acquired", "req.before", "resp.header", "resp.half", "decode.done",
	"save.begin", "save.items.half", "save.items.done", "save.state.before", "save.commit.before", "save.commit.after",
	"schedule.before", "schedule.after",
	"token.received", "token.save.before", "token.save.after",
}

// Promises R1 and R10: death at every named point, one after another. The
// histogram shows that each was reached.
func TestKillAtEachPoint(t *testing.T) {
	o := unlimited()
	o.SessionLife = 2 * time.Second // sessions end all the time, so tokens are always being rotated
	r := newRig(t, o)
	r.crowd()
	rnd := rand.New(rand.NewPCG(*seed, 2))
	log := filepath.Join(r.dir, "points")
	died := map[string]int{}
	for range *points {
		for _, point := range faults {
			r.news(rnd)
			if strings.HasPrefix(point, "token.") {
				for _, a := range r.sim.Accounts() {
					if a.Service == simulate.Bluesky {
						if err := r.sim.Expire(a.Key); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			nth := 1 + rnd.IntN(3)
			if strings.HasPrefix(point, "token.") {
				nth = 1
			}
			d := r.command()
			d.Env = append(slices.Clone(r.env), fmt.Sprintf("COLLECTOR_FAILPOINT=%s=kill@%d", point, nth), "COLLECTOR_FAILPOINT_LOG="+log)
			if err := d.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(20*time.Second, func() { d.Process.Kill() })
			d.Wait()
			if !timer.Stop() {
				t.Errorf("%s was not reached for the %dth time within 20 s\n%s", point, nth, r.tail())
				continue
			}
			if s, ok := d.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
				t.Errorf("%s: the daemon ended with %v\n%s", point, d.ProcessState, r.tail())
				continue
			}
			died[point]++
		}
	}
	hits, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	reached := map[string]int{}
	for _, name := range strings.Fields(string(hits)) {
		reached[name]++
	}
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		t.Logf("%-20s reached %5d times, died %d times", name, reached[name], died[name])
	}
	for _, point := range faults {
		if died[point] != *points {
			t.Errorf("%s: %d deaths, want %d", point, died[point], *points)
		}
	}
	r.reconnect()
	r.finish()
	r.compare()
}

// reconnect signs accounts in again that lost a token pair between its coming
// and its being stored: the one case in which a person has to help, and is told.
func (r *rig) reconnect() {
	r.t.Helper()
	var asked int
	r.query(&asked, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.condition') = 'needs sign-in'")
	r.t.Logf("%d networks ask for a new sign-in", asked)
}
