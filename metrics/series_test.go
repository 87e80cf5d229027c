package metrics

import (
	"strings"
	"testing"
)

// mostSeries is how many samples a scrape may have at most, whatever is collected. It is
// said in docs/METRICS.md.
const mostSeries = 6000

// TestSeriesDoNotGrowWithAccounts: ten thousand accounts, users, servers and webhooks make
// as many series as a few hundred do, and none of them stands in one.
func TestSeriesDoNotGrowWithAccounts(t *testing.T) {
	few, many := made(atNoon), made(atNoon)
	busy(t, few, 400*len(infos()))
	busy(t, many, 10_000)
	a, b := lines(t, few), lines(t, many)
	rest := strings.Count(scrape(t, many), "\ngo_") + strings.Count(scrape(t, many), "\nprocess_")
	if len(a) != len(b) || len(b)+rest > mostSeries || len(b) < 500 || rest == 0 {
		t.Errorf("%d series for hundreds, %d for 10,000 accounts, want the same, at most %d", len(a), len(b), mostSeries)
	}
	for _, l := range b {
		if strings.Contains(l, "canary") {
			t.Errorf("a series is about somebody: %s", l)
		}
	}
	t.Logf("%d series for 10,000 accounts, and %d of the process", len(b), rest)
}

// TestEveryMetricIsShown: the list of metrics is what a scrape shows, with the same types
// and labels.
func TestEveryMetricIsShown(t *testing.T) {
	m := made(atNoon)
	busy(t, m, 5000)
	shown := families(t, m)
	listed := map[string]bool{}
	for _, e := range m.entries {
		listed[e.name] = true
		f := shown[e.name]
		if f == nil {
			t.Errorf("%s is listed and not shown", e.name)
			continue
		}
		if kind := strings.ToLower(f.GetType().String()); kind != e.kind || f.GetHelp() != e.help {
			t.Errorf("%s is a %s, listed as a %s", e.name, kind, e.kind)
		}
		if (e.kind == "counter") != strings.HasSuffix(e.name, "_total") {
			t.Errorf("%s is a %s: names of counters, and of no others, end in _total", e.name, e.kind)
		}
		if base, cut := strings.CutSuffix(e.name, "_total"); cut && shown[base] != nil {
			t.Errorf("%s and %s are one name in OpenMetrics", e.name, base)
		}
		var labels []string
		for _, l := range f.Metric[0].Label {
			labels = append(labels, l.GetName())
		}
		for _, l := range e.labels {
			if !strings.Contains(" "+strings.Join(labels, " ")+" ", " "+l+" ") || len(labels) != len(e.labels) {
				t.Errorf("%s has the labels %v, listed as %v", e.name, labels, e.labels)
			}
		}
	}
	for name := range shown {
		if strings.HasPrefix(name, "collector_") && !listed[name] {
			t.Errorf("%s is shown and not listed", name)
		}
	}
	for _, name := range []string{"go_goroutines", "process_start_time_seconds"} {
		if shown[name] == nil {
			t.Errorf("%s is not shown", name)
		}
	}
}
