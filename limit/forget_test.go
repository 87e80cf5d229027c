package limit

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fault"
)

// TestAForgottenProcessSpendsNothing: a process that was stopped or cut off is taken for
// dead, and others are granted what it had reserved. When it goes on it sends nothing of
// that, and is granted anew.
func TestAForgottenProcessSpendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &table{rows: map[string]string{}}
		q := core
		q.Scope, q.Report = connectors.PerApp, connectors.Report{}
		need := []Need{{Key: "x", Quota: q}}
		l, other := New(rows, "stopped", time.Now), New(rows, "other", time.Now)
		take := func() *Permit {
			t.Helper()
			p, err := l.Take(t.Context(), need, Poll)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		first, second := take(), take()
		if first.ids[0] != second.ids[0] {
			t.Fatal("no batch was granted: the test shows nothing")
		}
		if err := other.Forget(t.Context(), []string{"stopped"}); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*Permit{first, second} {
			err := p.Send(t.Context())
			if f := fault.As(err); f == nil || f.Kind != fault.RateLimited || !f.Busy {
				t.Errorf("a call is sent that others were given: %v", err)
			}
			if _, err := l.Settle(t.Context(), p, nil); err != nil {
				t.Fatal(err)
			}
		}
		if p := take(); p.ids[0] == first.ids[0] || p.Send(t.Context()) != nil {
			t.Error("it is granted nothing anew")
		}
	})
}
