package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	parens = regexp.MustCompile(`\([^)]*\)`)
	shown  = regexp.MustCompile("`([a-z/*]+)`([^`;]*)")
	named  = regexp.MustCompile(`[A-Z][A-Za-z0-9]+`)
)

// rows returns the table rows of a document by their promise.
func rows(text string) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, ""), "|")
		if len(cells) == 8 && strings.HasPrefix(cells[1], " **") {
			out[strings.Trim(cells[1], " *")] = cells[2:7]
		}
	}
	return out
}

// missing are the tests that a row names and that are not there.
func missing(root, cell string) (out []string) {
	for _, m := range shown.FindAllStringSubmatch(parens.ReplaceAllString(cell, ""), -1) {
		files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(m[1]), "*_test.go")) // the pattern is our own
		var all strings.Builder
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return append(out, err.Error())
			}
			all.Write(text)
		}
		for _, name := range named.FindAllString(m[2], -1) {
			if !strings.Contains(all.String(), "func Test"+name+"(") {
				out = append(out, fmt.Sprintf("%s has no Test%s", m[1], name))
			}
		}
	}
	return out
}

// TestEveryPromiseIsDocumented keeps docs/RELIABILITY.md true: each promise has
// its row, and each test that a row names is there.
func TestEveryPromiseIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/RELIABILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	table := rows(string(text))
	for _, p := range promises {
		row := table[p]
		if row == nil {
			t.Errorf("%s has no row", p)
			continue
		}
		for _, m := range missing("../..", row[2]) {
			t.Errorf("%s: %s", p, m)
		}
		if !shown.MatchString(row[2]) {
			t.Errorf("%s names no test", p)
		}
	}
}

func TestDocumentedTestsCanBeMissing(t *testing.T) {
	got := rows("| **R1** | p | m | `scripts/mutants` Parse, Unheard (Of) and more; `no/where` Parse | a | b `x\\|y` |\n| --- | --- |\n")
	if len(got) != 1 || len(got["R1"]) != 5 {
		t.Fatalf("rows %q", got)
	}
	if m := missing("../..", got["R1"][2]); len(m) != 2 || m[0] != "scripts/mutants has no TestUnheard" || m[1] != "no/where has no TestParse" {
		t.Errorf("missing %q", m)
	}
}
