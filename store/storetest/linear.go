package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"collector/state"
	"collector/store"
)

// Concurrent owners, stale ones among them, claim, renew, commit, postpone and
// release the same few networks while people pause them and ask for syncs. What
// each call was told must be what one call after another would have been told, in
// an order that their times allow (Herlihy and Wing, 1990); porcupine looks for
// that order, network by network.
var linear = []promise{
	{"ConcurrentOwnersAreLinearizable", linearizable},
}

const (
	linearNetworks = 3
	linearClients  = 8
	linearCalls    = 60 // of each client in one history
	linearRounds   = 4  // histories, unless Backend.Histories says more
)

func linearizable(k *kit) {
	rounds := max(k.Histories, linearRounds)
	refused, calls := 0, 0
	for round := range rounds {
		h := newConcurrent(k, uint64(round+1))
		h.run()
		for network, ops := range h.ops {
			calls += len(ops)
			for _, op := range ops {
				if op.Output.(told).Lost {
					refused++
				}
			}
			model := oneNetwork(k.HalfPages)
			result, info := porcupine.CheckOperationsVerbose(model, ops, 0)
			if result == porcupine.Ok {
				continue
			}
			k.Fatalf("seed %d: what the %d calls on network %d were told fits no order of them: %v; look at %s", round+1, len(ops), network, result, k.drawn(model, info))
		}
	}
	k.Logf("%d histories, %d calls on single networks, %d late writes refused", rounds, calls, refused)
	if refused < rounds {
		k.Errorf("%d late writes refused in %d histories: this proved too little", refused, rounds)
	}
}

// drawn is the file in which a history can be looked at.
func (k *kit) drawn(model porcupine.Model, info porcupine.LinearizationInfo) string {
	k.Helper()
	dir, err := os.MkdirTemp("", "linearizability-")
	k.must(err)
	path := filepath.Join(dir, "history.html")
	k.must(porcupine.VisualizePath(model, info, path))
	return path
}

// concurrent is one history in the making.
type concurrent struct {
	*kit
	seed  uint64
	ids   []string // of the networks
	clock atomic.Int64
	order atomic.Int64 // numbers the beginnings and ends of calls
	items atomic.Int64
	mu    sync.Mutex
	ops   [][]porcupine.Operation // by network
}

func newConcurrent(k *kit, seed uint64) *concurrent {
	h := &concurrent{kit: k, seed: seed, ops: make([][]porcupine.Operation, linearNetworks)}
	service := fmt.Sprint("service", seed) // the networks of other histories are not claimed
	for range linearNetworks {
		h.ids = append(h.ids, k.networkOf("me", service).ID)
	}
	return h
}

func (h *concurrent) service() string { return fmt.Sprint("service", h.seed) }

func (h *concurrent) run() {
	var all sync.WaitGroup
	for i := range linearClients {
		all.Go(func() {
			c := &client{
				concurrent: h, number: i, owner: fmt.Sprint("owner", i/2), // two share each owner
				store: []store.Store{h.a, h.b}[i%2], rnd: rand.New(rand.NewPCG(h.seed, uint64(i))),
			}
			for range linearCalls {
				c.step()
			}
		})
	}
	all.Wait()
}

// client makes one call after another.
type client struct {
	*concurrent
	number int
	owner  string
	store  store.Store
	rnd    *rand.Rand
	leases []state.Lease // the newest, also those that are over
}

// call does something and notes when it began and ended, and what it was told.
func (c *client) call(networks []int, in asked, do func() func(network int) told) {
	begun := c.order.Add(1)
	out := do()
	ended := c.order.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range networks {
		c.ops[n] = append(c.ops[n], porcupine.Operation{ClientId: c.number, Input: in, Call: begun, Output: out(n), Return: ended})
	}
}

// simple is a call on one network whose only answer is whether the lease held.
func (c *client) simple(in asked, network string, do func() error) {
	c.call([]int{slices.Index(c.ids, network)}, in, func() func(int) told {
		err := do()
		if err != nil && !errors.Is(err, state.ErrLeaseLost) {
			c.Errorf("seed %d: %s: %v", c.seed, in.What, err)
		}
		return func(int) told { return told{Lost: err != nil} }
	})
}

