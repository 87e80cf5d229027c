//go:build mongo

package torture

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/simulate"
)

// database is the address of a database that is not there.
func (r *rig) database() string {
	r.t.Helper()
	s, err := servers()
	if err != nil {
		r.t.Fatal(err)
	}
	return s.URI(fmt.Sprint("move", rigs.Add(1)))
}

// dies runs a move that is killed at the first of some points that it comes to, and
// returns which one that was.
func (r *rig) dies(args []string, points ...string) string {
	r.t.Helper()
	hits := filepath.Join(r.t.TempDir(), "hits")
	cmd := r.command(append([]string{"migrate"}, args...)...)
	cmd.Env = append(cmd.Env, "COLLECTOR_FAILPOINT="+strings.Join(points, "=kill@1;")+"=kill@1", "COLLECTOR_FAILPOINT_LOG="+hits)
	err := cmd.Run()
	exit, died := errors.AsType[*exec.ExitError](err)
	if !died || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		r.t.Fatalf("%v: the move was not killed: %v\n%s", points, err, r.tail())
	}
	text, err := os.ReadFile(hits)
	if err != nil {
		r.t.Fatal(err)
	}
	lines := strings.Fields(string(text))
	return lines[len(lines)-1]
}

// migrated runs a move that is killed again and again, between any two steps of
// every batch and at the end, until it has ended. Meanwhile the target is closed to
// everybody.
func (r *rig) migrated(to string, args ...string) {
	r.t.Helper()
	deaths := map[string]int{r.dies(args, "move.begun"): 1}
	for round := 0; deaths["move.compared"] == 0; round++ {
		at := r.dies(args, []string{"move.put", "move.noted"}[round%2], "move.compared")
		if deaths[at]++; round > 100 {
			r.t.Fatal("the move does not come on")
		}
		if err := r.command("search", "x", "--store="+to).Run(); err == nil {
			r.t.Errorf("%s: half a store can be searched", at)
		}
	}
	for _, at := range []string{"move.logged", "move.ended"} {
		deaths[r.dies(args, at)]++
	}
	r.t.Logf("killed at %v", deaths)
	if deaths["move.put"] < 4 || deaths["move.noted"] < 4 {
		r.t.Errorf("killed at %v: this proved too little", deaths)
	}
	r.do("moving", r.command(append([]string{"migrate"}, args...)...))
	if !strings.Contains(r.tail(), "moved here already") {
		r.t.Errorf("the last run: %s", r.tail())
	}
}

// collected runs a daemon on the store of the environment until it holds all likes,
// also those that are made while it runs.
func (r *rig) collected() {
	r.t.Helper()
	daemon := r.start()
	for range 2 {
		for _, a := range r.sim.Accounts() {
			if _, err := r.sim.Like(a.Key, 3); err != nil {
				r.t.Fatal(err)
			}
		}
		r.do("asking for all", r.command("sync", "--all"))
		r.await("everything collected", patience, func() bool {
			got := r.exported() // fails the test for an item that is there twice
			for _, a := range r.sim.Accounts() {
				if !r.sim.Compare(a.Key, got[a.Key]).OK() {
					return false
				}
			}
			return true
		})
	}
	if _, err := r.stop(daemon); err != nil {
		r.t.Errorf("the daemon: %v", err)
	}
	for _, v := range r.sim.Violations() {
		r.t.Errorf("violation: %v", v)
	}
}

// Promise R18: a store that is moved to MongoDB by a process that is killed between
// any two steps is whole in the end, and a daemon goes on with it: nothing is
// missing, nothing is there twice.
func TestMigrateToMongoDB(t *testing.T) {
	r := newRig(t, unlimited())
	r.add(
		simulate.Spec{Service: simulate.GitHub, Likes: 2500}, simulate.Spec{Service: simulate.GitHub, Likes: 40},
		simulate.Spec{Service: simulate.Mastodon, Likes: 700}, simulate.Spec{Service: simulate.Bluesky, Likes: 400},
	)
	daemon := r.start()
	r.await("half of it collected", patience, func() bool {
		var n int
		r.query(&n, "SELECT count(*) FROM items")
		return n > 1300
	})
	from, to := "sqlite:"+filepath.Join(r.dir, "c.db"), r.database()
	if err := r.command("migrate", from, to).Run(); err == nil {
		t.Error("a store is moved while a daemon works on it")
	}
	if err := daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	daemon.Wait()
	var before int
	r.query(&before, "SELECT count(*) FROM items")
	r.looked(to, "migrate", "--dry-run", from, to)
	r.migrated(to, from, to)
	r.env = append(r.env, "COLLECTOR_STORE="+to, "COLLECTOR_SECRET_KEY_FILE="+filepath.Join(r.dir, "collector.key"))
	if n := r.held(); n != before {
		t.Errorf("%d items were moved to %d", before, n)
	}
	r.collected()
	r.back(to)
}

// back moves a MongoDB store whose daemon was killed to a file: not before that is
// known to be dead, and then whole.
func (r *rig) back(from string) {
	r.t.Helper()
	was := fmt.Sprint(r.exported())
	daemon := r.start()
	r.await("a daemon at work", patience, func() bool { return r.command("healthcheck").Run() == nil })
	if err := daemon.Process.Kill(); err != nil {
		r.t.Fatal(err)
	}
	daemon.Wait()
	to, tries := "sqlite:"+filepath.Join(r.dir, "back.db"), 0
	r.await("the daemon is known to be dead", patience, func() bool {
		tries++
		return r.command("migrate", from, to).Run() == nil
	})
	if tries < 2 {
		r.t.Error("the store of a daemon that lived a moment ago was moved at once")
	}
	r.env = append(r.env, "COLLECTOR_STORE="+to)
	if now := fmt.Sprint(r.exported()); now != was {
		r.t.Errorf("moved back:\n%s\nwas:\n%s", now, was)
	}
}

// held counts what the program holds.
func (r *rig) held() (n int) {
	r.t.Helper()
	for _, ids := range r.exported() {
		n += len(ids)
	}
	return n
}

// looked runs a dry run into a database that is not there, and holds it to making
// none.
func (r *rig) looked(to string, args ...string) {
	r.t.Helper()
	r.do("a dry run", r.command(args...))
	if !strings.Contains(r.tail(), "would be moved") {
		r.t.Errorf("a dry run says: %s", r.tail())
	}
	if names, err := r.connected(to).ListCollectionNames(r.t.Context(), bson.D{}); err != nil || len(names) > 0 {
		r.t.Errorf("a dry run made %v, %v", names, err)
	}
}
