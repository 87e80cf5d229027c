package executor_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/connectors/twitter"
	"collector/executor"
	"collector/limit"
	"collector/simulate"
	"collector/state"
)

// Pages of X are shorter than asked for, and a hundred bookmarks a page end early:
// the walks read everything all the same.
func TestXReadsBehindShortPages(t *testing.T) {
	for _, c := range []connectors.Connector{twitter.New(), twitter.Bookmarks()} {
		t.Run(c.Info().Name, func(t *testing.T) {
			w := newListWorld(t, c, 1120, simulate.Options{Seed: 9})
			w.until(100, w.normal)
			w.whole("after the backfill")
			for range 5 {
				if _, err := w.sim.Like(w.account.Key, 37); err != nil {
					t.Fatal(err)
				}
				w.until(20, func(out executor.Outcome) bool { return out.Polled })
				w.whole("after a poll")
			}
			n, err := w.store.Network(t.Context(), w.network)
			if err != nil {
				t.Fatal(err)
			}
			if !n.SweepAt.IsZero() {
				t.Errorf("the list, which costs money, is to be read whole again at %s, which nobody asked for", n.SweepAt)
			}
		})
	}
}

// What X charges never passes the month's budget: while two lists of an account are
// read at once, some pages fail and some answers are lost. The next month goes on
// from where the last one ended.
func TestXKeepsTheBudget(t *testing.T) {
	for _, budget := range []int{0, 250, 2000} {
		t.Run(limit.Dollars(budget), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newListWorld(t, inPages(twitter.New(), 50), 1120, simulate.Options{Seed: 9, Now: time.Now})
				w.sim.AddFault(simulate.Fault{Kind: simulate.Status, Path: "liked_tweets", Every: 5})
				w.sim.AddFault(simulate.Fault{Kind: simulate.Cut, Path: "liked_tweets", From: 3, Every: 11})
				run := w.paying(budget)
				waited := false
				for month := time.Now(); time.Since(month) < 40*24*time.Hour; {
					out := run()
					waited = waited || out.Err != nil && strings.Contains(out.Err.Error(), "budget")
					if n := w.sim.Billed(time.Now()); n > budget {
						t.Fatalf("%s were charged of a budget of %s", limit.Dollars(n), limit.Dollars(budget))
					}
				}
				n, err := w.store.Network(t.Context(), w.network)
				if err != nil {
					t.Fatal(err)
				}
				if budget == 2000 {
					w.whole("after the backfill")
					if n.Mode != state.Normal {
						t.Errorf("still %s: %s", n.Mode, n.Reason)
					}
				} else if n.Mode != state.Initial || !waited {
					t.Errorf("%s, has waited for the budget: %v; %s", n.Mode, waited, n.Reason)
				}
				if got := len(w.collected()); budget == 250 && (got < 300 || got > 500) {
					t.Errorf("%d posts in two months for %s each", got, limit.Dollars(budget))
				}
			})
		})
	}
}

// A cap on a month's use is waited for to the end of the month, and is no failure.
func TestXUsageCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newListWorld(t, inPages(twitter.New(), 50), 200, simulate.Options{Seed: 9, Now: time.Now})
		run := w.paying(5000)
		capped := fmt.Sprintf(`{"title":"UsageCapExceeded","type":%q,"period":"Monthly"}`, "https://api.twitter.com/2/problems/usage-capped")
		w.sim.AddFault(simulate.Fault{Kind: simulate.Status, Status: 429, Body: capped, Path: "liked_tweets", Until: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)})
		run()
		n, err := w.store.Network(t.Context(), w.network)
		if err != nil || n.Condition != state.Limited || n.Failures > 0 || n.ScheduledTo.Month() != time.April || n.ScheduledTo.Day() != 1 {
			t.Fatalf("%v, %s until %v: %s", err, n.Condition, n.ScheduledTo, n.Reason)
		}
		for range 20 {
			if run(); w.normal(executor.Outcome{}) {
				break
			}
		}
		w.whole("in the next month")
		if v := w.sim.Violations(); len(v) > 0 {
			t.Errorf("%v", v)
		}
	})
}
