package conventions

import (
	"fmt"
	"go/ast"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// marks are the words of unfinished work, spelled so that this file has none.
var marks = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

// machine matches paths that exist only where somebody worked.
var machine = regexp.MustCompile(`(^|[^\w.$/}-])(/wo` + `rk/|/ro` + `ot/|/ho` + `me/[a-z]|/Use` + `rs/\w|/t` + `mp/[\w.-]+/)|[A-Z]:\\Users\\\w`)

// textFree are the files that are not ours to word: made by tools.
func textFree(name string) bool {
	base := path.Base(name)
	return base == "go.sum" || base == "package-lock.json" || strings.Contains(name, "testdata/fuzz/")
}

// checkText returns what is wrong with the words of one file.
func checkText(f file) []string {
	if textFree(f.path) {
		return nil
	}
	var out []string
	for i, line := range strings.Split(f.text, "\n") {
		if m := marks.FindString(line); m != "" {
			out = append(out, fmt.Sprintf("%s:%d: %s: finish it, or say in the documents what is missing", f.path, i+1, m))
		}
		if m := machine.FindString(line); m != "" {
			out = append(out, fmt.Sprintf("%s:%d: %q is a path of one machine", f.path, i+1, strings.TrimSpace(m)))
		}
	}
	return out
}

func TestNoUnfinishedMarksAndNoMachinePaths(t *testing.T) {
	for _, f := range files(t) {
		report(t, checkText(f))
	}
}

// key matches the name of a setting in a string of Go source.
var key = regexp.MustCompile(`"(COLLECTOR_[A-Z][A-Z0-9_]*[A-Z0-9])"`)

// unlisted are variables that only tests and builds know; the reason is beside each.
var unlisted = map[string]string{
	"COLLECTOR_FAILPOINT":        "only in builds with the tag failpoint; described in package failpoint",
	"COLLECTOR_FAILPOINT_LOG":    "only in builds with the tag failpoint; described in package failpoint",
	"COLLECTOR_FAILPOINT_CLOCK":  "only in builds with the tag failpoint; described in package failpoint",
	"COLLECTOR_FAILPOINT_VITALS": "only in builds with the tag failpoint; described in package failpoint",
}

// keys returns the settings that a file names: variables spelled out, and the
// fields of the configuration, which have a yaml key and a doc line.
func keys(s source) []string {
	var out []string
	for _, m := range key.FindAllStringSubmatch(s.text, -1) {
		if unlisted[m[1]] == "" {
			out = append(out, m[1])
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`"))
		name, doc := tag.Get("yaml"), tag.Get("doc")
		if name != "" && doc != "" {
			out = append(out, "COLLECTOR_…"+strings.ToUpper(name))
		}
		return true
	})
	return out
}

// checkKeys returns the settings that the source names and no document does. A
// document may name a service's setting once for all, as COLLECTOR_<SERVICE>_POLL_MIN.
func checkKeys(all []source, documents string) []string {
	var out []string
	for _, s := range all {
		if s.test() || within("internal", "scripts", "e2e")(s.dir()) {
			continue
		}
		for _, k := range keys(s) {
			pattern := strings.Replace(regexp.QuoteMeta(k), "…", `(\w*_|<\w+>_)?`, 1) + `\b`
			v := k + " can be set and is explained in no document (docs/*.md, README.md)"
			if !regexp.MustCompile(pattern).MatchString(documents) && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// documents joins what a user reads.
func documents(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, f := range files(t) {
		if path.Ext(f.path) == ".md" && (path.Dir(f.path) == "docs" || path.Dir(f.path) == ".") && f.path != "CHANGELOG.md" {
			b.WriteString(f.text)
		}
	}
	return b.String()
}

func TestEveryConfigurationKeyIsDocumented(t *testing.T) {
	report(t, checkKeys(sources(t), documents(t)))
}

// TestEveryExitCodeIsDocumented holds the table of docs/OPERATING.md to the one
// that `collector help exit-codes` prints.
func TestEveryExitCodeIsDocumented(t *testing.T) {
	meanings := regexp.MustCompile(`\{exit\w+, "([^"]+)"\}`).FindAllStringSubmatch(read(t, "cmd/collector/exit.go"), -1)
	if len(meanings) < 10 {
		t.Fatalf("only %d exit codes read from cmd/collector/exit.go", len(meanings))
	}
	document := read(t, "docs/OPERATING.md")
	for _, m := range meanings {
		if !strings.Contains(document, "| "+m[1]+" |") {
			t.Errorf("docs/OPERATING.md does not say of an exit code: %s", m[1])
		}
	}
}

func TestTextRulesCanFail(t *testing.T) {
	for _, line := range []string{
		"// TO" + "DO: later", "# FIX" + "ME", "cd /wo" + "rk/main", "see /ho" + "me/anna/x", "(/t" + "mp/abc/db)", "/Use" + "rs/anna",
	} {
		if got := checkText(file{"x.go", line}); len(got) != 1 {
			t.Errorf("%q: %q", line, got)
		}
	}
	for _, line := range []string{"a method", "mktemp -d collector.XX" + "XXXX", "https://x.example/ho" + "me/anna", "$D/ro" + "ot/x", "work/shop"} {
		if got := checkText(file{"x.go", line}); len(got) != 0 {
			t.Errorf("%q: %q", line, got)
		}
	}
}

func TestKeyRulesCanFail(t *testing.T) {
	s, err := parse("cmd/collector/x.go", "package main\n"+`const a, b = "COLLECTOR_STORE", "COLLECTOR_GRACE"`+"\n"+
		"type service struct { PollMin, Other int `yaml:\"poll_min\" doc:\"shortest\"`; Max int `yaml:\"poll_max\" doc:\"longest\"`; X int `yaml:\"x\"` }")
	if err != nil {
		t.Fatal(err)
	}
	got := checkKeys([]source{s}, "`COLLECTOR_STORE` says where, COLLECTOR_<SERVICE>_POLL_MIN how often, COLLECTOR_POLL_MAXIMUM nothing")
	if len(got) != 2 || !strings.HasPrefix(got[0], "COLLECTOR_GRACE ") || !strings.HasPrefix(got[1], "COLLECTOR_…POLL_MAX ") {
		t.Errorf("undocumented keys: %q", got)
	}
}
