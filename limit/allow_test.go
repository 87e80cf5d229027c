package limit_test

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
	"collector/store/memory"
)

// TestWhatAUserAllows: it holds for all ledgers over the store, keeps what was spent,
// outlives the window, and never stands above the quota's own limit.
func TestWhatAUserAllows(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	st := memory.New()
	clock := func() time.Time { return now }
	one, other := limit.New(st, "p1", clock), limit.New(st, "p2", clock)
	q := connectors.Quota{Name: "budget", Scope: connectors.PerApp, Unit: connectors.Mills, N: 500, Per: 30 * 24 * time.Hour, Calendar: connectors.MonthUTC}
	const key = "x/budget/app"
	spend := func(l *limit.Ledger) error {
		t.Helper()
		p, err := l.Take(t.Context(), []limit.Need{{Key: key, Quota: q, Cost: 100}}, limit.Backfill)
		if err == nil {
			_, err = l.Settle(t.Context(), p, &limit.Answer{At: now})
		}
		return err
	}
	allow := func(n int) limit.Row {
		t.Helper()
		if err := one.Allow(t.Context(), key, q, n); err != nil {
			t.Fatal(err)
		}
		rows, err := st.Quotas(t.Context(), key)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%v, %+v", err, rows)
		}
		return rows[0]
	}
	if r := allow(250); r.Limit != 250 || r.Used != 0 || r.End.Month() != time.December {
		t.Errorf("before the first call: %+v", r)
	}
	for _, l := range []*limit.Ledger{one, other} {
		if err := spend(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := spend(other); fault.KindOf(err) != fault.RateLimited {
		t.Errorf("200 of 250 are spent, and a call may cost 100: %v", err)
	}
	if r := allow(300); r.Limit != 300 || r.Used != 200 {
		t.Errorf("allowed more in the middle of a month: %+v", r)
	}
	if err := spend(other); err != nil {
		t.Error(err)
	}
	if r := allow(100_000); r.Limit != 500 {
		t.Errorf("more is allowed than the quota has: %+v", r)
	}
	now = now.AddDate(0, 1, 0)
	allow(100)
	if err := spend(one); err != nil {
		t.Error(err)
	}
	if err := spend(other); fault.KindOf(err) != fault.RateLimited {
		t.Errorf("100 of 100 are spent: %v", err)
	}
	if r := allow(0); r.Limit != 0 {
		t.Errorf("nothing is allowed: %+v", r)
	}
	if err := spend(one); fault.KindOf(err) != fault.RateLimited {
		t.Errorf("a call although nothing is allowed: %v", err)
	}
}
