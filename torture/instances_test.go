package torture

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/simulate"
)

var (
	networks = flag.Int("torture.networks", 60, "networks that five instances share")
	disorder = flag.Duration("torture.disorder", 20*time.Second, "how long the five are killed and paused at random")
)

// places are how many instances there are; fewest is how many of them are always
// there, so that what another one had in hand can be taken over.
const places, fewest = 5, 2

// place is where one instance after the other runs. Each has a door of its own to the
// simulated GitHub, so that the services know who asks.
type place struct {
	door  string // host:port
	cmd   *exec.Cmd
	lives []life
	back  time.Time // when who was killed is followed, and who was stopped goes on
	gone  bool
}

// life is one process at a place.
type life struct {
	pid        int
	begun, end time.Time // end: zero while it lives
}

// departure is a death or a stop.
type departure struct {
	pid  int
	at   time.Time
	kill bool
}

// crew are the five instances over one store.
type crew struct {
	*rig
	rnd    *rand.Rand
	absent time.Duration // how long one is stopped at least
	places []*place
	left   []departure
	alone  []string // the environment of who works by itself afterwards
}

// Promises R1, R3 and R4: five instances share a store, and are killed and paused at
// random. No two owners of a network commit in each other's time, what one had in
// hand is taken over within the lease and a second, one that was superseded sends at
// most one request more, and nothing is lost or doubled.
func TestInstances(t *testing.T) {
	const lease = 5 * time.Second
	c := newCrew(t, lease+2*time.Second, fmt.Sprint("COLLECTOR_LEASE=", lease))
	c.torment(lease, lease+time.Second)
}

// newCrew makes the world and the five places; env are settings of the instances.
func newCrew(t *testing.T, absent time.Duration, env ...string) *crew {
	c := &crew{rig: newRig(t, unlimited()), rnd: rand.New(rand.NewPCG(*seed, 5)), absent: absent}
	c.people = 10
	each := max(8*time.Second, time.Duration(*networks)*120*time.Millisecond) // so that nothing waits for a worker
	for _, service := range []string{"GITHUB", "BLUESKY"} {
		c.env = append(c.env, fmt.Sprintf("COLLECTOR_%s_POLL_MIN=%v", service, each), fmt.Sprintf("COLLECTOR_%s_POLL_MAX=%v", service, each*3/2))
	}
	c.alone = append(append([]string{}, c.env...), "COLLECTOR_LEASE=30s")
	workers := max(16, *networks/15) // also while only two instances are there
	c.env = append(append(c.env, fmt.Sprint("COLLECTOR_WORKERS=", workers)), env...)
	var specs []simulate.Spec
	for i := range *networks {
		sp := simulate.Spec{Service: simulate.GitHub, Name: fmt.Sprint("user", i), Likes: 20 + c.rnd.IntN(100)}
		switch {
		case i%10 == 9:
			sp.Service = simulate.Bluesky
		case i%20 == 3:
			sp.Likes = 3000 // in hand for long
		}
		specs = append(specs, sp)
	}
	c.add(specs...)
	for range places {
		c.places = append(c.places, &place{door: c.newDoor()})
	}
	return c
}

