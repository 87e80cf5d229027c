//go:build mongo

package torture

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/simulate"
	"collector/store/mongo/mongotest"
)

// replica starts a replica set of one member for a test.
func replica(t *testing.T) *mongotest.Servers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program, err := mongotest.Program("..")
	if err != nil {
		t.Fatal(err)
	}
	servers, err := mongotest.Replica(ctx, program, t.TempDir(), 1)
	t.Cleanup(func() { servers.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	return servers
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
	servers := replica(t)
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
	from, to := "sqlite:"+filepath.Join(r.dir, "c.db"), servers.URI("collector")
	if err := r.command("migrate", from, to).Run(); err == nil {
		t.Error("a store is moved while a daemon works on it")
	}
	if err := daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	daemon.Wait()
	var before int
	r.query(&before, "SELECT count(*) FROM items")
	r.migrated(to, from, to)
	r.env = append(r.env, "COLLECTOR_STORE="+to, "COLLECTOR_SECRET_KEY_FILE="+filepath.Join(r.dir, "collector.key"))
	after := 0
	for _, ids := range r.exported() {
		after += len(ids)
	}
	if after != before {
		t.Errorf("%d items were moved to %d", before, after)
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

// oldDatabase writes what Likeastore would hold of the world's accounts: the first
// half of the likes of each, two of them twice.
func (r *rig) oldDatabase(address, name string) (items int) {
	r.t.Helper()
	ctx := r.t.Context()
	client, err := mongo.Connect(options.Client().ApplyURI(address))
	if err != nil {
		r.t.Fatal(err)
	}
	defer client.Disconnect(context.WithoutCancel(ctx))
	networks, likes := client.Database(name).Collection("networks"), client.Database(name).Collection("items")
	long := time.Date(2014, time.July, 1, 12, 0, 0, 0, time.UTC)
	modes := []bson.M{{"mode": "normal"}, {"mode": "rateLimit", "prevMode": "initial", "page": 3}, {}}
	for i, a := range r.sim.Accounts() {
		network := bson.M{
			"_id": bson.NewObjectIDFromTimestamp(long), "service": "github", "user": fmt.Sprintf("user%d@example.org", i),
			"accessToken": a.Tokens[0], "lastExecution": bson.NewDateTimeFromTime(long),
		}
		for k, v := range modes[i%len(modes)] {
			network[k] = v
		}
		if _, err := networks.InsertOne(ctx, network); err != nil {
			r.t.Fatal(err)
		}
		all := r.sim.Compare(a.Key, nil).Missing
		docs := []any{}
		for _, id := range append(all[:len(all)/2:len(all)/2], all[0], all[1]) {
			docs = append(docs, bson.M{
				"_id": bson.NewObjectID(), "itemId": id, "user": network["user"], "type": "github", "name": "old/" + id,
				"source": "https://github.com/old/" + id, "date": bson.NewDateTimeFromTime(long), "created": bson.NewDateTimeFromTime(long),
			})
		}
		if _, err := likes.InsertMany(ctx, docs); err != nil {
			r.t.Fatal(err)
		}
		items += len(all) / 2
	}
	return items
}

// TestMigrateLikeastore takes over a database of the original program, killed
// between any two steps; then a daemon finds what the original had missed.
func TestMigrateLikeastore(t *testing.T) {
	servers := replica(t)
	r := newRig(t, unlimited())
	for _, likes := range []int{1500, 300, 60} {
		if _, err := r.sim.AddAccount(simulate.Spec{Service: simulate.GitHub, Likes: likes}); err != nil {
			t.Fatal(err)
		}
	}
	key := make([]byte, 32)
	rand.Read(key)
	file := filepath.Join(r.dir, "secret.key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		t.Fatal(err)
	}
	old, to := servers.URI("likeastore"), servers.URI("collector")
	items := r.oldDatabase(old, "likeastore")
	r.env = append(r.env, "COLLECTOR_STORE="+to, "COLLECTOR_SECRET_KEY_FILE="+file)
	r.migrated(to, "likeastore", old, to)
	after := 0
	for _, ids := range r.exported() {
		after += len(ids)
	}
	if after != items {
		t.Errorf("%d likes were taken over as %d", items, after)
	}
	r.collected()
}
