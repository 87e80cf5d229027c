package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"collector/connectors"
	"collector/connectors/all"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/queue"
	"collector/state"
	"collector/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func infos() (out []connectors.Info) {
	for _, c := range all.Connectors() {
		out = append(out, c.Info())
	}
	return out
}

func made(now func() time.Time) *Metrics {
	return New(Config{Services: infos(), Version: "1.2.3", Now: now})
}

func atNoon() time.Time { return noon }

// fakeStore answers what it was told to.
type fakeStore struct {
	state.Store
	claimed []state.Claimed
	err     error
}

func (f *fakeStore) Claim(context.Context, state.Claim) ([]state.Claimed, error) {
	return f.claimed, f.err
}

func (f *fakeStore) Commit(context.Context, state.Lease, state.Page) (state.Committed, error) {
	return state.Committed{Added: 3}, f.err
}
func (f *fakeStore) Release(context.Context, state.Lease, state.Progress) error { return f.err }
func (f *fakeStore) Renew(context.Context, string, time.Time) error             { return f.err }

// rows is a store of quotas that runs every change twice, as one whose first try met another.
type rows struct{ all map[string]limit.Row }

func (r *rows) UpdateQuotas(_ context.Context, keys []string, fn func([]*limit.Row) error) error {
	var got []*limit.Row
	for range 2 {
		got = nil
		for _, k := range keys {
			row := r.all[k]
			row = row.Clone()
			row.Key = k
			got = append(got, &row)
		}
		if err := fn(got); err != nil {
			return err
		}
	}
	for _, row := range got {
		r.all[row.Key] = *row
	}
	return nil
}
func (r *rows) Quotas(context.Context, string) ([]limit.Row, error) { return nil, nil }
func (r *rows) Owing(context.Context, []string) ([]string, error)   { return nil, nil }

