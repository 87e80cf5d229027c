package metrics

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/state"
)

// TestTheStoreIsPassedThrough: what is asked and answered stays as it is, and is counted.
func TestTheStoreIsPassedThrough(t *testing.T) {
	m := made(atNoon)
	var n state.Network
	n.Service, n.ScheduledTo = "github", noon.Add(-90*time.Second)
	later := n
	later.ScheduledTo = noon.Add(time.Hour) // asked for by a person
	st := &fakeStore{claimed: []state.Claimed{{Network: n}, {Network: later}}}
	w := m.Store(st)
	got, err := w.Claim(t.Context(), state.Claim{Now: noon})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v %v", got, err)
	}
	if c, err := w.Commit(t.Context(), state.Lease{}, state.Page{}); err != nil || c.Added != 3 {
		t.Errorf("%v %v", c, err)
	}
	for _, err := range []error{state.ErrLeaseLost, state.ErrUnavailable, context.Canceled} {
		st.err = err
		if got := w.Release(t.Context(), state.Lease{}, state.Progress{}); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	expect(t, m, map[string]float64{
		`collector_claims_total{service="github"}`:            2,
		`collector_start_lag_seconds_count{service="github"}`: 1,
		`collector_start_lag_seconds_sum{service="github"}`:   90,
		`collector_store_seconds_count{op="commit"}`:          1,
		`collector_store_seconds_count{op="release"}`:         3,
		`collector_store_errors_total{op="release"}`:          1,
		`collector_leases_lost_total`:                         1,
	})
}

