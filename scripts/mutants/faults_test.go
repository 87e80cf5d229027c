package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	putBack = regexp.MustCompile("`make mutants MUTANTS=([A-Za-z0-9-]+)`")
	found   = regexp.MustCompile("`go test (?:-race )?\\./([a-z/]+)(?: -run '?([A-Za-z|]+)'?)?[^`]*`")
	command = regexp.MustCompile("`(make|go|scripts/fuzz|scripts/torture) ?[^`]*`")
	mended  = regexp.MustCompile(`^ [0-9a-f]{7}(, [0-9a-f]{7})* $`)
)

// unknown says what a line of docs/FAULTS.md names and is not there.
func unknown(root, line string) (out []string) {
	for _, m := range putBack.FindAllStringSubmatch(line, -1) {
		if _, err := os.Stat(filepath.Join(root, "mutants", m[1]+".txt")); err != nil {
			out = append(out, "no mutant "+m[1])
		}
	}
	for _, m := range found.FindAllStringSubmatch(line, -1) {
		names := strings.ReplaceAll(m[2], "|", ", ")
		if names == "" {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				out = append(out, "no package "+m[1])
			}
			continue
		}
		out = append(out, missing(root, "`"+m[1]+"` "+names)...)
	}
	return out
}

// TestEveryFaultCanBeShown keeps docs/FAULTS.md (R20) true.
func TestEveryFaultCanBeShown(t *testing.T) {
	text, err := os.ReadFile("../../docs/FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 6 || strings.HasPrefix(cells[1], " #") || strings.HasPrefix(cells[1], " -") {
			continue
		}
		rows++
		if !command.MatchString(cells[3]) {
			t.Errorf("%s: no command shows it", cells[1])
		}
		if !mended.MatchString(cells[4]) {
			t.Errorf("%s: mended in %q, want commits", cells[1], cells[4])
		}
		for _, u := range unknown("../..", cells[3]) {
			t.Errorf("%s: %s", cells[1], u)
		}
	}
	if rows < 20 {
		t.Errorf("%d faults read: the table has another shape", rows)
	}
}

func TestNamesOfFaultsCanBeWrong(t *testing.T) {
	line := "`make mutants MUTANTS=R20-no-such`; `go test ./scripts/mutants -run NoSuch`; `go test ./no/where`"
	if got := unknown("../..", line); len(got) != 3 {
		t.Errorf("%q", got)
	}
	if got := unknown("../..", "`make mutants MUTANTS=R20-broken-byte`; `go test -race ./scripts/mutants -run 'EveryFaultCanBeShown|Parse'`"); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
