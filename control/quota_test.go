package control

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/limit"
)

// TestARollingQuotaComesBackByParts: the first call that counts no more makes room for one,
// and does not begin a window.
func TestARollingQuotaComesBackByParts(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	q := connectors.Quota{Name: "calls", Scope: connectors.PerAccount, Unit: "calls", N: 10, Per: 10 * time.Minute, Rolling: true}
	r := limit.Row{Limit: 10, Rolling: true, Used: 7, End: now.Add(-time.Minute), Log: []limit.Spend{{At: now.Add(-11 * time.Minute), N: 3}, {At: now.Add(-4 * time.Minute), N: 4}}}
	got := QuotaOf(q, r, now)
	if got.Left != 6 || !got.Rolling || got.Resets == nil || got.Resets.Sub(now) < 6*time.Minute || got.Resets.Sub(now) > 6*time.Minute+2*time.Second {
		t.Errorf("%+v", got)
	}
	if s := got.Sentence(now); s != "calls: 6 of 10 calls left, more again in 6m" {
		t.Error(s)
	}
	if got := QuotaOf(q, r, now.Add(time.Hour)); got.Left != 10 || got.Resets != nil {
		t.Errorf("when nothing counts: %+v", got)
	}
}
