package executor_test

import (
	"testing"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
	"collector/simulate"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/trace"
)

// wired is one connected network over one simulated account, read by the real client with
// its ledger and its keeper of credentials. It lives in the virtual time of a
// synctest bubble.
type wired struct {
	t         *testing.T
	sim       *simulate.Sim
	account   simulate.Account
	store     store.Store
	connector connectors.Connector
	client    *fetch.Client
	executor  *executor.Executor
	out       executor.Outcome // of the last run
	trace     *trace.Run       // of the runs; nil: nobody wants to know
}

// sealing is a key of tests, 32 bytes in base64.
const sealing = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func newWired(t *testing.T, c connectors.Connector, likes int, server string) *wired {
	t.Helper()
	info := c.Info()
	w := &wired{t: t, sim: simulate.New(simulate.Options{Seed: 11}), store: memory.New(), connector: c}
	var err error
	if w.account, err = w.sim.AddAccount(simulate.Spec{Service: info.Name, Name: "mira", Likes: likes}); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.store.AddAccount(t.Context(), state.Account{ID: "a1", User: "me", Provider: info.Provider, Server: server, Name: "mira", RemoteID: w.account.ID, CreatedAt: time.Now()}))
	must(w.store.AddNetworks(t.Context(), []state.Network{{
		ID: "n1", AccountID: "a1", User: "me", Service: info.Name, Provider: info.Provider, Server: server, Account: "mira", Params: map[string]string{"user": "mira"}, RemoteID: w.account.ID, CreatedAt: time.Now(),
	}}))
	ring, err := auth.ParseKeys(sealing)
	must(err)
	keeper := auth.NewKeeper(w.store, ring, auth.Providers(), "p1", time.Now)
	given, err := auth.ParseCredential(w.account.Tokens[0])
	must(err)
	must(keeper.Put(t.Context(), "a1", given))
	w.client, err = fetch.New(fetch.Config{
		Version: "test", Now: time.Now, Ledger: limit.New(w.store, "p1", time.Now), Keeper: keeper, Transport: w.sim.Transport(),
	})
	must(err)
	t.Cleanup(w.client.Close)
	w.executor = &executor.Executor{Store: w.store, Do: w.client.Do, Now: time.Now, Pages: 10, Version: "test"}
	return w
}

func (w *wired) network() state.Network {
	w.t.Helper()
	n, err := w.store.Network(w.t.Context(), "n1")
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// run waits until the network is due, and runs it.
func (w *wired) run() executor.Outcome {
	w.t.Helper()
	n := w.network()
	time.Sleep(time.Until(n.ScheduledTo))
	claimed, err := w.store.Claim(w.t.Context(), state.Claim{
		Mode: n.Mode, Owner: "p1", Now: time.Now(), Until: time.Now().Add(time.Minute), N: 1, Services: map[string]int{n.Service: 1},
	})
	if err != nil || len(claimed) != 1 {
		w.t.Fatalf("claimed %d, %v: %+v", len(claimed), err, n)
	}
	w.out = w.executor.Run(trace.With(w.t.Context(), w.trace), executor.Job{Claimed: claimed[0], Connector: w.connector, Held: func() error { return nil }, Drain: make(chan struct{})})
	info := w.connector.Info()
	p := scheduler.Policy{PollMin: info.PollMin, PollMax: info.PollMax, BackoffMin: time.Minute, BackoffMax: time.Hour}
	if err := w.store.Release(w.t.Context(), claimed[0].Lease, scheduler.Next(time.Now(), p, w.out)); err != nil {
		w.t.Fatal(err)
	}
	return w.out
}

// until runs the network until done says so, and fails after too many runs.
func (w *wired) until(what string, done func() bool) {
	w.t.Helper()
	for range 200 {
		if done() {
			return
		}
		w.run()
	}
	w.t.Fatalf("not %s after 200 runs: %+v, %v", what, w.network(), w.out.Err)
}

// history runs until the whole list is read once.
func (w *wired) history() {
	w.t.Helper()
	w.until("read", func() bool { return w.network().Mode == state.Normal })
}

// polled runs until a poll has ended that began after now.
func (w *wired) polled() {
	w.t.Helper()
	from, ended := w.network().Walks, false
	w.until("polled", func() bool {
		ended = ended || w.out.Ended && w.network().Walks > from
		return ended && w.network().Walk == nil
	})
}

// collected is what the store holds, with the like times where the service
// tells them.
func (w *wired) collected() map[string]time.Time {
	w.t.Helper()
	got := map[string]time.Time{}
	err := w.store.Each(w.t.Context(), store.Query{Network: "n1"}, func(l store.Liked) error {
		got[l.ID] = time.Time{}
		if l.LikedFrom == "api" {
			got[l.ID] = l.LikedAt
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// complete holds what was collected against the truth, and that the service has
// nothing to object.
func (w *wired) complete(when string) {
	w.t.Helper()
	if d := w.sim.Compare(w.account.Key, w.collected()); !d.OK() {
		w.t.Errorf("%s: %s", when, d)
	}
	if v := w.sim.Violations(); len(v) > 0 {
		w.t.Errorf("%s: %d violations, the first: %s", when, len(v), v[0])
	}
}

// sized is a connector with another size of page.
type sized struct {
	connectors.Connector
	n int
}

func (s sized) Info() connectors.Info {
	i := s.Connector.Info()
	i.PageSize, i.PollPageSize = s.n, 0
	return i
}

// Fault hands on what the connector makes of faults.
func (s sized) Fault(r connectors.Reply) error {
	if f, ok := s.Connector.(connectors.Faulter); ok {
		return f.Fault(r)
	}
	return nil
}
