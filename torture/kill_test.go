package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// news makes up to most new likes for every account, so that every round has
// something to do.
func (r *rig) news(rnd *rand.Rand, most int) {
	for _, a := range r.sim.Accounts() {
		if _, err := r.sim.Like(a.Key, 1+rnd.IntN(most)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// killing is a series of rounds over one store that grows.
type killing struct {
	*rig
	rnd       *rand.Rand
	phases    map[string]int
	bounds    []int // how many requests had come when each round ended
	exits     []time.Duration
	starts    []time.Duration // from a start to the first request
	backfills int             // rounds that ended while a history was being read
	pairs     int             // rounds with two daemons
}

// Promise R1: kill -9 at random moments, SIGTERM mixed in (R2), one daemon or
// two of different modes: nothing is lost, skipped or stored twice, and at most
// two pages of a network are asked for again.
func TestKillAtRandom(t *testing.T) {
	k := &killing{rig: newRig(t, unlimited()), rnd: rand.New(rand.NewPCG(*seed, 1)), phases: map[string]int{}}
	k.env = append(k.env, "COLLECTOR_MASTODON_POLL_MIN=6s", "COLLECTOR_MASTODON_POLL_MAX=9s")
	k.crowd()
	begun := time.Now()
	for round := range *kills {
		if round%12 == 11 {
			k.newcomer()
		}
		k.news(k.rnd, max(2, 120/len(k.sim.Accounts())))
		k.round(round)
	}
	t.Logf("seed %d: %d rounds in %v: %d SIGTERM, %d with two daemons, %d while a history was read", *seed, *kills, time.Since(begun).Round(time.Second), len(k.exits), k.pairs, k.backfills)
	k.histogram()
	if k.backfills == 0 || k.pairs == 0 {
		t.Error("no round struck a backfill, or two daemons: they prove little")
	}
	if len(k.exits) > 0 {
		t.Logf("SIGTERM: %s until the end", spread(k.exits))
	}
	// The grace period is a promise for 99 of 100; a machine may stand still.
	if most := share(k.exits, 0.99, func(a, b time.Duration) int { return int(a - b) }); *long && most > 10*time.Second {
		t.Errorf("99 %% of the stops within %v, promised are 10 s", most)
	}
	t.Logf("from a start to the first request: %s", spread(k.starts))
	k.env = append(k.env, "COLLECTOR_LEASE=30s") // nobody dies any more, and a slow machine loses none
	k.finish()
	k.compare()
	again, most := k.repeated(k.bounds)
	items := 0
	k.query(&items, "SELECT count(*) FROM items")
	t.Logf("%d pages with %d items from %d accounts, %d requests; %d pages of histories asked for again, at most %d a kill and network", k.pages(), items, len(k.sim.Accounts()), k.sim.Total(), again, most)
}

// newcomer adds an account with a history, so that kills go on striking
// backfills, and slows the polls of the others down so far that a round costs
// the same with a hundred accounts. (It is one of GitHub, which counts calls by
// account: those of one Mastodon or Bluesky server share what an address may do.)
func (k *killing) newcomer() {
	k.add(simulate.Spec{Service: simulate.GitHub, Likes: 2000})
	k.env = append(k.env, fmt.Sprintf("COLLECTOR_GITHUB_POLL_MAX=%v", max(3*time.Second, time.Duration(len(k.sim.Accounts()))*120*time.Millisecond)))
}

// round starts what it kills, waits for a page, and ends at a random moment.
func (k *killing) round(round int) {
	t := k.t
	t.Helper()
	modes := []string{"both"}
	if k.rnd.IntN(3) == 0 {
		modes = []string{"initial", "normal"}
		k.pairs++
	}
	gentle := k.rnd.IntN(6) == 0
	stretched := "" // a point at which every pass takes long, so that a kill strikes the narrow steps too
	if k.rnd.IntN(2) == 0 {
		stretched = onTheWay[k.rnd.IntN(len(onTheWay))]
	}
	before, asked := k.pages(), k.sim.Total()
	var dead string // owners that were killed, whose leases may not have ended yet
	k.query(&dead, "SELECT coalesce(group_concat(DISTINCT owner), '') FROM leases WHERE owner IS NOT NULL")
	var daemons []*exec.Cmd
	var logs []string
	begun := time.Now()
	for _, mode := range modes {
		d := k.command("--mode=" + mode)
		log := filepath.Join(k.dir, fmt.Sprintf("passed-%d-%s", round, mode))
		d.Env = append(slices.Clone(k.env), "COLLECTOR_FAILPOINT_LOG="+log)
		if stretched != "" {
			d.Env = append(d.Env, "COLLECTOR_FAILPOINT="+stretched+"=sleep:60ms")
		}
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Process.Kill(); d.Wait() })
		daemons, logs = append(daemons, d), append(logs, log)
	}
	first := time.Duration(0)
	k.await("a page of this round", patience, func() bool {
		if first == 0 && k.sim.Total() > asked {
			first = time.Since(begun)
		}
		return k.pages() > before
	})
	k.starts = append(k.starts, first)
	time.Sleep(time.Duration(k.rnd.IntN(120)) * time.Millisecond)
	if gentle {
		k.alive(daemons...)
	} else if stretched != "" {
		catch(logs, stretched, 2*time.Second)
	}
	for _, d := range daemons {
		if !gentle {
			d.Process.Kill()
			d.Wait()
			continue
		}
		took, err := k.stop(d)
		if err != nil {
			t.Errorf("round %d: SIGTERM: %v", round, err)
		}
		k.exits = append(k.exits, took)
	}
	k.bounds = append(k.bounds, k.total())
	var held, left, reading int
	k.query(&held, "SELECT count(*) FROM leases WHERE owner IS NOT NULL")
	if k.query(&left, "SELECT count(*) FROM leases WHERE owner IS NOT NULL AND instr(?, owner) = 0", dead); gentle && left > 0 {
		t.Errorf("round %d: %d leases are left after SIGTERM", round, left)
	}
	if k.query(&reading, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.mode') = 'initial'"); reading > 0 {
		k.backfills++
	}
	pages := k.pages() - before
	if pages == 0 {
		t.Errorf("round %d committed no page: it proves nothing", round)
	}
	var at []string
	for i, log := range logs {
		phase := lastPassed(log)
		os.Remove(log)
		at = append(at, modes[i]+" after "+phase)
		if !gentle {
			k.phases[phase]++
		}
	}
	how := "kill"
	if gentle {
		how = "SIGTERM"
	}
	t.Logf("round %d: %s, %s; pages committed %d, held %d, histories open %d", round, how, strings.Join(at, " and "), pages, held, reading)
}
