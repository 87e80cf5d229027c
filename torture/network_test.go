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
	wireFaults  = flag.Int("torture.wirefaults", 150, "broken connections in one process, after which it must be as small as before")
)

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
func (r *rig) proxied() (proxies []*faultproxy.Proxy) {
	r.t.Helper()
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
		proxies = append(proxies, p)
	}
	return proxies
}

// Promise R16: the process dies at every named point while the network does
// everything that it does: nothing is lost.
func TestNetworkFaultsAtEachPoint(t *testing.T) {
	o := unlimited()
	o.Brief = true
	// What is lost on its way back is still at the service when it is asked for again.
	o.Parallel = map[string]int{simulate.GitHub: 4, simulate.Mastodon: 4, simulate.Bluesky: 8}
	r := newRig(t, o)
	proxies := r.proxied()
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
		before := 0
		for _, p := range proxies {
			before += p.Struck()
			p.Set(tx.Toxic)
		}
		d := r.command()
		d.Env = append(slices.Clone(r.env), "COLLECTOR_FAILPOINT="+point+"=kill@1", "COLLECTOR_FAILPOINT_LOG="+log)
		if slices.Contains(onTheWay[3:], point) {
			d.Env = append(d.Env, fmt.Sprintf("COLLECTOR_FAILPOINT=%s=kill@%d", point, 2+rnd.IntN(3)))
		}
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(patience, func() { d.Process.Kill() })
		d.Wait()
		for _, p := range proxies {
			struck[tx.name] += p.Struck()
			p.Set(faultproxy.Toxic{})
		}
		struck[tx.name] -= before
		if s, ok := d.ProcessState.Sys().(syscall.WaitStatus); !timer.Stop() || !ok || s.Signal() != syscall.SIGKILL {
			t.Errorf("%s at %s: the daemon ended with %v\n%s", tx.name, point, d.ProcessState, r.tail())
			return
		}
		deaths++
	}
	begun := time.Now()
	points := slices.Concat(onTheWay, ofTokens)
	for at, point := range points {
		if *toxicRounds == 0 {
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

// Promise R16: one process that lives through very many broken connections has
// as many goroutines and descriptors afterwards as before.
func TestNetworkFaultsLeakNothing(t *testing.T) {
	o := unlimited()
	o.Parallel = map[string]int{simulate.GitHub: 4, simulate.Mastodon: 4, simulate.Bluesky: 8}
	r := newRig(t, o)
	r.vitals = filepath.Join(r.dir, "vitals")
	r.env = append(r.env, "COLLECTOR_FAILPOINT_VITALS="+r.vitals)
	proxies := r.proxied()
	for range 12 {
		r.add(simulate.Spec{Service: simulate.GitHub, Likes: 30}, simulate.Spec{Service: simulate.Mastodon, Likes: 30}, simulate.Spec{Service: simulate.Bluesky, Likes: 30})
	}
	set := func(x faultproxy.Toxic) {
		for _, p := range proxies {
			p.Set(x)
		}
	}
	broken := func() (n int) {
		for _, p := range proxies {
			n += p.Struck()
		}
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
	set(faultproxy.Toxic{Blackhole: true}) // swallows what is under way: each costs 15 s
	r.await("swallowed connections", patience, func() bool { return broken() >= 3 })
	for at := 0; broken() < *wireFaults; at++ {
		set(breaking[at%len(breaking)])
		want := broken() + max(10, *wireFaults/20)
		r.await("broken connections", patience, func() bool { return broken() >= want })
	}
	set(faultproxy.Toxic{})
	var now usage
	r.await(fmt.Sprintf("goroutines and descriptors as before the faults (%d, %d)", before.goroutines, before.open), patience, func() bool {
		now = r.usageOf(daemon.Process.Pid)
		return now.goroutines <= before.goroutines+5 && now.open <= before.open+5 && collected()
	})
	t.Logf("%d broken connections in %v: goroutines %d before, %d after; descriptors %d before, %d after", broken(), time.Since(begun).Round(time.Second), before.goroutines, now.goroutines, before.open, now.open)
	if _, err := r.stop(daemon); err != nil {
		t.Error(err)
	}
}