// newDoor is one more address of the simulated GitHub.
func (c *crew) newDoor() string {
	c.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.sim.AddHost(l.Addr().String(), simulate.GitHub)
	server := &http.Server{Handler: c.sim.Handler(simulate.GitHub), ReadHeaderTimeout: time.Minute}
	go server.Serve(l)
	c.t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// torment lets the instances work and die for a while, and judges what they did.
func (c *crew) torment(lease, within time.Duration) {
	t := c.t
	t.Helper()
	h := c.follow(lease)
	for _, p := range c.places {
		c.arrive(p)
	}
	c.await("most histories are read", 3*patience, func() bool { return 10*c.reading() <= *networks })
	c.sim.SetLatency(2*time.Second, 2*time.Second) // so that there is something in hand
	begun := time.Now()
	c.disturb(begun.Add(*disorder))
	time.Sleep(within + time.Second) // what the last ones had in hand is taken over
	kills := 0
	for _, d := range c.left {
		if d.kill {
			kills++
		}
	}
	t.Logf("seed %d: %d instances, %d networks, %v: %d killed, %d stopped", *seed, places, *networks, time.Since(begun).Round(time.Second), kills, len(c.left)-kills)
	if kills == 0 || kills == len(c.left) {
		t.Error("nobody was killed, or nobody stopped: it proves little")
	}
	for _, p := range c.places {
		if _, err := c.stop(p.cmd); err != nil {
			t.Errorf("stopping an instance: %v", err)
		}
		p.lives[len(p.lives)-1].end = time.Now()
	}
	h.end()
	h.judge(within)
	c.env = c.alone
	c.sim.SetLatency(5*time.Millisecond, 0)
	c.finish()
	c.compareItems()
	strays := 0
	for _, v := range c.sim.Violations() {
		if v.Kind != simulate.Parallel {
			t.Errorf("violation: %v", v)
		}
		strays++
	}
	if strays > len(c.left) {
		t.Errorf("%d calls beside another on one credential, more than one a departure (%d)", strays, len(c.left))
	}
	ended, refused := c.runsEndOnce()
	t.Logf("%d requests, %d calls beside another on one credential; %d runs ended, %d were taken over: none did both", c.sim.Total(), strays, ended, refused)
}

// reading counts the networks whose history is not read to its end.
func (c *crew) reading() (n int) {
	c.query(&n, "SELECT count(*) FROM networks WHERE json_extract(progress, '$.mode') = 'initial'")
	return n
}

// disturb kills, stops and wakes instances until a time, and lets people like things
// meanwhile. At the end all are there again.
func (c *crew) disturb(until time.Time) {
	accounts := c.sim.Accounts()
	pause := 2 * time.Second // between two departures
	if *long {
		pause = 6 * time.Second
	}
	next := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for now := range tick.C {
		over := now.After(until)
		away := 0
		for _, p := range c.places {
			if p.gone && (over || now.After(p.back)) {
				c.arrive(p)
			}
			if p.gone {
				away++
			}
		}
		if over {
			return
		}
		if _, err := c.sim.Like(accounts[c.rnd.IntN(len(accounts))].Key, 1); err != nil {
			c.t.Fatal(err)
		}
		if now.After(next) && away < places-fewest {
			c.depart(c.places[c.rnd.IntN(places)])
			next = now.Add(pause/2 + time.Duration(c.rnd.Int64N(int64(pause))))
		}
	}
}

// depart kills or stops who is at a place, if somebody is.
func (c *crew) depart(p *place) {
	if p.gone {
		return
	}
	d := departure{pid: p.cmd.Process.Pid, kill: c.rnd.IntN(2) == 0}
	if d.kill {
		d.at = time.Now()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.lives[len(p.lives)-1].end = time.Now()
		p.back = d.at.Add(time.Duration(c.rnd.Int64N(int64(c.absent))))
		c.left, p.gone, p.cmd = append(c.left, d), true, nil
		return
	}
	c.signal(p, syscall.SIGSTOP)
	d.at = time.Now()
	if *kind == "sqlite" && c.locked() { // nobody could go on
		c.signal(p, syscall.SIGCONT)
		return
	}
	p.back = d.at.Add(c.absent + time.Duration(c.rnd.Int64N(int64(2*time.Second))))
	c.left, p.gone = append(c.left, d), true
}

// arrive starts an instance at a place, or lets the one go on that was stopped.
func (c *crew) arrive(p *place) {
	p.gone = false
	if p.cmd != nil {
		c.signal(p, syscall.SIGCONT)
		return
	}
	p.cmd = c.command()
	p.cmd.Env = append(append([]string{}, c.env...), "COLLECTOR_GITHUB_URL=http://"+p.door)
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	cmd := p.cmd
	c.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	p.lives = append(p.lives, life{pid: p.cmd.Process.Pid, begun: time.Now()})
}

func (c *crew) signal(p *place, s syscall.Signal) {
	c.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// placeOf is the place at which an owner ran: its id names its process.
func (c *crew) placeOf(owner string) *place {
	for _, p := range c.places {
		for _, l := range p.lives {
			if strings.Contains(owner, fmt.Sprintf("-%d-", l.pid)) {
				return p
			}
		}
	}
	return nil
}
