package limit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
	"collector/store/memory"
)

// TestCarriedSpendingCounts: what was spent while nobody knew whose it is bars the
// account once it is known, for as long as its own calls would, and once.
func TestCarriedSpendingCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New(memory.New(), "p", time.Now)
		q := connectors.Quota{Name: "calls", Scope: connectors.PerAccount, Unit: "calls", N: 3, Per: time.Minute, Rolling: true}
		spend := func(key string) *fault.Error {
			t.Helper()
			p, err := l.Take(t.Context(), []limit.Need{{Key: key, Quota: q}}, limit.Poll)
			if err != nil {
				return fault.As(err)
			}
			if _, err := l.Settle(t.Context(), p, &limit.Answer{At: time.Now()}); err != nil {
				t.Fatal(err)
			}
			return nil
		}
		carry := func() {
			t.Helper()
			if err := l.Carry(t.Context(), q, "x/calls/trial", "x/calls/7"); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := spend("x/calls/trial"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		carry()
		carry() // as when the account is connected again
		if err := spend("x/calls/7"); err != nil {
			t.Fatalf("one of three is left: %v", err)
		}
		err := spend("x/calls/7")
		if err == nil || !err.Busy {
			t.Fatalf("a fourth call within a minute: %v", err)
		}
		if wait := time.Until(err.Until); wait < 39*time.Second || wait > 42*time.Second {
			t.Errorf("it waits %v, the first call was 20 seconds ago", wait)
		}
	})
}

// TestPaceIsCarried: calls before and after an account is known keep their distance.
func TestPaceIsCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New(memory.New(), "p", time.Now)
		q := connectors.Quota{Name: "calls", Scope: connectors.PerAccount, Unit: "calls", N: 20, Per: time.Minute, Rate: 1. / 3, Burst: 1}
		sent := func(key string) time.Time {
			t.Helper()
			p, err := l.Take(t.Context(), []limit.Need{{Key: key, Quota: q}}, limit.Poll)
			if err == nil {
				err = p.Send(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			at := time.Now()
			if _, err := l.Settle(t.Context(), p, &limit.Answer{At: at}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		for _, account := range []string{"x/calls/7", "x/calls/7", "x/calls/8"} { // the second time it is known
			asked := sent("x/calls/trial")
			if err := l.Carry(t.Context(), q, "x/calls/trial", account); err != nil {
				t.Fatal(err)
			}
			if gap := sent(account).Sub(asked); gap < 3*time.Second-time.Millisecond {
				t.Errorf("%s: %v between two calls, one in three seconds is allowed", account, gap)
			}
		}
	})
}
