//go:build mongo && failpoint && unix

package mongo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/failpoint"
	"collector/state"
	"collector/store"
	"collector/store/storetest"
)

var (
	deaths    = flag.Int("mongo.deaths", 4, "deaths of writers at each step of a save")
	deathSeed = flag.Uint64("mongo.seed", 1, "which writer dies at which step, and when")
)

// writers are how many processes save pages at the same time.
const writers = 8

// stepsOfASave are the fault points that a writer passes, in their order.
var stepsOfASave = []string{
	"lease.acquired", "save.begin", "save.items.half", "save.items.done", "save.state.before", "save.commit.before",
	"publish.before", "publish.appended", "publish.after", "save.commit.after", "schedule.after",
}

// TestKilledBetweenTheSteps has eight processes save pages of their own networks at the
// same time, all with the same items and of two users, so that they contend for the log.
// Again and again one of them is killed: between every two steps of a save, of the way
// into the log, of a claim and of a release. A reader follows the log all the while:
// nothing is lost, and the changes told are exactly the differences made.
func TestKilledBetweenTheSteps(t *testing.T) {
	if !failpoint.Enabled {
		t.Fatal("built without fault points")
	}
	t.Run("Replica", func(t *testing.T) { killWriters(t, address(t)) })
	t.Run("Standalone", func(t *testing.T) { killWriters(t, addressOn(t, alone)) })
}

func killWriters(t *testing.T, at string) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+time.Duration(*deaths)*time.Minute)
	defer cancel()
	c := newCasualties(ctx, t, at)
	before, from := storedIn(t, c.s), c.lastChange()
	log := &storetest.LogReader{}
	stop := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() { log.Follow(ctx, c.s, stop) })
	c.run(ctx)
	c.settle()
	close(stop)
	following.Wait()
	told, err := log.Whole(ctx, c.s)
	if err := errors.Join(err, log.Err(), integrity(c.s)); err != nil {
		t.Error(err)
	}
	told = slices.DeleteFunc(told, func(c store.Change) bool { return c.Seq <= from })
	for _, wrong := range differences(before, storedIn(t, c.s), told) {
		t.Error(wrong)
	}
	pages := c.judge()
	t.Logf("seed %d: %d deaths of %d writers, %d pages, %d changes", *deathSeed, c.died, writers, pages, len(told))
}

// fate is where a writer dies: when it comes to a step for the nth time.
type fate struct {
	step string
	nth  int
}

// casualties are writers, one process after the other for each.
type casualties struct {
	t     *testing.T
	at    string
	s     *Store
	fates []fate
	died  int
	lives []*lived

	mu   sync.Mutex
	said map[string]int64 // pages of each network that were said to be saved
}

// lived is a writer.
type lived struct {
	service  string
	networks []string
	hour     int // of its clock
	fate     fate
	cmd      *exec.Cmd
}

// word is what a writer said; the last is that it has ended.
type word struct {
	of    *lived
	line  string
	ended bool
}

