package conventions

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// recorded is how many pages of a list a connector's testdata must hold: two
// cannot show that a cursor goes on advancing.
const recorded = 3

// connectorFolders returns the folders of connectors, not of their kit and list.
func connectorFolders(all []source) []string {
	var out []string
	for _, s := range all {
		dir := s.dir()
		if path.Dir(dir) == "connectors" && dir != "connectors/all" && dir != "connectors/connectortest" && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// checkConnector returns what a connector's folder lacks.
func checkConnector(dir string, all []source, names []string, documents string) []string {
	var out []string
	listed := slices.ContainsFunc(all, func(s source) bool {
		return s.dir() == "connectors/all" && !s.test() && slices.Contains(s.imports(), dir)
	})
	if !listed {
		out = append(out, dir+" is not in connectors/all: the program cannot know it")
	}
	if n := pages(dir, names); n < recorded {
		out = append(out, fmt.Sprintf("%s/testdata has %d recorded pages, want at least %d", dir, n, recorded))
	}
	word := regexp.MustCompile("(?m)^.*(`|\\b)" + regexp.QuoteMeta(path.Base(dir)) + "(`|\\b).*$")
	if !word.MatchString(documents) {
		out = append(out, fmt.Sprintf("docs/CONNECTORS.md and docs/SERVICES.md have no line on %s", path.Base(dir)))
	}
	return out
}

// pages counts the recordings: files below testdata that are no fuzz seeds.
func pages(dir string, names []string) int {
	n := 0
	for _, name := range names {
		if strings.HasPrefix(name, dir+"/testdata/") && !strings.Contains(name, "/testdata/fuzz/") && strings.Contains(path.Base(name), "page") {
			n++
		}
	}
	return n
}

func TestEveryConnectorIsListedRecordedAndDocumented(t *testing.T) {
	all := sources(t)
	var names []string
	for _, f := range files(t) {
		names = append(names, f.path)
	}
	docs := read(t, "docs/CONNECTORS.md") + read(t, "docs/SERVICES.md")
	dirs := connectorFolders(all)
	if len(dirs) == 0 {
		t.Fatal("no connector found")
	}
	for _, dir := range dirs {
		report(t, checkConnector(dir, all, names, docs))
	}
}

func TestConnectorRulesCanFail(t *testing.T) {
	list, err := parse("connectors/all/all.go", `package all; import "collector/connectors/github"; var _ = github.X`)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"connectors/github/testdata/page1.json", "connectors/github/testdata/page2.json", "connectors/github/testdata/page3.json"}
	if got := checkConnector("connectors/github", []source{list}, names, "| `github` | stars |"); len(got) != 0 {
		t.Errorf("a complete connector: %q", got)
	}
	if got := checkConnector("connectors/gitea", []source{list}, names, "| `github` | stars |"); len(got) != 3 {
		t.Errorf("a connector without anything: %q", got)
	}
	if got := checkConnector("connectors/github", []source{list}, names[1:], "github"); len(got) != 1 {
		t.Errorf("a connector with two pages: %q", got)
	}
}
