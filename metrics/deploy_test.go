package metrics

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"go.yaml.in/yaml/v3"
)

// given are the labels that Prometheus adds.
var given = []string{"instance", "job", "le"}

var (
	metricName = regexp.MustCompile(`\b(collector_\w+|go_\w+|process_\w+|up)\b`)
	labelList  = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	selector   = regexp.MustCompile(`\b(\w+)\{([^}]*)\}`)
	quoted     = regexp.MustCompile(`"[^"]*"`)
	matcher    = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
)

// wrong holds an expression to the metrics that there are: their names, their labels, and
// the words that are asked of labels.
func wrong(expr string, shown map[string]*dto.MetricFamily) (out []string) {
	bad := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	bare := quoted.ReplaceAllString(expr, `""`)
	known := slices.Clone(given)
	names := metricName.FindAllString(bare, -1)
	if len(names) == 0 {
		bad("it asks for no metric: %s", expr)
	}
	for _, name := range names {
		f := family(name, shown)
		if f == nil {
			if name != "up" {
				bad("it asks for %s, which there is not", name)
			}
			continue
		}
		if f.GetType() == dto.MetricType_COUNTER && !regexp.MustCompile(`\b(rate|increase)\(`+name).MatchString(expr) {
			bad("it shows the counter %s without its rate", name)
		}
		known = append(known, labelsOf(f)...)
	}
	for _, list := range labelList.FindAllStringSubmatch(bare, -1) {
		for l := range strings.SplitSeq(list[1], ",") {
			if l = strings.TrimSpace(l); !slices.Contains(known, l) {
				bad("it groups by %q, which is no label of %v", l, names)
			}
		}
	}
	for _, sel := range selector.FindAllStringSubmatch(expr, -1) {
		f := family(sel[1], shown)
		for _, m := range matcher.FindAllStringSubmatch(sel[2], -1) {
			if f == nil || slices.Contains(given, m[1]) {
				continue
			}
			for word := range strings.SplitSeq(m[3], "|") {
				if !strings.HasPrefix(word, "$") && !takes(f, m[1], word) || !slices.Contains(labelsOf(f), m[1]) {
					bad("no %s of %s is %q", m[1], sel[1], word)
				}
			}
		}
	}
	return out
}

// family is the metric of a name, "" and the suffixes of histograms left out.
func family(name string, shown map[string]*dto.MetricFamily) *dto.MetricFamily {
	if f := shown[name]; f != nil {
		return f
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if short, cut := strings.CutSuffix(name, suffix); cut && shown[short] != nil && shown[short].GetType() == dto.MetricType_HISTOGRAM {
			return shown[short]
		}
	}
	return nil
}

func labelsOf(f *dto.MetricFamily) (out []string) {
	for _, l := range f.Metric[0].Label {
		out = append(out, l.GetName())
	}
	return out
}

// takes says whether a label of a metric ever has a value.
func takes(f *dto.MetricFamily, label, value string) bool {
	for _, m := range f.Metric {
		for _, l := range m.Label {
			if l.GetName() == label && l.GetValue() == value {
				return true
			}
		}
	}
	return false
}

// full are all metrics with all words that labels can have.
func full(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	m := made(atNoon)
	busy(t, m, 5000)
	return families(t, m)
}

// panel is what the test reads of a panel.
type panel struct {
	Type, Title, Description string
	ID                       int
	GridPos                  struct{ H, W, X, Y int }
	Targets                  []struct{ Expr, LegendFormat, RefID string }
}

// TestDashboardAsksForWhatThereIs: every metric, label and word that a panel names exists, and
// nothing lies over anything else.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	data, err := os.ReadFile("../deploy/grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title, UID string
		Panels     []panel
		Templating struct {
			List []struct{ Name, Query string }
		}
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	shown, ids, asked := full(t), map[int]bool{}, map[string]bool{}
	for _, v := range d.Templating.List {
		if v.Name != "source" {
			what, label, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Query, "label_values("), ")"), ", ")
			for _, w := range wrong("sum by ("+label+") ("+what+")", shown) {
				t.Errorf("the variable %s: %s", v.Name, w)
			}
		}
	}
	place := map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("panel %q has the number of another one, or no title", p.Title)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if place[at] != "" || at[0] > 23 {
					t.Errorf("panel %q lies over %q or outside", p.Title, place[at])
				}
				place[at] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q says or shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, w := range wrong(target.Expr, shown) {
				t.Errorf("panel %s: %s", p.Title, w)
			}
			for _, name := range metricName.FindAllString(target.Expr, -1) {
				asked[name] = true
			}
		}
	}
	if len(d.Panels) < 20 || len(asked) < 25 {
		t.Errorf("%d panels ask for %d metrics", len(d.Panels), len(asked))
	}
}

// TestAlertsAskForWhatThereIs, and promtool takes them, and finds that they tell what is
// wrong and nothing else, where it is installed.
func TestAlertsAskForWhatThereIs(t *testing.T) {
	const file = "../deploy/prometheus-alerts.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(data, &rules); err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile("testdata/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shown, alerts := full(t), map[string]bool{}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			for _, w := range wrong(r.Expr, shown) {
				t.Errorf("alert %s: %s", r.Alert, w)
			}
			if alerts[r.Alert] || r.Annotations["summary"] == "" || r.Annotations["description"] == "" ||
				!slices.Contains([]string{"info", "warning", "critical"}, r.Labels["severity"]) {
				t.Errorf("alert %s is there twice, or does not say how grave it is and what it means", r.Alert)
			}
			alerts[r.Alert] = true
			if !strings.Contains(string(told), `alertname="`+r.Alert+`"`) {
				t.Errorf("no case of testdata/alerts.yaml has the alert %s", r.Alert)
			}
		}
	}
	if len(alerts) < 10 {
		t.Errorf("only %d alerts", len(alerts))
	}
	promtool, err := osexec.LookPath(cmp.Or(os.Getenv("COLLECTOR_TEST_PROMTOOL"), "promtool"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool is missing: scripts/unpack prometheus promtool")
		}
		t.Log("promtool is not there: Prometheus did not look at the rules")
		return
	}
	for _, args := range [][]string{{"check", "rules", file}, {"test", "rules", "testdata/alerts.yaml"}} {
		if out, err := osexec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", args[0], err, out)
		}
	}
	m := made(atNoon)
	busy(t, m, 5000)
	lint := osexec.CommandContext(t.Context(), promtool, "check", "metrics")
	lint.Stdin = strings.NewReader(scrape(t, m))
	if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// TestDeployRulesCanFail: what there is not is found.
func TestDeployRulesCanFail(t *testing.T) {
	shown := full(t)
	for _, expr := range []string{
		"collector_nothing", `collector_due{service="github"}`, "sum by (users) (collector_due)", "collector_runs_total",
		`rate(collector_runs_total{outcome="fine"}[5m])`, "rate(collector_due_bucket[5m])", "1",
	} {
		if len(wrong(expr, shown)) == 0 {
			t.Errorf("%s is taken", expr)
		}
	}
}