func (c *client) step() {
	now := c.clock.Add(int64(c.rnd.IntN(12))) // milliseconds after noon
	network := c.ids[c.rnd.IntN(len(c.ids))]
	when := func(ms int64) time.Time { return at(time.Duration(ms) * time.Millisecond) }
	const length = 60
	dice := c.rnd.IntN(100)
	if len(c.leases) == 0 && dice >= 30 && dice < 80 {
		dice = 0
	}
	switch {
	case dice < 30:
		c.claim(now, now+length)
	case dice < 50:
		l, n := c.lease(), c.items.Add(1)
		p := page(l.Network, int(n), like(fmt.Sprint(n), at(0)))
		p.After.Walks, p.After.Walk = n, nil
		c.simple(asked{What: "commit", Owner: l.Owner, Epoch: l.Epoch, Walks: n}, l.Network, func() error {
			_, err := c.store.Commit(c.ctx, l, p)
			return err
		})
	case dice < 60:
		l, n, due := c.lease(), c.items.Add(1), now+int64(c.rnd.IntN(30))
		c.simple(asked{What: "release", Owner: l.Owner, Epoch: l.Epoch, Walks: n, Until: due}, l.Network, func() error {
			return c.store.Release(c.ctx, l, state.Progress{Mode: state.Initial, Walks: n, ScheduledTo: when(due)})
		})
	case dice < 66:
		l, due := c.lease(), now+int64(c.rnd.IntN(30))
		c.simple(asked{What: "postpone", Owner: l.Owner, Epoch: l.Epoch, Until: due}, l.Network, func() error {
			return c.store.Postpone(c.ctx, l, when(due))
		})
	case dice < 74:
		c.call([]int{0, 1, 2}, asked{What: "renew", Owner: c.owner, Until: now + length}, func() func(int) told {
			if err := c.store.Renew(c.ctx, c.owner, when(now+length)); err != nil {
				c.Errorf("seed %d: renew: %v", c.seed, err)
			}
			return func(int) told { return told{} }
		})
	case dice < 78:
		c.simple(asked{What: "wish", Now: now}, network, func() error { return c.store.WishSync(c.ctx, network, false, when(now)) })
	case dice < 81:
		c.simple(asked{What: "pause"}, network, func() error { return c.store.SetPaused(c.ctx, network, true, when(now)) })
	case dice < 86:
		c.simple(asked{What: "resume", Now: now}, network, func() error { return c.store.SetPaused(c.ctx, network, false, when(now)) })
	default:
		c.look(network)
	}
}

// lease is one of the newest that this client was given.
func (c *client) lease() state.Lease {
	newest := c.leases[max(0, len(c.leases)-3):]
	return newest[c.rnd.IntN(len(newest))]
}

func (c *client) claim(now, until int64) {
	in := asked{What: "claim", Owner: c.owner, Now: now, Until: until}
	c.call([]int{0, 1, 2}, in, func() func(int) told {
		got, err := c.store.Claim(c.ctx, state.Claim{
			Mode: state.Initial, Owner: c.owner, N: 10, Services: map[string]int{c.service(): 10},
			Now: at(time.Duration(now) * time.Millisecond), Until: at(time.Duration(until) * time.Millisecond),
		})
		if err != nil {
			c.Errorf("seed %d: claim: %v", c.seed, err)
		}
		for _, l := range got {
			c.leases = append(c.leases, l.Lease)
		}
		return func(n int) told {
			for _, l := range got {
				if l.ID == c.ids[n] {
					return told{Claimed: true, Seen: seenOf(l.Network)}
				}
			}
			return told{}
		}
	})
}

func (c *client) look(network string) {
	c.call([]int{slices.Index(c.ids, network)}, asked{What: "look"}, func() func(int) told {
		n, err := c.store.Network(c.ctx, network)
		if err != nil {
			c.Errorf("seed %d: look: %v", c.seed, err)
		}
		return func(int) told { return told{Seen: seenOf(n)} }
	})
}
