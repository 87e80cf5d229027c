//go:build etcd

package torture

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/cluster/etcd/etcdtest"
	"collector/simulate"
)

// fleet are daemons in one cluster over one store.
type fleet struct {
	*rig
	etcd    *etcdtest.Server
	daemons map[string]*exec.Cmd // by id of the member
}

// members is what `collector cluster status` tells.
type members struct {
	Leader  string
	Term    int64
	Members []struct{ ID string }
}

func (f *fleet) look() (m members) {
	path, _ := program()
	cmd := exec.Command(path, "cluster", "status", "--json")
	cmd.Env, cmd.Dir = f.env, f.dir
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		return members{}
	}
	return m
}

// settled waits until what is told of the cluster is as it should be, and returns it.
func (f *fleet) settled(what string, is func(m members) bool) (m members) {
	f.t.Helper()
	f.await(what, patience, func() bool { m = f.look(); return is(m) })
	return m
}

// join starts n daemons and waits until they are members.
func (f *fleet) join(n int) members {
	f.t.Helper()
	byPID := map[string]*exec.Cmd{}
	for range n {
		cmd := f.start()
		byPID[fmt.Sprint(cmd.Process.Pid)] = cmd
	}
	all := f.settled("all have joined and one leads", func(m members) bool { return len(m.Members) == n && m.Leader != "" })
	for _, m := range all.Members {
		parts := strings.Split(m.ID, "-")
		f.daemons[m.ID] = byPID[parts[len(parts)-2]]
	}
	return all
}

// busy returns a daemon that has networks in hand; want chooses among them.
func (f *fleet) busy(what string, want func(id string) bool) (id string) {
	f.t.Helper()
	f.await(what, patience, func() bool {
		for one := range f.daemons {
			var n int
			if f.query(&n, "SELECT count(*) FROM leases WHERE owner = ?", one); n > 0 && want(one) {
				id = one
				return true
			}
		}
		return false
	})
	return id
}

// takenOver waits until nothing is a daemon's, and returns how long that took.
func (f *fleet) takenOver(id string, limit time.Duration) time.Duration {
	f.t.Helper()
	begun := time.Now()
	f.await("what "+id+" had in hand is taken over", limit, func() bool {
		var n int
		f.query(&n, "SELECT count(*) FROM leases WHERE owner = ?", id)
		return n == 0
	})
	return time.Since(begun)
}

func (f *fleet) kill(id string) {
	f.t.Helper()
	if err := f.daemons[id].Process.Kill(); err != nil {
		f.t.Fatal(err)
	}
	_ = f.daemons[id].Wait()
	delete(f.daemons, id)
}

func (f *fleet) signal(id string, s syscall.Signal) {
	f.t.Helper()
	if err := f.daemons[id].Process.Signal(s); err != nil {
		f.t.Fatal(err)
	}
}

// halt stops a daemon, and not in the middle of writing: SQLite's lock is its own
// then until it goes on, and nobody else can write (OPERATING.md).
func (f *fleet) halt(id string) {
	f.t.Helper()
	for range 100 {
		f.signal(id, syscall.SIGSTOP)
		if f.writable() {
			return
		}
		f.signal(id, syscall.SIGCONT)
	}
	f.t.Fatalf("%s writes whenever it is stopped", id)
}

// writable says that nobody keeps the store's file locked for a second.
func (f *fleet) writable() bool {
	f.t.Helper()
	if f.mongo != nil {
		return true
	}
	db := f.open()
	defer db.Close()
	conn, err := db.Conn(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close() // and with it the transaction
	_, err = conn.ExecContext(f.t.Context(), "PRAGMA busy_timeout(1000); BEGIN IMMEDIATE; ROLLBACK")
	return err == nil
}

// said counts log lines with a text.
func (f *fleet) said(text string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Count(f.output.String(), text)
}

// Promise R22: four processes in a cluster over one store. One that is stopped, not
// dead, loses its networks when its registration ends, long before its leases do;
// a leader that is killed is followed; etcd is killed and started again, and nothing
// stops; one that is asked to leave ends. Nothing is lost, skipped or read twice.
func TestClusterTakesOver(t *testing.T) {
	o := unlimited()
	o.Latency = 400 * time.Millisecond // histories take their time
	f := &fleet{rig: newRig(t, o), etcd: etcdtest.Start(t), daemons: map[string]*exec.Cmd{}}
	before := len(f.env)
	f.env = append(f.env, "COLLECTOR_LEASE=5m", "COLLECTOR_CLUSTER_TTL=2s", "COLLECTOR_CLUSTER=etcd://"+f.etcd.Endpoint+"/torture", "COLLECTOR_WORKERS=3")
	for range 6 {
		f.add(simulate.Spec{Service: simulate.GitHub, Likes: 9000}, simulate.Spec{Service: simulate.Bluesky, Likes: 2500})
	}
	first := f.join(4)

	stopped := f.busy("one that does not lead has work", func(id string) bool { return id != first.Leader })
	f.halt(stopped)
	took := f.takenOver(stopped, 20*time.Second)
	f.signal(stopped, syscall.SIGCONT)
	t.Logf("a stopped process, registered for 2 s, with leases of 5 minutes: taken over after %v", took.Round(10*time.Millisecond))
	f.await("it is back", patience, func() bool { return len(f.look().Members) == 4 })

	leader := f.busy("the leader has work", func(id string) bool { return id == f.look().Leader })
	term := f.look().Term
	f.kill(leader)
	took = f.takenOver(leader, 20*time.Second)
	t.Logf("a killed leader: taken over after %v", took.Round(10*time.Millisecond))
	f.await("another one leads", patience, func() bool { m := f.look(); return m.Leader != "" && m.Leader != leader && m.Term > term })

	f.etcd.Kill()
	f.await("all say that the cluster does not answer", patience, func() bool { return f.said("by claims alone") >= 3 })
	pages := f.pages()
	f.await("collecting goes on", patience, func() bool { return f.pages() > pages+10 })
	lone := f.busy("somebody has work", func(string) bool { return true })
	f.kill(lone)
	if *kind == "sqlite" { // MongoDB does not know which of its clients died
		took = f.takenOver(lone, 20*time.Second)
		t.Logf("killed while etcd is down: taken over by its file lock after %v", took.Round(10*time.Millisecond))
	}
	f.etcd.Run()
	took = f.takenOver(lone, 20*time.Second)
	t.Logf("once etcd is back: taken over after %v", took.Round(10*time.Millisecond))
	last := f.settled("the living ones are back, and one leads", func(m members) bool {
		return len(m.Members) == 2 && f.daemons[m.Leader] != nil && f.said("the cluster answers again") >= 2
	})

	i := slices.IndexFunc(last.Members, func(m struct{ ID string }) bool { return m.ID == last.Leader })
	leaver := last.Members[i].ID
	f.do("draining", f.command("drain", leaver))
	if err := f.daemons[leaver].Wait(); err != nil {
		t.Errorf("asked to leave, it ended with %v", err)
	}
	f.await("the other one leads", patience, func() bool {
		m := f.look()
		return len(m.Members) == 1 && m.Leader == m.Members[0].ID && m.Leader != leaver
	})
	delete(f.daemons, leaver)
	for id := range f.daemons {
		if _, err := f.stop(f.daemons[id]); err != nil {
			t.Errorf("stopping %s: %v", id, err)
		}
	}
	if m := f.look(); len(m.Members) != 0 || m.Leader != "" {
		t.Errorf("after all have left: %+v", m)
	}
	f.env = f.env[:before]
	f.finish()
	f.compare()
}
