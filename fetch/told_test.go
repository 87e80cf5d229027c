package fetch

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/fault"
)

// TestAskingWhoIsTheAccountsCall: the call that asks whose a credential is counts as
// the account's, with the pace and with the quota, before it is connected and after.
func TestAskingWhoIsTheAccountsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Time
		b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) {
			sent = append(sent, time.Now())
			return answer(200, `{"id":"7"}`), nil
		})})
		b.store(t, "a1", canary)
		info := github
		info.Quotas = []connectors.Quota{
			{Name: "pace", Scope: connectors.PerAccount, Unit: "calls", N: 20, Per: time.Minute, Rate: 1. / 3, Burst: 1},
			{Name: "few", Scope: connectors.PerAccount, Unit: "calls", N: 3, Per: time.Hour, Rolling: true},
		}
		call := func(trial bool, remote string) error {
			c := star("/x")
			c.Info, c.Remote = info, remote
			if trial {
				cred, err := auth.ParseCredential(canary)
				if err != nil {
					t.Fatal(err)
				}
				c.Account, c.Trial = "", &cred
			}
			if remote == "" {
				c.Told = func(connectors.Reply) string { return "7" }
			}
			_, err := b.Do(t.Context(), c)
			return err
		}
		for i, err := range []error{call(true, ""), call(true, "7"), call(false, "")} {
			if err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		if err := call(false, "7"); fault.KindOf(err) != fault.RateLimited {
			t.Errorf("a fourth call of three an hour: %v", err)
		}
		for i := range sent[1:] {
			if gap := sent[i+1].Sub(sent[i]); gap < 3*time.Second-time.Millisecond && i != 1 {
				t.Errorf("call %d came %v after the one before", i+1, gap)
			}
		}
		if !slices.IsSortedFunc(sent, time.Time.Compare) || len(sent) != 3 {
			t.Errorf("%d calls were sent", len(sent))
		}
	})
}
