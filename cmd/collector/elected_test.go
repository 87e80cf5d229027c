package main

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"collector/cluster"
	"collector/cluster/solo"
	"collector/simulate"
	"collector/store"
)

// lateElection is a registry in which nobody is elected before a time has passed since
// something was done.
type lateElection struct {
	cluster.Registry
	done  <-chan struct{}
	after time.Duration
}

// Commit holds up what has a condition: of who is alone that is to stand for election.
func (l lateElection) Commit(ctx context.Context, t cluster.Txn) (bool, error) {
	if len(t.If) > 0 {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-l.done:
		}
		late := time.NewTimer(l.after)
		defer late.Stop()
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-late.C:
		}
	}
	return l.Registry.Commit(ctx, t)
}

// TestOnceTellsAlsoWhereItIsElectedLate: one pass is over sooner than it is known that this
// process leads, and the webhook is told all the same.
func TestOnceTellsAlsoWhereItIsElectedLate(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 5})
	r := newReceiver(t)
	env["COLLECTOR_ALLOW_PRIVATE"] = r.Listener.Addr().String()
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	p.run(t, "webhooks", "add", r.URL, "--private").must(t)
	ids, err := sim.Like(acc[0].Key, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.run(t, "sync", "--all").must(t)

	list := []string{"LANG=C.UTF-8"}
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	a := newApp(list, nil, io.Discard, io.Discard)
	a.free = func(string) (uint64, error) { return 1 << 40, nil }
	root := a.root()
	root.SetArgs([]string{"config", "check"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	reads := sync.OnceFunc(func() { close(read) })
	owner := a.newOwner()
	a.hub = lateElection{solo.New(), read, 300 * time.Millisecond}
	err = a.withNewStore(t.Context(), owner, func(ctx context.Context, st store.Store) error {
		return a.collect(ctx, st, collecting{
			owner: owner, once: true,
			poll: func(service string) (floor, ceiling time.Duration) { // asked when the list has been read
				reads()
				return a.pollTimes(service)
			},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.heard(), "item.added "+ids[0]; got != want {
		t.Errorf("it heard %q, want %q", got, want)
	}
}
