package torture

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/simulate"
	"collector/simulate/faultproxy"
)

var (
	toxicRounds = flag.Int("torture.toxics", 0, "rounds of every toxic of the network with every fault point; 0: each point once")
	toxicStep   = flag.Int("torture.toxicstep", 1, "where each fault point comes once, each n-th of them alone")
	wireFaults  = flag.Int("torture.wirefaults", 150, "broken connections in one process, after which it must be as small as before")
)

// unreached is the exit code of a daemon whose store does not answer at its start.
const unreached = 10

// toxic is something that the network does.
type toxic struct {
	name   string
	breaks bool // it ends or swallows connections
	faultproxy.Toxic
}

func toxics() []toxic {
	return []toxic{
		{"latency", false, faultproxy.Toxic{Latency: 30 * time.Millisecond}},
		{"timeout", true, faultproxy.Toxic{Blackhole: true, Every: 2}},
		{"refused", true, faultproxy.Toxic{CutAfter: -1, Reset: true, Every: 2}},
		{"reset_peer", true, faultproxy.Toxic{CutAfter: 900, Reset: true, Every: 2}},
		{"slicer", false, faultproxy.Toxic{Slice: 1400, Latency: time.Millisecond}},
		{"limit_data", true, faultproxy.Toxic{CutAfter: 5000, Every: 2}},
		{"bandwidth", false, faultproxy.Toxic{Rate: 400_000}},
	}
}

// proxied puts a fault proxy before each service.
func (r *rig) proxied() {
	r.t.Helper()
	var services []*faultproxy.Proxy
	for _, service := range []string{simulate.GitHub, simulate.Mastodon, simulate.Bluesky} {
		u, err := url.Parse(r.sim.URLs[service])
		if err != nil {
			r.t.Fatal(err)
		}
		p, err := faultproxy.New(u.Host)
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(p.Close)
		r.sim.AddHost(p.Addr(), service)
		r.sim.URLs[service] = "http://" + p.Addr()
		r.env = append(r.env, "COLLECTOR_"+strings.ToUpper(service)+"_URL="+r.sim.URLs[service])
		services = append(services, p)
	}
	r.wires = append(r.wires, services)
}

// strike does something to the connections on one side, to those of all from -1 on.
func (r *rig) strike(side int, x faultproxy.Toxic) {
	for i, wires := range r.wires {
		for _, p := range wires {
			if side < 0 || i == side {
				p.Set(x)
			} else {
				p.Set(faultproxy.Toxic{})
			}
		}
	}
}

// struck is how many connections were broken on each side.
func (r *rig) struck() (sides []int, all int) {
	for _, wires := range r.wires {
		n := 0
		for _, p := range wires {
			n += p.Struck()
		}
		sides, all = append(sides, n), all+n
	}
	return sides, all
}

// dieAt has the program run until it dies at the nth pass of a fault point, and returns
// how it ended and whether it did so in time. Where it cannot even open its store it is
// started again, as whoever watches it would.
func (r *rig) dieAt(point string, nth int, log string) (ended *os.ProcessState, inTime bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); ; {
		d := r.command()
		d.Env = append(slices.Clone(r.env), fmt.Sprintf("COLLECTOR_FAILPOINT=%s=kill@%d", point, nth), "COLLECTOR_FAILPOINT_LOG="+log)
		if err := d.Start(); err != nil {
			r.t.Fatal(err)
		}
		timer := time.AfterFunc(time.Until(end), func() { d.Process.Kill() })
		d.Wait()
		if inTime = timer.Stop(); !inTime || d.ProcessState.ExitCode() != unreached {
			return d.ProcessState, inTime
		}
	}
}

// Promise R16: the process dies at every named point while the network does
// everything that it does: nothing is lost.
func TestNetworkFaultsAtEachPoint(t *testing.T) {
	o := unlimited()
	o.Brief = true
	// What is lost on its way back is still at the service when it is asked for again.
	o.Parallel = map[string]int{simulate.GitHub: 4, simulate.Mastodon: 4, simulate.Bluesky: 8}
	r := newRig(t, o)
	r.proxied()
	r.add(
		simulate.Spec{Service: simulate.GitHub, Likes: 4000}, simulate.Spec{Service: simulate.GitHub, Likes: 300},
		simulate.Spec{Service: simulate.Mastodon, Likes: 1500}, simulate.Spec{Service: simulate.Bluesky, Likes: 2000},
	)
	rnd := rand.New(rand.NewPCG(*seed, 16))
	log := filepath.Join(r.dir, "points")
	struck, all := map[string]int{}, toxics()
	deaths := 0
	round := func(tx toxic, point string) {
		r.news(rnd, 40)
		if slices.Contains(ofTokens, point) {
			r.expire()
		}
		_, before := r.struck()
		r.strike(-1, tx.Toxic)
		nth := 1
		if slices.Contains(onTheWay[3:], point) {
			nth = 2 + rnd.IntN(3)
		}
		ended, reached := r.dieAt(point, nth, log)
		r.strike(-1, faultproxy.Toxic{})
		_, after := r.struck()
		struck[tx.name] += after - before
		if s, ok := ended.Sys().(syscall.WaitStatus); !reached || !ok || s.Signal() != syscall.SIGKILL {
			t.Errorf("%s at %s: the daemon ended with %v\n%s", tx.name, point, ended, r.tail())
			return
		}
		deaths++
		if *toxicRounds > 0 && slices.Contains(ofTokens, point) {
			r.calm()
		}
	}
	begun := time.Now()
	points := slices.Concat(onTheWay, ofTokens)
	for at, point := range points {
		if *toxicRounds == 0 && at%*toxicStep == 0 {
			round(all[at%len(all)], point)
		}
	}
	for range *toxicRounds {
		for _, tx := range all {
			for _, point := range points {
				round(tx, point)
			}
		}
	}
	os.Remove(log)
	broken := 0
	for _, tx := range all {
		t.Logf("%-10s broke %4d connections", tx.name, struck[tx.name])
		broken += struck[tx.name]
		if tx.breaks && *toxicRounds > 0 && struck[tx.name] == 0 {
			t.Errorf("%s broke no connection: it proves nothing", tx.name)
		}
	}
	t.Logf("seed %d: %d deaths while %d connections broke, in %v", *seed, deaths, broken, time.Since(begun).Round(time.Second))
	if broken < 4 {
		t.Errorf("%d connections broke: they prove nothing", broken)
	}
	r.finish()
	r.compare()
}

