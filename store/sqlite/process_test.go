package sqlite

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/state"
)

func TestTwoProcessesShareOneFile(t *testing.T) {
	path := file(t)
	s := open(t, path)
	ctx := t.Context()
	const networks = 120
	var ns []state.Network
	for i := range networks {
		ns = append(ns, state.Network{ID: fmt.Sprint("net", i), AccountID: "acc", Service: "github", CreatedAt: noon, Params: map[string]string{"n": fmt.Sprint(i)}})
	}
	err := errors.Join(s.AddAccount(ctx, state.Account{ID: "acc", User: "me", Provider: "github", Name: "x"}), s.AddNetworks(ctx, ns))
	if err != nil {
		t.Fatal(err)
	}
	claimed := map[string]string{}
	by := map[string]int{}
	one, oneSays := spawn(t, "share", path, "one")
	two, twoSays := spawn(t, "share", path, "two")
	for _, p := range []struct {
		name  string
		lines <-chan string
	}{{"one", oneSays}, {"two", twoSays}} {
		for line := range p.lines {
			what, id, _ := strings.Cut(line, " ")
			if what != "claimed" {
				t.Fatalf("process %s: %s", p.name, line)
			}
			if was, twice := claimed[id]; twice {
				t.Errorf("%s was claimed by %s and %s", id, was, p.name)
			}
			claimed[id] = p.name
			by[p.name]++
		}
	}
	if err := errors.Join(one.Wait(), two.Wait()); err != nil {
		t.Fatal(err)
	}
	if len(claimed) != networks || by["one"] == 0 || by["two"] == 0 {
		t.Errorf("%d networks claimed (%v), want all %d and some by each", len(claimed), by, networks)
	}
	rows, err := s.Quotas(ctx, "k/")
	if err != nil || len(rows) != 2 || rows[0].Used != 300 || rows[1].Used != 300 {
		t.Errorf("quotas %v, %v, want 300 used of both", rows, err)
	}
	if last, err := s.LastChange(ctx); err != nil || last != networks {
		t.Errorf("%d changes, %v, want %d", last, err, networks)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
}

// TestManyProcessesMakeTheFileTogether opens a file that is not there yet.
func TestManyProcessesMakeTheFileTogether(t *testing.T) {
	path := file(t)
	var all []<-chan string
	for i := range 4 {
		_, says := spawn(t, "share", path, fmt.Sprint("p", i))
		all = append(all, says)
	}
	for _, says := range all {
		for line := range says {
			t.Error(line)
		}
	}
	s := open(t, path)
	rows, err := s.Quotas(t.Context(), "k/")
	if err != nil || len(rows) != 2 || rows[0].Used != 600 {
		t.Errorf("quotas %v, %v, want 600 used", rows, err)
	}
}

var killRounds = flag.Int("sqlite.kills", 60, "how often a writing process is killed at a random moment")

// TestKilledProcessLosesNothing kills a writing process at random moments. Each
// successor frees the leases of the dead at once and goes on.
func TestKilledProcessLosesNothing(t *testing.T) {
	path := file(t)
	s := open(t, path)
	seeded := seed(t, s, "me", "github")
	if err := s.Release(t.Context(), seeded.Lease, state.Progress{Mode: state.Initial, ScheduledTo: noon}); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(11, 13))
	var stored, heldAtDeath int64
	for round := range *killRounds {
		owner := fmt.Sprint("child", round)
		cmd, says := spawn(t, "pages", path, owner)
		said, patience := stored, time.After(time.Minute)
		wait := time.Duration(rnd.IntN(12_000)) * time.Microsecond
		var kill <-chan time.Time
		for dead := false; !dead; {
			select {
			case line, alive := <-says:
				var n int64
				switch {
				case !alive:
					dead = true
				case line == "open":
				case strings.HasPrefix(line, "page "):
					fmt.Sscan(line[len("page "):], &n)
					said = max(said, n)
					if kill == nil { // from the first page on, so that every round has one
						kill = time.After(wait)
					}
				default:
					t.Fatalf("round %d: %s", round, line)
				}
			case <-kill:
				cmd.Process.Kill()
			case <-patience:
				t.Fatalf("round %d: no page in a minute", round)
			}
		}
		cmd.Wait()
		n, err := s.Network(t.Context(), seeded.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n.Owner == owner {
			heldAtDeath++
		}
		dead, err := s.FreeDead(t.Context(), noon)
		if err != nil || len(dead) != 1 || dead[0] != owner {
			t.Fatalf("round %d: dead owners %q, %v, want %s", round, dead, err, owner)
		}
		if n, err = s.Network(t.Context(), seeded.ID); err != nil || n.Owner != "" || n.WakeAt.After(noon) {
			t.Fatalf("round %d: the network of the dead is owned by %q, due %v, %v", round, n.Owner, n.WakeAt, err)
		}
		now := checkPages(t, s, path, seeded.ID, said)
		if now <= stored {
			t.Errorf("round %d committed no page", round)
		}
		stored = now
		if t.Failed() {
			t.Fatalf("round %d: %d pages", round, stored)
		}
	}
	t.Logf("%d kills, %d pages committed, a lease held at %d of the deaths", *killRounds, stored, heldAtDeath)
	if heldAtDeath == 0 {
		t.Error("no process died holding a lease: this proved nothing of leases")
	}
}

func TestFreeDeadKnowsTheLivingAndTheUnknown(t *testing.T) {
	path := file(t)
	s, other := open(t, path), open2(t, path)
	seed(t, s, "me", "github") // of instance a, which lives
	if dead, err := other.FreeDead(t.Context(), noon); err != nil || len(dead) != 0 {
		t.Errorf("dead %q, %v, want none", dead, err)
	}
	if _, err := os.Stat(filepath.Join(ownersDir(path), "a")); err != nil {
		t.Errorf("the lock file of the living: %v", err)
	}
	if err := s.Close(); err != nil { // an orderly end leaves no lease and no file
		t.Fatal(err)
	}
	n, err := other.Network(t.Context(), "me-github")
	if err != nil || n.Owner != "" || n.WakeAt != noon {
		t.Errorf("after an orderly end: owner %q, due %v, %v", n.Owner, n.WakeAt, err)
	}
	if _, err := os.Stat(filepath.Join(ownersDir(path), "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lock file of who left: %v", err)
	}
}

func TestTwoInstancesOfOneName(t *testing.T) {
	path := file(t)
	open(t, path)
	if _, err := Open(t.Context(), path, options("a")); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("error %v", err)
	}
	if _, err := Open(t.Context(), path, options("../a")); err == nil || !strings.Contains(err.Error(), "no file name") {
		t.Errorf("error %v", err)
	}
}
