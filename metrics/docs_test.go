package metrics

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/METRICS.md anew")

// TestEveryMetricIsDocumented: the table of docs/METRICS.md is the list of metrics.
func TestEveryMetricIsDocumented(t *testing.T) {
	const name, begin, end = "../docs/METRICS.md", "-update -->\n", "<!-- end of metrics -->"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", name)
	}
	var b strings.Builder
	b.WriteString("| metric | kind | labels | of | what it says |\n|---|---|---|---|---|\n")
	for _, e := range made(atNoon).entries {
		of := "instance"
		if e.shared {
			of = "store"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", e.name, e.kind, strings.Join(e.labels, ", "), of, e.help)
	}
	want := head + begin + b.String() + end + tail
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Errorf("%s is not the list of metrics: go test ./metrics -run TestEveryMetricIsDocumented -update", name)
	}
	if !strings.Contains(want, fmt.Sprintf("at most %d,%03d series", mostSeries/1000, mostSeries%1000)) {
		t.Errorf("%s does not say that there are at most %d series", name, mostSeries)
	}
	if !strings.Contains(want, fmt.Sprintf("last %d gatherings, and at most %d,%03d values", keepGathered, keepSeries/1000, keepSeries%1000)) {
		t.Errorf("%s does not say what is kept for Graphite", name)
	}
}
