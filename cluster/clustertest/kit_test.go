package clustertest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"collector/cluster"
	"collector/cluster/clustertest"
	"collector/cluster/solo"
)

// hired names the saboteur of a run of this test binary that TestSaboteurs started.
const hired = "CLUSTERTEST_SABOTEUR"

// saboteur breaks one promise of a registry.
type saboteur struct {
	name    string
	promise string // the test that must notice
	hire    func(cluster.Registry) cluster.Registry
}

var saboteurs = []saboteur{
	{"immortal", "DeadMemberIsRemovedWithinItsLease", func(r cluster.Registry) cluster.Registry { return immortal{r} }},
	{"unguarded", "GuardsHoldOrNothingHappens", func(r cluster.Registry) cluster.Registry { return unguarded{r} }},
	{"unguarded", "DeposedLeaderHandsNothingOut", func(r cluster.Registry) cluster.Registry { return unguarded{r} }},
	{"unguarded", "LateAnswerChangesNothing", func(r cluster.Registry) cluster.Registry { return unguarded{r} }},
	{"gaps", "WatchOfForgottenChangesEnds", func(r cluster.Registry) cluster.Registry { return gaps{r} }},
	{"skips", "WatchTellsAllInOrder", func(r cluster.Registry) cluster.Registry { return skips{r} }},
	{"clings", "RevokeTakesKeysAtOnce", func(r cluster.Registry) cluster.Registry { return clings{r} }},
	{"clings", "LeavingIsSeenAtOnce", func(r cluster.Registry) cluster.Registry { return clings{r} }},
}

// immortal leases live for an hour.
type immortal struct{ cluster.Registry }

func (i immortal) Grant(ctx context.Context, _ time.Duration) (cluster.LeaseID, time.Duration, error) {
	return i.Registry.Grant(ctx, time.Hour)
}

// unguarded carries out whatever the guards say, but that a key is absent.
type unguarded struct{ cluster.Registry }

func (u unguarded) Commit(ctx context.Context, t cluster.Txn) (bool, error) {
	var kept []cluster.Guard
	for _, g := range t.If {
		if g.Revision == 0 {
			kept = append(kept, g)
		}
	}
	t.If = kept
	return u.Registry.Commit(ctx, t)
}

// gaps watches on where it can, and leaves out what is forgotten.
type gaps struct{ cluster.Registry }

func (g gaps) Watch(ctx context.Context, after int64, fn func([]cluster.Change)) error {
	if err := g.Registry.Watch(ctx, after, fn); ctx.Err() != nil {
		return err
	}
	_, now, err := g.List(ctx)
	if err != nil {
		return err
	}
	return g.Registry.Watch(ctx, now, fn)
}

// skips tells only the last of changes that come together.
type skips struct{ cluster.Registry }

func (s skips) Watch(ctx context.Context, after int64, fn func([]cluster.Change)) error {
	return s.Registry.Watch(ctx, after, func(cs []cluster.Change) { fn(cs[len(cs)-1:]) })
}

// clings keeps the keys of a lease that was revoked until it has run out.
type clings struct{ cluster.Registry }

func (clings) Revoke(context.Context, cluster.LeaseID) error { return nil }

// TestSolo is run by TestSaboteurs, over a registry that is not true to its
// promises. The true one passes the kit in its own package.
func TestSolo(t *testing.T) {
	name := os.Getenv(hired)
	if name == "" {
		t.Log("nobody was hired")
		return
	}
	clustertest.Run(t, true, func(*testing.T) clustertest.Backend {
		hub := solo.New()
		return clustertest.Backend{
			Open: func() (cluster.Registry, error) {
				for _, s := range saboteurs {
					if s.name == name {
						return s.hire(hub), nil
					}
				}
				return hub, nil
			},
			TTL: 4 * time.Second, Compact: func() error { hub.Compact(); return nil },
		}
	})
}

// TestSaboteurs shows that the kit bites: over a registry that breaks one promise
// the promise's test turns red.
func TestSaboteurs(t *testing.T) {
	for _, s := range saboteurs {
		t.Run(s.name+"/"+s.promise, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSolo$/^"+s.promise+"$", "-test.v")
			cmd.Env = append(os.Environ(), hired+"="+s.name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestSolo/"+s.promise) {
				t.Errorf("%s is green over a registry that %s: %v\n%s", s.promise, s.name, err, out)
			}
		})
	}
}
