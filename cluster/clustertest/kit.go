// Package clustertest is what every registry must pass, alone and with members of
// a cluster over it. Each promise has a test of its own name.
package clustertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/cluster"
)

// Backend is one registry that nothing else uses.
type Backend struct {
	// Open connects to it, as another process would. The kit closes it.
	Open func() (cluster.Registry, error)
	// TTL is the length of leases that the kit asks for.
	TTL time.Duration
	// Late is how much later than is promised something may be heard of: 0 in virtual time,
	// seconds where a server shares a slow machine with others.
	Late time.Duration
	// Compact has it forget the changes that were.
	Compact func() error
}

type promise struct {
	name string
	test func(*kit)
}

// Run tests a registry, in the clock of testing/synctest where virtual. open makes
// an empty one for each promise.
func Run(t *testing.T, virtual bool, open func(t *testing.T) Backend) {
	for _, p := range slices.Concat(registries, memberships, elections, tasks, outages) {
		t.Run(p.name, func(t *testing.T) {
			test := func(t *testing.T) {
				k := &kit{T: t, Backend: open(t), ctx: t.Context()}
				p.test(k)
			}
			if virtual {
				synctest.Test(t, test)
			} else {
				test(t)
			}
		})
	}
}

type kit struct {
	*testing.T
	Backend
	ctx  context.Context
	made int
}

// open connects.
func (k *kit) open() *line {
	k.Helper()
	r, err := k.Open()
	k.must(err)
	k.Cleanup(func() { r.Close() })
	return &line{Registry: r, broken: make(chan struct{})}
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// until waits for something that has to come true.
func (k *kit) until(what string, is func() bool) {
	k.Helper()
	give := time.NewTimer(20*time.Second + 10*k.TTL)
	defer give.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-give.C:
			k.Fatalf("did not come true: %s", what)
		case <-look.C:
		}
	}
}

// pass lets time go by.
func (k *kit) pass(d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	<-end.C
}

// node is a member under test and what it was told.
type node struct {
	*cluster.Member
	id   string
	line *line
	stop func() error // lets it leave, and waits

	mu     sync.Mutex
	events []cluster.Event
	peer   cluster.Peer
	taken  []cluster.Result // results that it took as leader
	refuse bool             // it takes none
}

// join starts a member; with changes its configuration.
func (k *kit) join(with ...func(*node, *cluster.Config)) *node {
	k.Helper()
	k.made++
	n := &node{id: fmt.Sprintf("node-%c", 'a'+k.made-1), line: k.open()}
	n.peer = cluster.Peer{ID: n.id, Host: "test", Mode: "both", Version: "1", Address: "127.0.0.1:1"}
	c := cluster.Config{
		TTL: k.TTL, Log: slog.New(slog.DiscardHandler),
		Self: func() cluster.Peer { n.mu.Lock(); defer n.mu.Unlock(); return n.peer },
		On:   func(e cluster.Event) { n.mu.Lock(); defer n.mu.Unlock(); n.events = append(n.events, e) },
		Results: func(_ context.Context, r cluster.Result) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.refuse {
				return errors.New("not now")
			}
			n.taken = append(n.taken, r)
			return nil
		},
	}
	for _, change := range with {
		change(n, &c)
	}
	n.Member = cluster.New(c, n.line)
	ctx, cancel := context.WithCancel(context.WithoutCancel(k.ctx))
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	n.stop = sync.OnceValue(func() error { cancel(); return <-done })
	k.Cleanup(func() { n.stop() })
	return n
}

// kill ends a member without a goodbye: its registration runs out.
func (n *node) kill() {
	n.line.cut()
	n.stop()
}

// told returns the events of some kinds, in order.
func (n *node) told(kinds ...cluster.Kind) []cluster.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.events), func(e cluster.Event) bool { return !slices.Contains(kinds, e.Kind) })
}

func (n *node) toldOf(kind cluster.Kind, id string) bool {
	return slices.ContainsFunc(n.told(kind), func(e cluster.Event) bool { return e.Peer.ID == id })
}

func (n *node) results() []cluster.Result {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.taken)
}

// leads starts n members and waits for the leader, who comes first in the answer.
func (k *kit) led(n int, with ...func(*node, *cluster.Config)) []*node {
	k.Helper()
	var out []*node
	for range n {
		out = append(out, k.join(with...))
	}
	k.until("everybody knows everybody and the leader", func() bool {
		for _, one := range out {
			if id, _ := one.Leader(); id == "" || len(one.Members()) != n {
				return false
			}
		}
		return leaders(out) == 1
	})
	leaderFirst(out)
	return out
}

func leaderFirst(nodes []*node) {
	at := slices.IndexFunc(nodes, func(n *node) bool { return n.Leads() })
	if at > 0 {
		nodes[0], nodes[at] = nodes[at], nodes[0]
	}
}

func leaders(nodes []*node) (n int) {
	for _, one := range nodes {
		if one.Leads() {
			n++
		}
	}
	return n
}

// handles lets a member do tasks of the kind "work".
func handles(h func(ctx context.Context, n *node, t cluster.Task) (json.RawMessage, error)) func(*node, *cluster.Config) {
	return func(n *node, c *cluster.Config) {
		c.Tasks = map[string]cluster.Handler{"work": func(ctx context.Context, t cluster.Task) (json.RawMessage, error) { return h(ctx, n, t) }}
	}
}

// quoted is a member's name as an answer.
func quoted(n *node) json.RawMessage { return json.RawMessage(fmt.Sprintf("%q", n.id)) }
