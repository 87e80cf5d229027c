package fetch

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fault"
)

// Promise R6: what a body tells of a quota is kept like what a header tells, a
// call may cost more than one unit, and a pause that the body asks for is kept.
func TestBodiesTellOfQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) {
			calls++
			return answer(200, `{}`), nil
		})})
		b.store(t, "a1", canary)
		left := 40
		call := star("/x")
		call.Info.Quotas = []connectors.Quota{{Name: "daily", Unit: "units", N: 10_000, Per: 24 * time.Hour, Calendar: connectors.DayUTC, Report: connectors.Report{Body: true}}}
		call.Request.Cost = map[string]int{"daily": 30}
		call.Use = func(connectors.Reply) error { return nil }
		usage := []connectors.Usage{{Quota: "daily", Limit: 300, Left: &left}}
		call.Usage = func() []connectors.Usage { return usage }
		if _, err := b.Do(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		rows, _ := b.quotas.Quotas(t.Context(), "github/daily/")
		if len(rows) != 1 || rows[0].Limit != 300 || rows[0].Used != 260 || rows[0].Out != 0 {
			t.Fatalf("the ledger knows %+v", rows)
		}
		left = 10
		usage[0].Wait = 20 * time.Second
		if _, err := b.Do(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		_, err := b.Do(t.Context(), call)
		if f := fault.As(err); f == nil || !f.Busy || time.Until(f.Until) < 20*time.Second || time.Until(f.Until) > 22*time.Second {
			t.Errorf("during the pause: %v", err)
		}
		time.Sleep(22 * time.Second)
		usage[0].Wait = 0
		if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.RateLimited {
			t.Errorf("10 units are left and a call costs 30: %v", err)
		}
		if calls != 2 {
			t.Errorf("%d calls", calls)
		}
	})
}

// A reply that makes its reader panic was spent all the same.
func TestUnreadRepliesAreSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) { return answer(200, `{}`), nil })})
		b.store(t, "a1", canary)
		call := star("/x")
		call.Info.Quotas = []connectors.Quota{{Name: "daily", Unit: "units", N: 10, Per: 24 * time.Hour, Calendar: connectors.DayUTC}}
		call.Use = func(connectors.Reply) error { panic("broken connector") }
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _ = b.Do(t.Context(), call)
		}()
		rows, _ := b.quotas.Quotas(t.Context(), "github/daily/")
		if len(rows) != 1 || rows[0].Used != 1 || rows[0].Out != 0 {
			t.Errorf("the ledger knows %+v", rows)
		}
	})
}
