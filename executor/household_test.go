package executor_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"sync"
	"testing"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
	"collector/simulate"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// household is all that one person has connected, over simulated services, with
// the real client, ledger and credentials. It lives in virtual time.
type household struct {
	t        *testing.T
	sim      *simulate.Sim
	store    store.Store
	keeper   *auth.Keeper
	executor *executor.Executor
	offers   map[string]connectors.Connector // by service
	runs     map[string]int                  // by network
	mu       sync.Mutex
}

func newHousehold(t *testing.T, opt simulate.Options) *household {
	t.Helper()
	opt.Now = time.Now
	h := &household{t: t, sim: simulate.New(opt), store: memory.New(), offers: map[string]connectors.Connector{}, runs: map[string]int{}}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	ring, err := auth.ParseKeys(base64.StdEncoding.EncodeToString(key))
	if err != nil {
		t.Fatal(err)
	}
	h.keeper = auth.NewKeeper(h.store, ring, auth.Providers(), "p1", time.Now)
	client, err := fetch.New(fetch.Config{
		Version: "test", Now: time.Now, Ledger: limit.New(h.store, "p1", time.Now), Keeper: h.keeper, Transport: h.sim.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	h.executor = &executor.Executor{Store: h.store, Do: client.Do, Now: time.Now, Pages: 20, Version: "test"}
	return h
}

// connect adds an account of a simulated service, once, and its network, whose
// name is returned. The list is the connector's.
func (h *household) connect(c connectors.Connector, a simulate.Account, server string, params map[string]string) string {
	h.t.Helper()
	in := c.Info()
	if server == "" {
		server = in.Server
	}
	account := in.Provider + "/" + a.ID + "@" + server
	n := state.Network{
		ID: account + "/" + in.Name, AccountID: account, User: "me", Service: in.Name, Provider: in.Provider, Server: server,
		Account: a.Name, RemoteID: a.ID, Params: params, CreatedAt: time.Now(),
	}
	if _, err := h.store.Account(h.t.Context(), account); err != nil {
		err := h.store.AddAccount(h.t.Context(), state.Account{ID: account, User: "me", Provider: in.Provider, Server: server, Name: a.Name, RemoteID: a.ID, CreatedAt: time.Now()})
		if err != nil {
			h.t.Fatal(err)
		}
		cred, err := auth.ParseCredential(a.Tokens[0])
		if err != nil {
			h.t.Fatal(err)
		}
		if err := h.keeper.Put(h.t.Context(), account, cred); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := h.store.AddNetworks(h.t.Context(), []state.Network{n}); err != nil {
		h.t.Fatal(err)
	}
	h.offers[in.Name] = c
	return n.ID
}

// live runs what is due for a time, all networks side by side.
func (h *household) live(d time.Duration) {
	h.t.Helper()
	services := map[string]int{}
	for name := range h.offers {
		services[name] = 10
	}
	for end := time.Now().Add(d); time.Now().Before(end); {
		var wg sync.WaitGroup
		busy := false
		for _, mode := range []state.Mode{state.Initial, state.Normal} {
			claimed, err := h.store.Claim(h.t.Context(), state.Claim{
				Mode: mode, Owner: "p1", Now: time.Now(), Until: time.Now().Add(24 * time.Hour), N: 10, Services: services,
			})
			if err != nil {
				h.t.Fatal(err)
			}
			for _, c := range claimed {
				busy = true
				wg.Go(func() { h.run(c) })
			}
		}
		if wg.Wait(); !busy {
			time.Sleep(5 * time.Second) // virtual
		}
	}
}

// run works on one claimed network and releases it. A limit is a wait; any other
// error fails the test.
func (h *household) run(c state.Claimed) {
	ctx := context.WithoutCancel(h.t.Context())
	h.mu.Lock()
	h.runs[c.Network.ID]++
	h.mu.Unlock()
	out := h.executor.Run(ctx, executor.Job{Claimed: c, Connector: h.offers[c.Service], Held: func() error { return nil }, Drain: make(chan struct{})})
	if out.Err != nil && fault.KindOf(out.Err) != fault.RateLimited {
		h.t.Errorf("%s: %v", c.Network.ID, out.Err)
	}
	if err := h.store.Release(ctx, c.Lease, scheduler.Next(time.Now(), policy, out)); err != nil {
		h.t.Error(err)
	}
}

// network is how a network stands.
func (h *household) network(id string) state.Network {
	h.t.Helper()
	n, err := h.store.Network(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// got is what is stored of a network, with the like times that the service told.
func (h *household) got(network string) map[string]time.Time {
	h.t.Helper()
	return (&world{t: h.t, store: h.store, network: network}).collected()
}

// whole fails the test where a like of an account is missing or invented, or the
// services object to anything.
func (h *household) whole(network, account string) {
	h.t.Helper()
	if d := h.sim.Compare(account, h.got(network)); !d.OK() {
		h.t.Errorf("%s: %s", network, d)
	}
	for i, v := range h.sim.Violations() {
		if i < 3 {
			h.t.Error(v)
		}
	}
}

// account adds an account to the simulated services.
func (h *household) account(sp simulate.Spec) simulate.Account {
	h.t.Helper()
	a, err := h.sim.AddAccount(sp)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// resized is a connector whose pages are of another size, so that short lists have
// many of them.
type resized struct {
	connectors.Connector
	size int
}

func (r resized) Info() connectors.Info {
	i := r.Connector.Info()
	i.PageSize, i.PollPageSize = r.size, 0
	i.EmptyPages += 100 / r.size
	return i
}

// judged is one that reads its own refusals.
type judged struct {
	resized
	connectors.Faulter
}

func paged(c connectors.Connector, size int) connectors.Connector {
	if f, ok := c.(connectors.Faulter); ok {
		return judged{resized{c, size}, f}
	}
	return resized{c, size}
}

// most is the largest number of calls in any window of a budget, and how many
// windows there were.
func (h *household) most(prefix string) (used, windows int) {
	for _, w := range h.sim.Windows(prefix) {
		used, windows = max(used, w.Used), windows+1
	}
	return used, windows
}
