package torture

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/simulate"
)

// Promise R3: a process that is stopped past its lease and wakes when another
// has gone on changes nothing, and what a person asked for meanwhile survives.
func TestPausedOwnerChangesNothing(t *testing.T) {
	r := newRig(t, unlimited())
	r.env = append(r.env, "COLLECTOR_LEASE=300ms")
	rnd := rand.New(rand.NewPCG(*seed, 3))
	// Points outside a transaction: a process that is stopped inside one holds
	// the file's write lock, so on SQLite nobody can go on before it wakes.
	stops := []string{"decode.done", "resp.header", "req.before"}
	late := 0
	for round, tries := 0, 0; round < *pauses && tries < 3**pauses; tries++ {
		r.add(simulate.Spec{Service: simulate.GitHub, Likes: 1500})
		a := r.sim.Accounts()[len(r.sim.Accounts())-1]
		point := stops[round%len(stops)]
		owner := r.command()
		owner.Env = append(slices.Clone(r.env), fmt.Sprintf("COLLECTOR_FAILPOINT=%s=stop@%d", point, 2+rnd.IntN(4)))
		if err := owner.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { owner.Process.Kill(); owner.Wait() })
		r.await("the owner stopping at "+point, 20*time.Second, func() bool {
			var s syscall.WaitStatus
			pid, err := syscall.Wait4(owner.Process.Pid, &s, syscall.WNOHANG|syscall.WUNTRACED, nil)
			return err == nil && pid == owner.Process.Pid && s.Stopped()
		})
		if r.locked() { // another goroutine was just writing: nobody can go on before it wakes
			owner.Process.Kill()
			owner.Wait()
			if err := r.command("accounts", "pause", a.Key).Run(); err != nil {
				t.Fatalf("pausing: %v\n%s", err, r.tail())
			}
			continue
		}
		round++
		refused := r.lateWrites()
		asked := len(r.sim.Requests(a.Key))
		successor := r.start()
		r.await("a successor going on", 20*time.Second, func() bool { return len(r.sim.Requests(a.Key)) > asked+1 })
		if err := r.command("accounts", "pause", a.Key).Run(); err != nil {
			t.Fatalf("pausing: %v\n%s", err, r.tail())
		}
		if err := owner.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(3 * time.Second)
		for r.lateWrites() == refused && time.Now().Before(end) {
			time.Sleep(10 * time.Millisecond)
		}
		late += r.lateWrites() - refused
		t.Logf("round %d at %s: %d late writes refused", round, point, r.lateWrites()-refused)
		var paused, bad int
		r.query(&paused, "SELECT l.paused FROM leases l JOIN networks n ON n.num = l.net WHERE n.account = ?", a.Name)
		if paused != 1 {
			t.Errorf("round %d at %s: the pause was undone", round, point)
		}
		r.query(&bad, "SELECT count(*) FROM (SELECT page FROM changes GROUP BY page HAVING count(*) > 1)")
		if bad > 0 {
			t.Errorf("round %d: %d pages took effect twice", round, bad)
		}
		owner.Process.Kill()
		owner.Wait()
		if _, err := r.stop(successor); err != nil {
			t.Errorf("round %d: the successor: %v", round, err)
		}
	}
	t.Logf("%d rounds, %d late writes refused", *pauses, late)
	if late < *pauses*9/10 {
		t.Errorf("%d late writes in %d rounds: most rounds proved nothing", late, *pauses)
	}
	for _, a := range r.sim.Accounts() {
		if err := r.command("accounts", "resume", a.Key).Run(); err != nil {
			t.Fatalf("resuming: %v\n%s", err, r.tail())
		}
	}
	r.finish()
	r.compare()
}

// locked says whether a stopped process holds the write lock of the file.
func (r *rig) locked() bool {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "c.db")+"?_pragma=busy_timeout(200)&_txlock=immediate")
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(r.t.Context(), nil)
	if err != nil {
		return true
	}
	return tx.Rollback() != nil
}

// lateWrites counts what was refused because a lease was lost.
func (r *rig) lateWrites() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.output.String(), "another instance took the network over")
}