// calm lets each network have a run that ends well: one that the process died with six
// times in a row is left alone for a day.
func (r *rig) calm() {
	r.t.Helper()
	since := time.Now().UTC().Format(time.RFC3339Nano)
	d := r.start()
	r.await("every network is read well", 3*patience, func() bool {
		var late int
		r.query(&late, "SELECT count(*) FROM networks WHERE coalesce(json_extract(progress, '$.lastOkAt'), '') < ?", since)
		return late == 0
	})
	if _, err := r.stop(d); err != nil {
		r.t.Errorf("stopping a daemon: %v", err)
	}
}

// Promise R16: one process that lives through very many broken connections has
// as many goroutines and descriptors afterwards as before.
func TestNetworkFaultsLeakNothing(t *testing.T) {
	o := unlimited()
	o.Parallel = map[string]int{simulate.GitHub: 4, simulate.Mastodon: 4, simulate.Bluesky: 8}
	r := newRig(t, o)
	r.vitals = filepath.Join(r.dir, "vitals")
	r.env = append(r.env, "COLLECTOR_FAILPOINT_VITALS="+r.vitals)
	r.proxied()
	for range 12 {
		r.add(simulate.Spec{Service: simulate.GitHub, Likes: 30}, simulate.Spec{Service: simulate.Mastodon, Likes: 30}, simulate.Spec{Service: simulate.Bluesky, Likes: 30})
	}
	broken := func() int {
		_, n := r.struck()
		return n
	}
	daemon := r.start()
	collected := func() bool {
		var open int
		r.query(&open, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.mode') = 'initial' OR json_extract(progress, '$.condition') <> 'ok'")
		return open == 0
	}
	r.await("everything collected", patience, collected)
	// What a process that works uses goes up and down: the most of some seconds.
	var before usage
	for range 5 {
		time.Sleep(time.Second)
		u := r.usageOf(daemon.Process.Pid)
		before.goroutines, before.open = max(before.goroutines, u.goroutines), max(before.open, u.open)
	}
	var breaking []faultproxy.Toxic
	for _, tx := range toxics() {
		if tx.breaks && !tx.Blackhole {
			tx.Every, tx.CutAfter = 0, min(tx.CutAfter, 900) // all connections, also those that carry little
			breaking = append(breaking, tx.Toxic)
		}
	}
	begun := time.Now()
	for side := range r.wires {
		r.strike(side, faultproxy.Toxic{Blackhole: true}) // swallows what is under way: each costs 15 s
		want := broken() + 3
		r.await("swallowed connections", patience, func() bool { return broken() >= want })
	}
	for at := 0; broken() < *wireFaults; at++ {
		r.strike(at%len(r.wires), breaking[at/len(r.wires)%len(breaking)])
		want := broken() + max(10, *wireFaults/20)
		r.await("broken connections", patience, func() bool { return broken() >= want })
	}
	r.strike(-1, faultproxy.Toxic{})
	var now usage
	// As long as the networks are polled at the same moments, which they are after a fault, as
	// many connections stay in use as may be open at once: a descriptor and two goroutines each.
	conns := 0
	for _, n := range o.Parallel {
		conns += n
	}
	r.await(fmt.Sprintf("goroutines and descriptors as before the faults (%d, %d), with %d connections", before.goroutines, before.open, conns), patience, func() bool {
		now = r.usageOf(daemon.Process.Pid)
		return now.goroutines <= before.goroutines+5+2*conns && now.open <= before.open+5+conns && collected()
	})
	sides, _ := r.struck()
	t.Logf("%d broken connections, by side %v, in %v: goroutines %d before, %d after; descriptors %d before, %d after", broken(), sides, time.Since(begun).Round(time.Second), before.goroutines, now.goroutines, before.open, now.open)
	if _, err := r.stop(daemon); err != nil {
		t.Error(err)
	}
}
