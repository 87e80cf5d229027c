package limit

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
)

// A service whose replies say nothing of its quota is held to what is documented
// of it, by all processes together.
//
// Defect 7: a reply without its quota header means that there is no limit.
func TestSilentServiceIsHeldToItsQuota(t *testing.T) {
	for _, scope := range []connectors.Scoping{connectors.PerAccount, connectors.PerApp} {
		for _, report := range []connectors.Report{{}, core.Report} { // none documented, or documented and never sent
			synctest.Test(t, func(t *testing.T) {
				q := core
				q.N, q.Per, q.Scope, q.Report, q.Rate = 20, time.Minute, scope, report, 0
				shared := &table{rows: map[string]string{}}
				processes := []*Ledger{New(shared, "a", time.Now), New(shared, "b", time.Now)}
				const windows = 5
				sent := 0
				for end := time.Now().Add(windows * q.Per); time.Now().Before(end); time.Sleep(time.Second) {
					for _, l := range processes {
						p, err := l.Take(t.Context(), []Need{{Key: "x", Quota: q}}, Poll)
						if err != nil {
							continue
						}
						var answer *Answer // nil: not sent
						if p.Send(t.Context()) == nil {
							sent++
							answer = &Answer{At: time.Now()}
						}
						if _, err := l.Settle(t.Context(), p, answer); err != nil {
							t.Fatal(err)
						}
					}
				}
				if most := q.N * windows; sent > most || sent < most/2 {
					t.Errorf("%d calls in %d windows of %d", sent, windows, q.N)
				}
			})
		}
	}
}
