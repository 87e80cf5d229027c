package executor_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/limit"
	"collector/simulate"
	"collector/state"
)

// newListWorld is newWorld for any list of a provider, over services with options
// of their own; zero Budgets mean no quotas.
func newListWorld(t *testing.T, c connectors.Connector, likes int, o simulate.Options) *world {
	t.Helper()
	w := newWorld(t, c, o.Seed, 0)
	if o.Now == nil {
		o.Now = func() time.Time { return w.now }
	}
	if o.Budgets == nil {
		o.Budgets = map[string][]simulate.Budget{c.Info().Provider: {}}
	}
	w.sim = simulate.New(o)
	services := []string{c.Info().Provider}
	if c.Info().Name != c.Info().Provider {
		services = append(services, c.Info().Name)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(w.account.Name, "@"), "@") // whose list the network names
	for i, service := range services {
		spec := simulate.Spec{Service: service, Name: name}
		if i == len(services)-1 {
			spec.Likes = likes
		}
		var err error
		if w.account, err = w.sim.AddAccount(spec); err != nil {
			t.Fatal(err)
		}
	}
	w.token = w.account.Tokens[0]
	if f, ok := c.(connectors.Faulter); ok {
		w.executor.Do = func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
			reply, err := w.do(ctx, call)
			if said := f.Fault(reply); err != nil && said != nil {
				return reply, said
			}
			return reply, err
		}
	}
	return w
}

// few is a connector whose pages hold so many items.
type few struct {
	powers
	n int
}

// powers are those of a connector that reads a list of its user.
type powers interface {
	connectors.Connector
	connectors.Identifier
	connectors.Faulter
}

func (f few) Info() connectors.Info {
	i := f.powers.Info()
	i.PageSize, i.PollPageSize = f.n, min(i.PollPageSize, f.n)
	return i
}

func inPages(c connectors.Connector, n int) connectors.Connector { return few{c.(powers), n} }

// until runs the network until something holds, at most so often.
func (w *world) until(runs int, holds func(executor.Outcome) bool) {
	w.t.Helper()
	for range runs {
		if holds(w.run()) {
			return
		}
	}
	n, err := w.store.Network(w.t.Context(), w.network)
	w.t.Fatalf("not after %d runs: %s (%v) %+v", runs, n.Reason, err, n.Progress)
}

// normal says that the history is read and no walk is open or owed.
func (w *world) normal(executor.Outcome) bool {
	n, err := w.store.Network(w.t.Context(), w.network)
	if err != nil {
		w.t.Fatal(err)
	}
	return n.Mode == state.Normal && n.Walk == nil && n.Sweep == nil && !n.SweepDue
}

// whole fails where something that is true now was not collected.
func (w *world) whole(when string) {
	w.t.Helper()
	if d := w.sim.Compare(w.account.Key, w.collected()); !d.OK() {
		w.t.Fatalf("%s: %s", when, d)
	}
}

// paying lets the network run through the real client with a ledger, in the present
// time of a bubble; a month may cost so many mills. It returns what runs it when it
// is due.
func (w *world) paying(budget int) func() executor.Outcome {
	w.t.Helper()
	client, err := fetch.New(fetch.Config{
		Version: "test", Now: time.Now, Ledger: limit.New(w.store, "p", time.Now), Transport: signing{w},
		Budgets: map[string]int{w.connector.Info().Provider: budget},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(client.Close)
	time.Sleep(time.Until(w.now)) // when the network was made
	w.executor.Now = time.Now
	w.executor.Do = func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
		call.Request.Anonymous = true // signing signs it
		return client.Do(ctx, call)
	}
	return func() executor.Outcome {
		w.t.Helper()
		n, err := w.store.Network(w.t.Context(), w.network)
		if err != nil {
			w.t.Fatal(err)
		}
		time.Sleep(time.Until(n.ScheduledTo)) // virtual
		w.now = time.Now()
		return w.run()
	}
}

// signing is the way to the simulated services with the account's token.
type signing struct{ w *world }

func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+s.w.token)
	return s.w.sim.Transport().RoundTrip(r)
}

// after is the parameter of a call that names the place in a list.
func after(r *http.Request, names ...string) string {
	for _, n := range names {
		if v := r.URL.Query().Get(n); v != "" && !strings.Contains(v, ",") {
			return v
		}
	}
	return ""
}
