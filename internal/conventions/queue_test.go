package conventions

import (
	"regexp"
	"strings"
	"testing"
)

// testName matches the name of a test in a table: words run together.
var testName = regexp.MustCompile(`\b(?:Example_[a-z]\w+|[A-Z][A-Za-z]*[a-z][A-Z][A-Za-z]*)\b`)

// named returns the tests that the last cells of a document's tables name.
func named(document string) []string {
	var out []string
	code := regexp.MustCompile("`[^`]*`|\\([^)]*\\)")
	for _, line := range strings.Split(document, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if strings.HasPrefix(line, "| ") && len(cells) == 2 {
			out = append(out, testName.FindAllString(code.ReplaceAllString(cells[1], ""), -1)...)
		}
	}
	return out
}

// TestTheQueuesListNamesTests keeps docs/QUEUE.md true: each test that it names is there.
func TestTheQueuesListNamesTests(t *testing.T) {
	var all strings.Builder
	for _, s := range sources(t) {
		if within("queue")(s.dir()) {
			all.WriteString(s.text)
		}
	}
	names := named(read(t, "docs/QUEUE.md"))
	if len(names) < 60 {
		t.Fatalf("only %d tests are named: %q", len(names), names)
	}
	for _, name := range names {
		if name == "MongoDB" || name == "SQLite" || name == "PostgreSQL" {
			continue
		}
		found := strings.Contains(all.String(), "func Test"+name+"(") || strings.Contains(all.String(), `{"`+name+`", `) || strings.Contains(all.String(), "func "+name+"(")
		if !found {
			t.Errorf("docs/QUEUE.md names %s, which is no test of queue", name)
		}
	}
}

func TestNamesOfTestsAreFound(t *testing.T) {
	got := named("| a | kit DoneOnce, `Config.Poll`; Example_paymentOnce ([x](AnyThing)) |\n| OneCell |\n")
	if strings.Join(got, " ") != "DoneOnce Example_paymentOnce" {
		t.Errorf("found %q", got)
	}
}
