package site

import (
	"testing"
	"time"

	"collector/web/page/chart"
)

// TestLagIsShown where the process knows how late it starts runs, on the operator's clock.
func TestLagIsShown(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.as("").get("/workers").is(200, "!of their time")
		asked := time.Time{}
		w.config.Work.Lag = func(now time.Time) *chart.Lag {
			asked = now
			l := &chart.Lag{From: now.Add(-time.Hour), Until: now, Runs: 12, Half: time.Second, Tail: 3 * time.Second, Remark: "Of one process."}
			for range 7 {
				l.Median, l.Most = append(l.Median, time.Second), append(l.Most, 3*time.Second)
			}
			return l
		}
		w.open()
		a := w.as("").get("/workers").is(200, "Half of 12 runs started within 1.0 s of their time, 95 % within 3.0 s. Of one process.", "11:00")
		if len(a.find("figure", "chart")) != 1 || !asked.Equal(noon) {
			t.Errorf("%d charts, asked for %s", len(a.find("figure", "chart")), asked)
		}
		w.as("anna").get("/workers").is(403, "!Of one process.")
	})
}
