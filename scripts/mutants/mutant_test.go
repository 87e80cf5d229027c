package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const whole = `# R3: a late owner's write is not fenced
# It happened to others: a paused process woke up and wrote.
package: ./store/sqlite
test: ^TestLateCommit$
tags: failpoint
timeout: 30s

file: store/sqlite/commit.go
old:
	if epoch != want {
		return errLost
	}
new:
	_ = want

old:
b
new:
file: ./x.go
old:
c
new:
# d
`

func TestParse(t *testing.T) {
	m, err := parse("fence", whole)
	if err != nil {
		t.Fatal(err)
	}
	if m.promise != "R3: a late owner's write is not fenced" || m.pkg != "store/sqlite" || m.test != "^TestLateCommit$" ||
		m.tags != "failpoint" || m.timeout != 30*time.Second || m.name != "fence" {
		t.Errorf("head: %+v", m)
	}
	want := []edit{
		{"store/sqlite/commit.go", "\tif epoch != want {\n\t\treturn errLost\n\t}\n", "\t_ = want\n\n"},
		{"store/sqlite/commit.go", "b\n", ""},
		{"x.go", "c\n", "# d\n"},
	}
	if len(m.edits) != len(want) {
		t.Fatalf("edits %+v", m.edits)
	}
	for i, e := range m.edits {
		if e != want[i] {
			t.Errorf("edit %d: %q, want %q", i, e, want[i])
		}
	}
}

func TestParseRefuses(t *testing.T) {
	head := "# R1: x\npackage: a\ntest: T\n"
	for text, want := range map[string]string{
		"package: a\ntest: T\nfile: x\nold:\na\nnew:\nb\n": "must say the promise",
		"# R1\ntest: T\nfile: x\nold:\na\nnew:\nb\n":       "package: and test:",
		head:                        "file:, old: and new:",
		head + "old:\na\nnew:\nb\n": "before any file",
		head + "file: x\nnew:\nb\n": "new: without old:",
		head + "file: x\nold:\na\nnew:\nb\nnew:\nc\n":        "new: without old:",
		head + "file: x\nold:\nnew:\nb\n":                    "is empty",
		head + "file: x\nold:\na\nnew:\na\n":                 "are the same",
		head + "colour: red\nfile: x\nold:\na\nnew:\n":       "no line of a mutant file",
		head + "timeout: soon\nfile: x\nold:\na\nnew:\nb\n":  "duration",
		head + "timeout: -3s\nfile: x\nold:\na\nnew:\nb\n":   "duration",
		head + "file: x\nold:\na\nnew:\nb\nfile: y\nstray\n": "no line of a mutant file",
	} {
		if _, err := parse("m", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func TestApply(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "x.go"), []byte("one\ntwo\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := mutant{edits: []edit{{"x.go", "one\n", "1\n"}, {"x.go", "three\n", ""}}}
	got, err := m.apply(root)
	if err != nil || got["x.go"] != "1\ntwo\ntwo\n" {
		t.Errorf("apply: %q, %v", got, err)
	}
	for _, e := range []edit{{"x.go", "two\n", "2\n"}, {"x.go", "four\n", "4\n"}, {"y.go", "one\n", "1\n"}} {
		m := mutant{edits: []edit{e}}
		if _, err := m.apply(root); !errors.Is(err, errStale) {
			t.Errorf("%q: %v, want stale", e, err)
		}
	}
}

func TestSomeOfEachPromise(t *testing.T) {
	var names []string
	for _, m := range some([]mutant{{name: "a", promise: "R1: x"}, {name: "b", promise: "R1: y"}, {name: "c", promise: "S1: x"}, {name: "d", promise: "R1: z"}}, 2, 0) {
		names = append(names, m.name)
	}
	if got := strings.Join(names, ""); got != "abc" {
		t.Errorf("chosen %s, want abc", got)
	}
}

// TestEachHasItsTurn: as many turns as a promise has mutants, or fewer, try all of them.
func TestEachHasItsTurn(t *testing.T) {
	for n := 1; n <= 3; n++ {
		tried := map[string]bool{}
		for turn := range (5 + n - 1) / n {
			var all []mutant
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				all = append(all, mutant{name: name, promise: "R1: " + name})
			}
			got := some(append(all, mutant{name: "z", promise: "S1: alone"}), n, turn)
			if len(got) != n+1 || got[n].name != "z" {
				t.Errorf("turn %d of %d: %v", turn, n, got)
			}
			for _, m := range got {
				tried[m.name] = true
			}
		}
		if len(tried) != 6 {
			t.Errorf("%d at a time: only %v had a turn", n, tried)
		}
	}
}
