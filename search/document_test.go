package search

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// cell matches a query between backticks.
var cell = regexp.MustCompile("`([^`]+)`")

// section returns the lines of docs/SEARCH.md below a heading.
func section(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/SEARCH.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/SEARCH.md has no section %q", heading)
	}
	below, _, _ := strings.Cut(after, "\n## ")
	return strings.Split(below, "\n")
}

// understood parses a query of the document.
func understood(t *testing.T, query string) Expr {
	t.Helper()
	e, problem := Parse(query, noon)
	if problem != nil || e == nil {
		t.Errorf("docs/SEARCH.md: %s: %v", query, problem)
	}
	return e
}

// TestTheDocumentIsTrue parses every query that docs/SEARCH.md shows, and demands that it
// shows every field.
func TestTheDocumentIsTrue(t *testing.T) {
	shown := map[string]bool{}
	for _, line := range section(t, "What can be asked") {
		row, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if m := cell.FindStringSubmatch(row); m != nil && m[0] == row {
			understood(t, m[1])
		}
		for _, m := range cell.FindAllStringSubmatch(line, -1) {
			name, value, isField := strings.Cut(strings.TrimPrefix(m[1], "-"), ":")
			if isField && known(name) && value != "" {
				shown[name] = true
				understood(t, m[1])
			}
		}
	}
	for _, name := range strings.Fields(fieldList) {
		if !shown[strings.TrimSuffix(name, ":")] {
			t.Errorf("docs/SEARCH.md shows no %s", name)
		}
	}
	same := 0
	for _, line := range section(t, "What means the same") {
		if m := cell.FindAllStringSubmatch(line, -1); strings.HasPrefix(line, "| `") && len(m) == 2 {
			same++
			a, b := understood(t, m[0][1]), understood(t, m[1][1])
			if !reflect.DeepEqual(a, b) {
				t.Errorf("docs/SEARCH.md: %s is %#v, and %s is %#v", m[0][1], a, m[1][1], b)
			}
		}
	}
	if same < 10 {
		t.Errorf("docs/SEARCH.md: %d lines say what means the same", same)
	}
}

// TestTheDocumentsMistakesAreThese: each block is what Caret says of its first line.
func TestTheDocumentsMistakesAreThese(t *testing.T) {
	blocks := strings.Split(strings.Join(section(t, "When something is wrong"), "\n"), "```\n")
	seen := 0
	for i := 1; i < len(blocks); i += 2 {
		query, _, _ := strings.Cut(blocks[i], "\n")
		_, problem := Parse(query, noon)
		if problem == nil || problem.Caret()+"\n" != blocks[i] {
			t.Errorf("docs/SEARCH.md says\n%sbut the parser\n%v", blocks[i], problem)
			if problem != nil {
				t.Log(problem.Caret())
			}
		}
		seen++
	}
	if seen < 3 {
		t.Errorf("%d mistakes are shown", seen)
	}
}
