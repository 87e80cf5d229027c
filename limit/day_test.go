package limit_test

import (
	"flag"
	"testing"
	"time"

	"collector/limit/limittest"
)

var (
	accounts = flag.Int("quota.accounts", 40, "accounts of the day of TestADayWithoutRefusals")
	hours    = flag.Int("quota.hours", 2, "hours of it")
	full     = flag.Bool("quota.full", false, "quotas in their real sizes, and every combination of processes")
)

// Promise R6: through a day of polls, backfills and sweeps of many accounts no
// call is over a quota where nobody else spends; where a stranger does, at most
// one a window and credential.
func TestADayWithoutRefusals(t *testing.T) {
	for _, stranger := range []bool{false, true} {
		got, err := limittest.Day{Accounts: *accounts, Length: time.Duration(*hours) * time.Hour, Seed: 1, Stranger: stranger}.Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("stranger %v: %d calls, %d windows, %d refused calls, at most %d in a window", stranger, got.Calls, got.Windows, got.Refused, got.Most)
		if got.Calls < *accounts**hours {
			t.Errorf("only %d calls: the day proves nothing", got.Calls)
		}
		switch {
		case !stranger && got.Refused > 0:
			t.Errorf("%d calls over a quota although nobody else spends", got.Refused)
		case stranger && got.Refused == 0:
			t.Error("nobody was refused: the stranger proves nothing")
		case got.Most > 1:
			t.Errorf("%d refused calls in one window of one credential", got.Most)
		}
		if got.Early > 0 {
			t.Errorf("%d calls before the time that a refusal had announced", got.Early)
		}
	}
}
