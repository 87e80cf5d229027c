package limit_test

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/limit"
	"collector/limit/limittest"
)

// Promise R6: what a process has reserved of one quota goes back when another
// quota bars it for longer than the reservation lives; else a day's budget loses
// a batch each hour.
func TestNothingIsKeptWhileAnotherQuotaBars(t *testing.T) {
	table := &limittest.Table{}
	now := time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	l := limit.New(table, "a", func() time.Time { return now })
	hour := connectors.Quota{Name: "hour", Scope: connectors.PerApp, Unit: "calls", N: 7, Per: time.Hour}
	day := connectors.Quota{Name: "day", Scope: connectors.PerApp, Unit: "calls", N: 1000, Per: 24 * time.Hour, Calendar: connectors.DayUTC}
	needs := []limit.Need{{Key: "x/day/app", Quota: day}, {Key: "x/hour/app", Quota: hour}}
	sent := 0
	for range 30 {
		p, err := l.Take(t.Context(), needs, limit.Backfill)
		if err != nil {
			continue
		}
		sent++
		if _, err := l.Settle(t.Context(), p, &limit.Answer{At: now}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := table.Quotas(t.Context(), "x/day/app")
	if err != nil || sent != hour.N || rows[0].Used != sent || rows[0].Out != 0 {
		t.Errorf("%d sent; of the day %d used, %d outstanding; %v", sent, rows[0].Used, rows[0].Out, err)
	}
}