// newCasualties makes the networks, two for each writer, with a page in each.
func newCasualties(ctx context.Context, t *testing.T, at string) *casualties {
	t.Helper()
	o := opts("parent")
	o.Reading = true // so that it does not do what the writers have to do
	making := opened(t, at, "maker")
	c := &casualties{t: t, at: at, said: map[string]int64{}}
	for i := range writers {
		w := &lived{service: fmt.Sprint("service", i)}
		for n := range 2 {
			id := fmt.Sprint("net", i, "-", n)
			w.networks = append(w.networks, id)
			err := errors.Join(
				making.AddAccount(ctx, state.Account{ID: id, User: fmt.Sprint("user", n), Provider: w.service, Name: id}),
				making.AddNetworks(ctx, []state.Network{{ID: id, AccountID: id, Service: w.service, CreatedAt: noon}}),
			)
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := (pageWriter{Store: making, service: w.service, now: noon, said: c.note}).turn(ctx, ofAllKinds); err != nil {
			t.Fatal(err)
		}
		c.lives = append(c.lives, w)
	}
	if err := making.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, at, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c.s = s.(*Store)
	rnd := rand.New(rand.NewPCG(*deathSeed, 1))
	for range *deaths {
		for _, step := range stepsOfASave {
			c.fates = append(c.fates, fate{step, 1 + rnd.IntN(3)})
		}
	}
	rnd.Shuffle(len(c.fates), func(i, j int) { c.fates[i], c.fates[j] = c.fates[j], c.fates[i] })
	return c
}

// note notes that a page was said to be saved.
func (c *casualties) note(network string, pages int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[network] = pages
}

func (c *casualties) lastChange() int64 {
	c.t.Helper()
	last, err := c.s.LastChange(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return last
}

// run has all writers at work until every fate has come true. Who has none left goes on
// beside the others, and is killed at the end, wherever it is then.
func (c *casualties) run(ctx context.Context) {
	c.t.Helper()
	all := make(chan word, 1000)
	left := len(c.fates)
	for _, w := range c.lives {
		c.start(w, all)
	}
	for living := len(c.lives); living > 0; {
		var h word
		select {
		case h = <-all:
		case <-ctx.Done():
			c.t.Fatalf("%d fates did not come true in time", left)
		}
		if !h.ended {
			var network string
			var pages int64
			if _, err := fmt.Sscanf(h.line, "page %s %d", &network, &pages); err != nil {
				c.t.Fatalf("%s, to be killed at %v: %s", h.of.service, h.of.fate, h.line)
			}
			c.note(network, pages)
			continue
		}
		if err := h.of.cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			c.t.Fatalf("%s, to be killed at %v, ended with %v", h.of.service, h.of.fate, err)
		}
		c.died++
		if h.of.fate.step != "" {
			left--
		}
		if left == 0 {
			for _, w := range c.lives {
				w.cmd.Process.Kill() // some have ended
			}
			living--
			continue
		}
		c.start(h.of, all)
	}
}

// start begins the next life of a writer. Its clock shows a time at which the leases of
// the one before are over.
func (c *casualties) start(w *lived, all chan<- word) {
	c.t.Helper()
	var env []string
	w.fate = fate{}
	if len(c.fates) > 0 {
		w.fate, c.fates = c.fates[0], c.fates[1:]
		env = append(env, fmt.Sprintf("COLLECTOR_FAILPOINT=%s=kill@%d", w.fate.step, w.fate.nth))
	}
	w.hour++
	cmd, says := spawn(c.t, "pages "+w.service, c.at, w.hour, env...)
	w.cmd = cmd
	go func() {
		for line := range says {
			all <- word{of: w, line: line}
		}
		all <- word{of: w, ended: true}
	}()
}

// settle does what other processes do with what the dead have left, and goes on where
// they were.
func (c *casualties) settle() {
	c.t.Helper()
	o := opts("next")
	late := noon.Add(time.Duration(*deaths*len(stepsOfASave)+writers+1) * time.Hour) // when all leases are over
	o.Now = func() time.Time { return late }
	next, err := Open(c.t.Context(), c.at, o)
	if err != nil {
		c.t.Fatal(err)
	}
	defer next.Close()
	for seen := next.(*Store).rescue(c.t.Context(), nil); len(seen) > 0; {
		seen = next.(*Store).rescue(c.t.Context(), seen)
	}
	for _, w := range c.lives {
		if err := (pageWriter{Store: next, service: w.service, now: late, said: c.note}).turn(c.t.Context(), ofAllKinds); err != nil {
			c.t.Fatal(err)
		}
	}
}

// judge holds what is stored to what was said, and returns how many pages are stored.
func (c *casualties) judge() (pages int64) {
	c.t.Helper()
	for _, w := range c.lives {
		for _, id := range w.networks {
			n, err := c.s.Network(c.t.Context(), id)
			if err != nil {
				c.t.Fatal(err)
			}
			if n.Walks < c.said[id] || n.Walks < 3 {
				c.t.Errorf("%s: %d pages are stored, %d were said to be", id, n.Walks, c.said[id])
			}
			gone := n.Walks / 3 * 2 // each third page takes two back
			if want := int(n.Walks)*perPage + 1 - int(gone); n.Items != want {
				c.t.Errorf("%s: %d pages with %d items, want %d", id, n.Walks, n.Items, want)
			}
			pages += n.Walks
		}
	}
	return pages
}

// TestKilledWhileOpening kills a first start at each of its collections; the next one
// finds a whole store.
func TestKilledWhileOpening(t *testing.T) {
	points := []string{"migrate.before=kill@1", "migrate.after=kill@1"}
	for step := range 13 { // one a collection, before it is made or before it has its indexes
		points = append(points, fmt.Sprintf("migrate.%s=kill@%d", []string{"step", "created"}[step%2], step+1))
	}
	points = append(points, "migrate.step=kill@14") // before the index of likes that are gone
	indexes := indexesOf(t, opened(t, address(t), "fresh"))
	for _, nth := range points {
		at := address(t)
		cmd, says := spawn(t, "open", at, 0, "COLLECTOR_FAILPOINT="+nth)
		for line := range says {
			t.Error(line)
		}
		if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			t.Fatalf("%s: the process ended with %v: the point was not reached", nth, err)
		}
		s, _ := seeded(t, at)
		if now := indexesOf(t, s); !slices.Equal(now, indexes) {
			t.Errorf("%s: the database has the indexes\n%v\nwanted are\n%v", nth, now, indexes)
		}
	}
}

// Promise R22: what a process had in hand that was killed in the middle of a commit is
// freed at once by who learns of the death, and does not wait until the server gives
// the transaction up.
func TestFreeOwnerOfAnOpenCommit(t *testing.T) {
	for nth, as := range map[int]string{3: "alone", 5: "with others"} { // the pages between are saved in steps
		t.Run(as, func(t *testing.T) { freeOpenCommit(t, nth) })
	}
}

// freeOpenCommit frees an owner that is killed before the commit of his nth page.
func freeOpenCommit(t *testing.T, nth int) {
	at := address(t)
	s, network := seeded(t, at)
	cmd, says := spawn(t, "pages", at, 0, fmt.Sprint("COLLECTOR_FAILPOINT=save.commit.before=kill@", nth))
	for line := range says {
		t.Log(line)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the process ended with %v: the point was not reached", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // a sixth of what the server gives it
	defer cancel()
	now := noon.Add(time.Second)
	if err := s.FreeOwner(ctx, "child of github", now); err != nil {
		t.Fatalf("freeing what the dead one had in hand: %v", err)
	}
	got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "parent", Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	if err != nil || len(got) != 1 || got[0].ID != network || got[0].Walks != int64(nth-1) {
		t.Errorf("claimed %+v, %v: want the network with the %d pages that were saved", got, err, nth-1)
	}
}

// Promise R4: pages that take longer to save than leases take to be renewed are saved
// all the same.
func TestRenewalLetsPagesEnd(t *testing.T) {
	at := address(t)
	seeded(t, at)
	cmd, says := spawn(t, "renewing", at, 0, "COLLECTOR_FAILPOINT=save.items.done=sleep:1s")
	late := time.After(2 * time.Minute)
	for page := 0; page < 4; {
		select {
		case line, more := <-says:
			if !more || !strings.HasPrefix(line, "page ") {
				t.Fatalf("after %d pages: %q", page, line)
			}
			page++
		case <-late:
			t.Fatalf("%d pages of a second each were saved in two minutes", page)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}
