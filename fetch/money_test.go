package fetch

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
)

// TestBudget: the user's budget stands in place of the service's own; a refusal costs
// nothing, a page what its reader says, and a lost answer all that was reserved.
func TestBudget(t *testing.T) {
	status, body := 200, `[]`
	b := newBench(t, Config{
		Budgets: map[string]int{"github": 300},
		Transport: wire(func(*http.Request) (*http.Response, error) {
			if status == 0 {
				return nil, http.ErrHandlerTimeout
			}
			return answer(status, body), nil
		}),
	})
	info := github
	info.Quotas = append(slices.Clone(info.Quotas), connectors.Quota{
		Name: "budget", Scope: connectors.PerApp, Unit: connectors.Mills, N: 5000, Per: 30 * 24 * time.Hour, Calendar: connectors.MonthUTC,
	})
	spent := func(n *int) int {
		t.Helper()
		call := star("/x")
		call.Info, call.Request.Anonymous, call.Request.Cost = info, true, map[string]int{"budget": 100}
		call.Usage = func() []connectors.Usage { return []connectors.Usage{{Quota: "budget", Spent: n}} }
		_, err := b.Do(t.Context(), call)
		if (err == nil) != (status == 200) || fault.KindOf(err) == fault.RateLimited {
			t.Fatalf("status %d: %v", status, err)
		}
		rows, err := b.quotas.Quotas(t.Context(), "github/budget")
		if err != nil || len(rows) != 1 || rows[0].Limit != 300 || rows[0].Out != 0 {
			t.Fatalf("%v, %+v", err, rows)
		}
		return rows[0].Used
	}
	seven, none := 7, 0
	if got := spent(&seven); got != 7 {
		t.Errorf("a page of 7 cost %d", got)
	}
	if got := spent(&none); got != 7 {
		t.Errorf("an empty page cost %d", got-7)
	}
	if status = 503; spent(nil) != 7 {
		t.Error("a refusal cost something")
	}
	if status = 0; spent(nil) != 107 {
		t.Error("a lost answer did not cost all that was reserved")
	}
	if status = 200; spent(nil) != 207 {
		t.Error("a page that does not say what it cost did not cost all that was reserved")
	}
	call := star("/x")
	call.Info, call.Request.Anonymous, call.Request.Cost = info, true, map[string]int{"budget": 100}
	if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.RateLimited {
		t.Errorf("93 of 300 are left, and a call of 100 was sent: %v", err)
	}
}
