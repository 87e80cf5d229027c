package torture

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"collector/simulate"
)

// clock is a rig whose processes have a wall clock that the test sets, while the
// monotonic one goes on.
type clock struct {
	*rig
	file    string
	daemons []*exec.Cmd
}

// set makes the wall clock wrong by some time.
func (c *clock) set(by time.Duration) {
	c.t.Helper()
	if err := os.WriteFile(c.file+".new", []byte(by.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(c.file+".new", c.file); err != nil {
		c.t.Fatal(err)
	}
}

// everyone waits until each account is read once more.
func (c *clock) everyone(what string) {
	c.t.Helper()
	before := map[string]int{}
	for _, a := range c.sim.Accounts() {
		before[a.Key] = len(c.sim.Requests(a.Key))
	}
	c.await(what, time.Minute, func() bool {
		for key, n := range before {
			if len(c.sim.Requests(key)) <= n {
				return false
			}
		}
		return true
	})
}

// all sends a signal to each daemon.
func (c *clock) all(s syscall.Signal) {
	c.t.Helper()
	for _, d := range c.daemons {
		if err := d.Process.Signal(s); err != nil {
			c.t.Fatal(err)
		}
	}
}

// restart stops the daemons, and starts two in a time zone.
func (c *clock) restart(zone string) {
	c.t.Helper()
	for _, d := range c.daemons {
		if _, err := c.stop(d); err != nil {
			c.t.Errorf("stopping: %v", err)
		}
	}
	c.env = append(c.env, "TZ="+zone)
	c.daemons = []*exec.Cmd{c.start(), c.start()}
}

// Promise R13: two daemons share a store while their wall clock is set forward
// and back and is right again, their machine sleeps, and its time zone changes.
// Whatever time they believe, each account is read within its longest interval,
// with room for a slow machine; no service is asked for more than its quota
// allows, nor before a time that it named while the clock was wrong; and no lease
// has two owners.
func TestClockJumps(t *testing.T) {
	begun := time.Now()
	r := newRig(t, simulate.Options{
		Latency: 2 * time.Millisecond,
		// A lease ends when the clock is set forward, and with it the right to the
		// call that is on its way: the next owner's may meet it at the service.
		Parallel: map[string]int{simulate.GitHub: 2, simulate.Mastodon: 2, simulate.Bluesky: 4},
		Budgets: map[string][]simulate.Budget{
			simulate.GitHub: {{Name: "core", Limit: 60, Per: 4 * time.Second}}, simulate.Mastodon: {{Name: "account", Limit: 40, Per: 4 * time.Second}}, simulate.Bluesky: {},
		},
	})
	r.add(simulate.Spec{Service: simulate.GitHub, Likes: 250}, simulate.Spec{Service: simulate.Mastodon, Likes: 100}, simulate.Spec{Service: simulate.Bluesky, Likes: 200})
	c := &clock{rig: r, file: filepath.Join(r.dir, "clock")}
	c.env = append(c.env, "COLLECTOR_FAILPOINT_CLOCK="+c.file, "COLLECTOR_GITHUB_POLL_MAX=2s", "COLLECTOR_MASTODON_POLL_MAX=2s", "COLLECTOR_BLUESKY_POLL_MAX=2s")
	c.set(0)
	watched := c.watchLeases()
	c.restart("Europe/Berlin")
	c.everyone("all accounts read at the right time")

	to2038 := time.Until(time.Date(2038, 1, 19, 3, 14, 0, 0, time.UTC)).Round(time.Second)
	rnd := rand.New(rand.NewPCG(*seed, 13))
	kinds := map[string]int{}
	for i := range *jumps {
		by := []time.Duration{time.Hour, -time.Hour, to2038, 24 * time.Hour, -24 * time.Hour}[i%5]
		if i >= 5 {
			by += time.Duration(rnd.Int64N(int64(time.Hour)))
			time.Sleep(time.Duration(rnd.Int64N(int64(time.Second)))) // at any moment of a run
		}
		kinds[c.jump(by, i)]++
	}
	c.suspend(time.Hour)
	c.zone()
	for _, d := range c.daemons {
		if _, err := c.stop(d); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
	if n := r.sim.Refused() - r.sim.Struck(simulate.Limit); n > 0 {
		t.Errorf("%d calls over a quota", n)
	}
	t.Logf("seed %d: %v, a suspend and another time zone in %v: %d leases, each with one owner", *seed, kinds, time.Since(begun).Round(time.Second), watched())
	r.finish()
	r.compare()
}

// jump makes the clock wrong for a while and then right, and returns what kind of
// jump that was.
func (c *clock) jump(by time.Duration, i int) string {
	c.t.Helper()
	c.set(by)
	c.everyone(fmt.Sprintf("all accounts read while the clock is wrong by %v", by))
	kind := "ahead"
	if by < 0 {
		kind = "behind"
	}
	if i%5 == 0 { // a pause that is asked for at a wrong time
		kind += ", with a pause"
		limits := c.sim.Struck(simulate.Limit)
		c.sim.AddFault(simulate.Fault{Kind: simulate.Limit, Service: simulate.Mastodon, Times: 1, Wait: 2 * time.Second})
		c.await("a pause that a service asks for", time.Minute, func() bool { return c.sim.Struck(simulate.Limit) > limits })
	}
	c.set(0)
	begun := time.Now()
	c.everyone(fmt.Sprintf("all accounts read after the clock was wrong by %v", by))
	c.t.Logf("round %d: wrong by %v, all accounts read %v after it was right", i, by, time.Since(begun).Round(time.Millisecond))
	return kind
}

// suspend lets the machine sleep: nobody works, and only the wall clock goes on.
func (c *clock) suspend(d time.Duration) {
	c.t.Helper()
	c.all(syscall.SIGSTOP)
	c.set(d)
	c.all(syscall.SIGCONT)
	c.everyone("all accounts read after the machine slept")
}

// zone moves to where the clocks show another hour, as each spring and autumn:
// nothing was put off by that.
func (c *clock) zone() {
	c.t.Helper()
	mark := c.mark()
	c.restart("Pacific/Kiritimati")
	c.everyone("all accounts read in another time zone")
	if n := c.said(mark, "the clock was ahead"); n > 0 {
		c.t.Errorf("another time zone counted %d times as a clock that was set", n)
	}
}

// watchLeases reads all the time who has which lease, until the returned function
// is called; it returns how many it saw.
func (c *clock) watchLeases() func() int {
	db := c.open()
	owners, epochs := map[string]string{}, map[int]int{}
	stop, done := make(chan struct{}), make(chan error, 1)
	look := func() error {
		rows, err := db.Query("SELECT net, epoch, owner FROM leases WHERE owner IS NOT NULL")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var net, epoch int
			var owner string
			if err := rows.Scan(&net, &epoch, &owner); err != nil {
				return err
			}
			lease := fmt.Sprint(net, "/", epoch)
			if owners[lease] = cmp.Or(owners[lease], owner); owners[lease] != owner || epoch < epochs[net] {
				return fmt.Errorf("the lease %s of %s is held by %s, after epoch %d", lease, owners[lease], owner, epochs[net])
			}
			epochs[net] = epoch
		}
		return rows.Err()
	}
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- nil
				return
			case <-tick.C:
			}
			if err := look(); err != nil {
				done <- err
				return
			}
		}
	}()
	c.t.Cleanup(func() { db.Close() })
	return func() int {
		close(stop)
		if err := <-done; err != nil {
			c.t.Errorf("watching the leases: %v", err)
		}
		if len(owners) == 0 {
			c.t.Error("no lease was seen: that proves nothing")
		}
		c.runsEndOnce()
		return len(owners)
	}
}
