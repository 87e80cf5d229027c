package limit_test

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
	"collector/store/memory"
)

// TestMoneyIsReservedAndSettled: a budget gives out no more than is left if every call
// under way costs all that it may; what a call did not cost is there again at once;
// a lost answer cost everything; and the user may allow more in the middle of a month.
func TestMoneyIsReservedAndSettled(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	l := limit.New(memory.New(), "p", func() time.Time { return now })
	q := connectors.Quota{Name: "budget", Scope: connectors.PerApp, Unit: connectors.Mills, N: 250, Per: 30 * 24 * time.Hour, Calendar: connectors.MonthUTC}
	take := func() (*limit.Permit, *fault.Error) {
		p, err := l.Take(t.Context(), []limit.Need{{Key: "x/budget/app", Quota: q, Cost: 100}}, limit.Backfill)
		return p, fault.As(err)
	}
	settle := func(p *limit.Permit, a *limit.Answer) {
		t.Helper()
		if _, err := l.Settle(t.Context(), p, a); err != nil {
			t.Fatal(err)
		}
	}
	cost := func(n int) *limit.Answer {
		return &limit.Answer{At: now, Usage: map[string]limit.Usage{"budget": {Spent: &n}}}
	}
	first, e1 := take()
	second, e2 := take()
	if e1 != nil || e2 != nil {
		t.Fatalf("%v, %v", e1, e2)
	}
	if _, e := take(); e == nil || e.Until.Sub(now) > 10*time.Second {
		t.Fatalf("a third call while two may still cost 200 of 250: %+v", e)
	}
	settle(first, cost(20))
	third, e3 := take() // 20 spent, 100 under way: 130 are left
	if e3 != nil {
		t.Fatalf("after a call that cost 20 of 100: %v", e3)
	}
	settle(second, cost(0))
	settle(third, &limit.Answer{At: now, Failed: true}) // nobody knows
	fourth, e4 := take()                                // 120 spent: 130 are left
	if e4 != nil {
		t.Fatalf("after 120 of 250: %v", e4)
	}
	settle(fourth, cost(100))
	if _, e := take(); e == nil || e.Until.Month() != time.December || e.Kind != fault.RateLimited || !e.Busy {
		t.Fatalf("220 of 250 are spent, and a call may cost 100: %+v", e)
	}
	q.N = 400
	if p, e := take(); e != nil {
		t.Errorf("after more was allowed: %v", e)
	} else {
		settle(p, nil)
	}
	q.N = 0
	if _, e := take(); e == nil {
		t.Error("nothing is allowed, and a call was")
	}
	q.N, now = 250, time.Date(2026, 12, 1, 0, 0, 2, 0, time.UTC)
	if _, e := take(); e != nil {
		t.Errorf("in the next month: %v", e)
	}
}

func TestDollars(t *testing.T) {
	for mills, want := range map[int]string{0: "$0.00", 1: "$0.001", 5: "$0.005", 10: "$0.01", 1120: "$1.12", 5000: "$5.00", 12345: "$12.345"} {
		if got := limit.Dollars(mills); got != want {
			t.Errorf("%d mills: %s, want %s", mills, got, want)
		}
	}
}