// TestLeasesAreRenewable while the store takes signs of life, and not while it refuses to.
func TestLeasesAreRenewable(t *testing.T) {
	now := noon
	m := made(func() time.Time { return now })
	st := &fakeStore{}
	renew := func(err error) {
		st.err = err
		_ = m.Store(st).Renew(t.Context(), "me", now)
	}
	want := func(what string, want error) {
		t.Helper()
		if got := m.Renewable(15 * time.Second); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	want("at the start", errNoSign)
	m.Beat(nil)
	want("after a heartbeat", nil)
	now = now.Add(15 * time.Second)
	want("15 s later", nil)
	now = now.Add(time.Millisecond)
	m.Beat(errors.New("full"))
	want("16 s later", errOldSign)
	renew(nil)
	want("after a renewal", nil)
	renew(state.ErrUnavailable)
	m.Beat(nil)
	want("after a renewal that was refused", errRefused)
	now = now.Add(10 * time.Second)
	renew(nil)
	want("after it was made good", nil)
	renew(state.ErrUnavailable)
	now = now.Add(16 * time.Second)
	m.Beat(nil)
	want("when nothing is in hand that would be renewed", nil)
}

func TestQuotasArePassedThrough(t *testing.T) {
	now := noon
	m := made(func() time.Time { return now })
	kept := &rows{map[string]limit.Row{}}
	w := m.Quotas(kept)
	key := limit.Key("github", connectors.Quota{Name: "core", Scope: connectors.PerAccount}, "583231")
	spend := func(n, of int, epoch int64) {
		t.Helper()
		if err := w.UpdateQuotas(t.Context(), []string{key}, func(r []*limit.Row) error {
			r[0].Limit, r[0].Used, r[0].Epoch = of, n, epoch
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	known := false
	for _, in := range infos() {
		for _, q := range in.Quotas {
			known = known || in.Provider == "github" && q.Name == "core"
		}
	}
	if !known {
		t.Fatal("GitHub's quota has another name: mend this test")
	}
	labels := `{provider="github",quota="core"}`
	spend(10, 100, 1)
	spend(60, 100, 1)
	spend(55, 100, 1) // given back
	expect(t, m, map[string]float64{"collector_quota_spent_total" + labels: 60, "collector_quota_use_ratio" + labels: .6})
	spend(5, 100, 2) // a new window
	expect(t, m, map[string]float64{"collector_quota_spent_total" + labels: 65, "collector_quota_use_ratio" + labels: .6})
	refused := errors.New("no")
	if err := w.UpdateQuotas(t.Context(), []string{key}, func(r []*limit.Row) error { r[0].Used = 99; return refused }); !errors.Is(err, refused) {
		t.Errorf("a refusal became %v", err)
	}
	now = now.Add(peakFor)
	expect(t, m, map[string]float64{"collector_quota_spent_total" + labels: 65, "collector_quota_use_ratio" + labels: .6})
	spend(6, 100, 2)
	now = now.Add(peakFor)
	expect(t, m, map[string]float64{"collector_quota_use_ratio" + labels: .06})
	now = now.Add(time.Hour)
	expect(t, m, map[string]float64{"collector_quota_use_ratio" + labels: 0})
}

func TestCallsArePassedThrough(t *testing.T) {
	now := noon
	m := made(func() time.Time { return now })
	in := connectors.Info{Name: "github", Provider: "github"}
	for _, c := range []struct {
		reply connectors.Reply
		err   error
	}{
		{connectors.Reply{Status: 200}, nil},
		{connectors.Reply{Status: 304}, nil},
		{connectors.Reply{}, &fault.Error{Kind: fault.RateLimited, Busy: true, Quota: "github/core/583231"}},
		{connectors.Reply{}, &fault.Error{Kind: fault.RateLimited, Status: 429, Quota: "github/core/583231"}},
		{connectors.Reply{}, &fault.Error{Kind: fault.RateLimited, Status: 429, Quota: "strange/core/583231"}},
		{connectors.Reply{}, state.ErrLeaseLost},
		{connectors.Reply{}, errors.New("x")},
	} {
		got, err := m.Calls(func(_ context.Context, call fetch.Call) (connectors.Reply, error) {
			if call.Info.Name != "github" {
				t.Errorf("another call: %+v", call)
			}
			now = now.Add(2 * time.Second)
			return c.reply, c.err
		})(t.Context(), fetch.Call{Info: in})
		if got.Status != c.reply.Status || !errors.Is(err, c.err) {
			t.Errorf("%+v became %+v, %v", c, got, err)
		}
	}
	expect(t, m, map[string]float64{
		`collector_calls_total{outcome="ok",service="github"}`:                      1,
		`collector_calls_total{outcome="not_modified",service="github"}`:            1,
		`collector_calls_total{outcome="rate_limited",service="github"}`:            3,
		`collector_calls_total{outcome="lease_lost",service="github"}`:              1,
		`collector_calls_total{outcome="unknown",service="github"}`:                 1,
		`collector_limits_met_total{by="collector",provider="github",quota="core"}`: 1,
		`collector_limits_met_total{by="service",provider="github",quota="core"}`:   1,
		`collector_limits_met_total{by="service",provider="other",quota="other"}`:   1,
		`collector_call_seconds_count{service="github"}`:                            4,
		`collector_call_seconds_sum{service="github"}`:                              8,
	})
}

// TestAClockThatGoesBack takes nothing off the sum of a histogram.
func TestAClockThatGoesBack(t *testing.T) {
	now := noon
	m := made(func() time.Time { return now })
	_, _ = m.Calls(func(context.Context, fetch.Call) (connectors.Reply, error) {
		now = now.Add(-time.Hour)
		return connectors.Reply{Status: 200}, nil
	})(t.Context(), fetch.Call{Info: connectors.Info{Name: "github"}})
	expect(t, m, map[string]float64{`collector_call_seconds_sum{service="github"}`: 0, `collector_call_seconds_count{service="github"}`: 1})
}

// TestDeliveriesTellTheirAge: of those that were taken.
func TestDeliveriesTellTheirAge(t *testing.T) {
	m := made(atNoon)
	call := func(status int, err error, body string) {
		t.Helper()
		got, after, failed := m.Posts(func(context.Context, string, http.Header, []byte) (int, string, error) {
			return status, "7", err
		})(t.Context(), "https://hook.example", nil, []byte(body))
		if got != status || after != "7" || !errors.Is(failed, err) {
			t.Errorf("%d %v became %d %q %v", status, err, got, after, failed)
		}
	}
	call(204, nil, `{"type":"item.added","timestamp":"2026-11-22T11:59:00Z","data":{}}`)
	call(200, nil, `{"type":"item.added","data":{"timestamp":"2020-01-01T00:00:00Z"}}`) // not at the top
	call(200, nil, `not JSON`)
	call(500, nil, `{"timestamp":"2026-11-22T01:00:00Z"}`)
	call(0, errors.New("refused"), `{"timestamp":"2026-11-22T01:00:00Z"}`)
	expect(t, m, map[string]float64{
		`collector_deliveries_total{status="2xx"}`:  3,
		`collector_deliveries_total{status="5xx"}`:  1,
		`collector_deliveries_total{status="none"}`: 1,
		`collector_delivery_age_seconds_count`:      1,
		`collector_delivery_age_seconds_sum`:        60,
	})
}
