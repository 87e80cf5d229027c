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
	if len(a) != len(b) || len(b) > mostSeries || len(b) < 500 {
		t.Errorf("%d series for hundreds, %d for 10,000 accounts, want the same, at most %d", len(a), len(b), mostSeries)
	}
	for _, l := range b {
		if strings.Contains(l, "canary") {
			t.Errorf("a series is about somebody: %s", l)
		}
	}
	t.Logf("%d series for 10,000 accounts", len(b))
}

// TestEveryMetricIsShown: the list of metrics is what a scrape shows, with the same types
// and labels.
func TestEveryMetricIsShown(t *testing.T) {
	m := made(atNoon)
	busy(t, m, 5000)
	shown := families(t, m)
	listed := map[string]bool{}
	for _, e := range m.Entries() {
		listed[e.Name] = true
		f := shown[e.Name]
		if f == nil {
			t.Errorf("%s is listed and not shown", e.Name)
			continue
		}
		if kind := strings.ToLower(f.GetType().String()); kind != e.Type || f.GetHelp() != e.Help {
			t.Errorf("%s is a %s, listed as a %s", e.Name, kind, e.Type)
		}
		if (e.Type == "counter") != strings.HasSuffix(e.Name, "_total") {
			t.Errorf("%s is a %s: names of counters, and of no others, end in _total", e.Name, e.Type)
		}
		if base, cut := strings.CutSuffix(e.Name, "_total"); cut && shown[base] != nil {
			t.Errorf("%s and %s are one name in OpenMetrics", e.Name, base)
		}
		var labels []string
		for _, l := range f.Metric[0].Label {
			labels = append(labels, l.GetName())
		}
		for _, l := range e.Labels {
			if !strings.Contains(" "+strings.Join(labels, " ")+" ", " "+l+" ") || len(labels) != len(e.Labels) {
				t.Errorf("%s has the labels %v, listed as %v", e.Name, labels, e.Labels)
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
