//go:build mongo

package torture

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"collector/internal/failover"
	"collector/simulate"
	"collector/store"
	"collector/store/mongo"
	"collector/store/mongo/mongotest"
	"collector/store/storetest"
)

var failovers = flag.Int("torture.failovers", 3, "times that the primary of the store's servers is killed, resigns or is cut off, in turn")

// stallPromised is how long nothing may be stored while another primary is elected.
const stallPromised = 15 * time.Second

// survivors are daemons over three servers; it is noticed where one of them ends.
type survivors struct {
	*rig
	set     *failover.Set
	rnd     *rand.Rand
	daemons []*exec.Cmd
	ended   []chan error
	log     storetest.LogReader // as somebody reads the change log beside them
}

// Promise R15: two daemons collect while the primary of their three servers is killed,
// resigns or is cut off, again and again, each time while a long history is read: none
// of them ends, everything goes on, nothing is lost or doubled, no page is stored but by
// the present owner of its network, and what was told of the change log is never taken
// back.
func TestFailovers(t *testing.T) {
	const lease = 5 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+time.Duration(*failovers)*2*time.Minute)
	defer cancel()
	f := newSurvivors(ctx, t, fmt.Sprint("COLLECTOR_LEASE=", lease))
	f.add(
		simulate.Spec{Service: simulate.GitHub, Likes: 2000}, simulate.Spec{Service: simulate.GitHub, Likes: 300},
		simulate.Spec{Service: simulate.Bluesky, Likes: 1000}, simulate.Spec{Service: simulate.Mastodon, Likes: 200},
	)
	h := (&crew{rig: f.rig}).follow(lease)
	stop := make(chan struct{})
	followed := f.read(ctx, stop)
	for range 2 {
		f.begin()
	}
	ways := f.set.Ways()
	ways = []failover.Way{ways[failover.Killed], ways[failover.Resigned], ways[failover.Isolated], ways[failover.Severed]}
	begun, late := time.Now(), 0
	var stalls []time.Duration
	for round := range *failovers {
		way := ways[round%len(ways)]
		stall, all := f.lose(ctx, way)
		if stalls = append(stalls, stall); stall > stallPromised {
			late++
		}
		t.Logf("round %d: the primary %s; nothing was stored for %v, something of every account after %v", round, way.Says, stall.Round(time.Millisecond), all.Round(time.Millisecond))
	}
	t.Logf("seed %d: %d failovers in %v; nothing was stored for: %s; promised are %v, %d took longer", *seed, *failovers, time.Since(begun).Round(time.Second), spread(stalls), stallPromised, late)
	f.end()
	h.end()
	h.commits()
	f.env = append(f.env, "COLLECTOR_LEASE=30s") // nothing fails any more, and a slow machine loses none
	f.finish()
	close(stop)
	<-followed
	f.judge(ctx)
}

// newSurvivors starts three servers, and makes the world; env are settings of the daemons.
func newSurvivors(ctx context.Context, t *testing.T, env ...string) *survivors {
	t.Helper()
	program, err := mongotest.Program("..")
	if err != nil {
		t.Fatal(err)
	}
	f := &survivors{rnd: rand.New(rand.NewPCG(*seed, 15))}
	f.set, err = failover.Start(ctx, program, t.TempDir(), 3)
	t.Cleanup(func() { f.set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	o := unlimited()
	// What was asked for under a lease that ended in an outage may still be at the service.
	o.Parallel = map[string]int{simulate.GitHub: 4, simulate.Mastodon: 4, simulate.Bluesky: 8}
	f.rig = newRigOver(t, o, func(r *rig) []string {
		at := f.set.URI("collector")
		return r.keepAt(at, at+"&readConcernLevel=majority&heartbeatFrequencyMS=500&connectTimeoutMS=3000")
	})
	f.env = append(f.env, env...)
	return f
}

// read reads the change log until it is told to stop. What it returns is closed then.
func (f *survivors) read(ctx context.Context, stop <-chan struct{}) <-chan struct{} {
	f.t.Helper()
	s, err := mongo.Open(ctx, strings.TrimPrefix(f.set.URI("collector"), "mongodb:"), store.Options{Reading: true})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { s.Close() })
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.log.Follow(ctx, s, stop)
	}()
	return done
}

// begin starts a daemon.
func (f *survivors) begin() {
	f.t.Helper()
	d := f.command()
	if err := d.Start(); err != nil {
		f.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Wait() }()
	f.t.Cleanup(func() { d.Process.Kill() })
	f.daemons, f.ended = append(f.daemons, d), append(f.ended, ended)
}

// alive fails where a daemon has ended.
func (f *survivors) alive() {
	f.t.Helper()
	for i, ended := range f.ended {
		select {
		case err := <-ended:
			f.t.Fatalf("daemon %d ended: %v\n%s", i, err, f.tail())
		default:
		}
	}
}

// end has the daemons end in order, which they have not done by themselves.
func (f *survivors) end() {
	f.t.Helper()
	f.alive()
	for i, d := range f.daemons {
		if _, err := f.stopped(d, f.ended[i]); err != nil {
			f.t.Errorf("stopping daemon %d: %v\n%s", i, err, f.tail())
		}
	}
}

// lose has the primary be lost while a new account's history is read. It returns for how
// long nothing was stored at most, and how long it took until something of every account
// was that had been asked for since.
func (f *survivors) lose(ctx context.Context, way failover.Way) (stall, all time.Duration) {
	t := f.t
	t.Helper()
	if err := f.set.Whole(ctx); err != nil {
		t.Fatal(err)
	}
	f.add(simulate.Spec{Service: simulate.GitHub, Likes: 3000})
	before := f.log.Last()
	f.await("something new in the change log", patience, func() bool { return f.log.Last() > before })
	primary, err := f.set.Primary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	after, err := way.Lose(ctx, primary)
	if err != nil {
		t.Fatalf("the primary %s: %v", way.Says, err)
	}
	f.news(f.rnd, 10) // so that there is something to store of each
	newest, moved := f.log.Last(), begun
	f.await("going on, after the primary "+way.Says, patience, func() bool {
		f.alive()
		stall = max(stall, time.Since(moved))
		if last := f.log.Last(); last > newest {
			newest, moved = last, time.Now()
		}
		stored := map[string]bool{}
		for _, c := range f.log.Told() {
			if c.At.After(begun) {
				stored[c.NetworkID] = true
			}
		}
		return len(stored) == len(f.sim.Accounts())
	})
	all = time.Since(begun)
	if err := after(ctx); err != nil {
		t.Fatal(err)
	}
	return stall, all
}

// judge holds what is stored to the truth, and what was read of the change log to what
// stands in it.
func (f *survivors) judge(ctx context.Context) {
	t := f.t
	t.Helper()
	s, err := mongo.Open(ctx, strings.TrimPrefix(f.set.URI("collector"), "mongodb:"), store.Options{Reading: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	told, err := f.log.Whole(ctx, s)
	if err != nil {
		t.Error(err)
	}
	if err := f.log.Err(); err != nil {
		t.Error(err)
	}
	f.compareItems()
	strays := 0
	for _, v := range f.sim.Violations() {
		if v.Kind != simulate.Parallel {
			t.Errorf("violation: %v", v)
		}
		strays++
	}
	if strays > *failovers {
		t.Errorf("%d calls beside another on one credential, more than one a failover", strays)
	}
	t.Logf("%d accounts, %d requests, %d of them beside another on one credential; %d changes", len(f.sim.Accounts()), f.sim.Total(), strays, len(told))
}