// busy drives everything that counts, for so many accounts of every service, each with its
// own user, name, server and webhook.
func busy(t *testing.T, m *Metrics, accounts int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(m.Close)
	t.Cleanup(cancel)
	st, quotas := &fakeStore{}, &rows{map[string]limit.Row{}}
	watched, ledger := m.Store(st), m.Quotas(quotas)
	var failures []error
	for k := fault.Unknown; k <= fault.Bug; k++ {
		failures = append(failures, fault.New(k, "canary"))
	}
	failures = append(failures, nil, executor.ErrStalled, errors.New("canary"))
	kinds := []string{"backfill", "poll", "sweep", "details", "import", "canary"}
	conditions := []state.Condition{"", state.OK, state.Limited, state.NeedsSignIn, state.NeedsScope, state.Missing, state.Failing, state.Broken, state.Stalled, state.Imported, "canary"}
	services := append(infos(), connectors.Info{Name: "canary", Provider: "canary", Quotas: []connectors.Quota{{Name: "canary"}}})
	var tally store.Tally
	for _, in := range services {
		for _, c := range conditions {
			for i, mode := range []state.Mode{state.Initial, state.Normal, "canary"} {
				tally.States = append(tally.States, store.Standing{Service: in.Name, Mode: mode, Condition: c, Paused: i == 0, Networks: 2, Running: 1})
			}
		}
	}
	for i := range accounts {
		in := services[i%len(services)]
		n := state.Network{
			ID: fmt.Sprintf("canary-id-%d", i), User: fmt.Sprintf("canary-user-%d", i), Service: in.Name, Provider: in.Provider,
			Account: fmt.Sprintf("canary-account-%d", i), Server: fmt.Sprintf("https://canary-%d.example", i),
		}
		n.ScheduledTo, n.Newest = m.now().Add(-time.Duration(i)*time.Second), m.now().Add(-time.Minute)
		for j, kind := range kinds {
			m.Ended(executor.Outcome{
				Network: n, Kind: kind, Pages: 1, Added: 1, Changed: 1, Removed: 1, Filled: 1, Ended: j%2 == 0, Since: time.Hour,
				Err: failures[(i+j)%len(failures)], Drained: (i+j)%7 == 0, NotStored: (i+j)%11 == 0,
			})
		}
		st.claimed, st.err = []state.Claimed{{Network: n}}, nil
		if i%3 == 0 {
			st.err = failures[i%len(failures)]
		}
		_, _ = watched.Claim(ctx, state.Claim{Now: m.now()})
		_, _ = watched.Commit(ctx, state.Lease{}, state.Page{})
		_ = watched.Release(ctx, state.Lease{}, state.Progress{})
		_ = watched.Renew(ctx, n.Account, m.now())
		for _, q := range in.Quotas {
			key := limit.Key(in.Provider, q, n.Account)
			_ = ledger.UpdateQuotas(ctx, []string{key}, func(rows []*limit.Row) error {
				rows[0].Limit, rows[0].Used = 100, rows[0].Used+1
				return nil
			})
			failures[fault.RateLimited] = &fault.Error{Kind: fault.RateLimited, Quota: key, Busy: i%2 == 0, Status: 429}
			for _, err := range []error{failures[fault.RateLimited], failures[i%len(failures)], state.ErrLeaseLost, nil} {
				_, _ = m.Calls(func(context.Context, fetch.Call) (connectors.Reply, error) {
					return connectors.Reply{Status: 200 + 104*(i%2)}, err
				})(ctx, fetch.Call{Info: in, Account: n.Account})
			}
		}
		_, _, _ = m.Posts(func(context.Context, string, http.Header, []byte) (int, string, error) {
			return 100 * (i % 7), "", nil
		})(ctx, n.Server, nil, []byte(`{"type":"item.added","timestamp":"2026-11-22T11:00:00Z","data":{}}`))
	}
	m.Show(Instance{Workers: 16, Running: func() int { return 3 }, Turned: m.now, Leads: func() bool { return true }})
	m.Beat(nil)
	m.graphite.pushes.WithLabelValues("ok").Inc()
	m.graphite.pushes.WithLabelValues("failed").Inc()
	m.From(ctx, Source{
		Tally: func(context.Context, time.Time) (store.Tally, error) { return tally, nil },
		Beats: func(context.Context, time.Time) ([]store.Instance, error) {
			return []store.Instance{{ID: "canary", Version: "1"}}, nil
		},
		LastChange: func(context.Context) (int64, error) { return 7, nil },
		Jobs: func(context.Context) (map[string][]queue.Stats, error) {
			var queues []queue.Stats
			for i := range accounts {
				queues = append(queues, queue.Stats{Queue: fmt.Sprintf("canary-%d", i), Paused: i == 0, Ready: 1, Added: 2})
			}
			return map[string][]queue.Stats{"upkeep": queues, "webhooks": queues, "messages": queues, "canary": queues}, nil
		},
		Topics: func(context.Context) (int64, int64, bool, error) { return 3, 10, true, nil },
		Life:   15 * time.Second,
	})
	m.facts.failed.WithLabelValues("jobs").Inc()
}

// families gathers by name.
func families(t *testing.T, m *Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	all, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*dto.MetricFamily{}
	for _, f := range all {
		out[f.GetName()] = f
	}
	return out
}

// scrape is what Prometheus reads.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("a scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// lines are the samples of the collector's own metrics as Prometheus reads them.
func lines(t *testing.T, m *Metrics) []string {
	t.Helper()
	var out []string
	for l := range strings.Lines(scrape(t, m)) {
		if strings.HasPrefix(l, "collector_") {
			out = append(out, strings.TrimSpace(l))
		}
	}
	return out
}

// value is that of one sample, -1 where it is not there.
func value(t *testing.T, m *Metrics, sample string) (v float64) {
	t.Helper()
	for _, l := range lines(t, m) {
		if rest, ok := strings.CutPrefix(l, sample+" "); ok {
			if _, err := fmt.Sscan(rest, &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	return -1
}

func expect(t *testing.T, m *Metrics, want map[string]float64) {
	t.Helper()
	for sample, v := range want {
		if got := value(t, m, sample); got != v {
			t.Errorf("%s is %v, want %v", sample, got, v)
		}
	}
}
