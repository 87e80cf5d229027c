package all

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// names returns the names of the listed connectors.
func names() []string {
	var out []string
	for _, c := range Connectors() {
		out = append(out, c.Info().Name)
	}
	return out
}

func TestEveryFolderIsListedInOrder(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "all" && e.Name() != "connectortest" {
			folders = append(folders, e.Name())
		}
	}
	if listed := names(); !slices.Equal(listed, folders) {
		t.Errorf("listed are %q, the folders are %q", listed, folders)
	}
}

func TestEveryConnectorIsRecorded(t *testing.T) {
	for _, c := range Connectors() {
		name, files := c.Info().Name, []string{"golden.json", "backfill/page-1.http", "backfill/page-2.http", "backfill/page-3.http"}
		if c.Info().Whole {
			files = files[:2]
		}
		for _, file := range files {
			if _, err := os.Stat(filepath.Join("..", name, "testdata", file)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestEveryConnectorIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/CONNECTORS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Connectors() {
		info := c.Info()
		row := slices.IndexFunc(strings.Split(string(text), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "| `"+info.Name+"` |")
		})
		if row < 0 {
			t.Errorf("docs/CONNECTORS.md has no row that begins with | `%s` |", info.Name)
			continue
		}
		if !strings.Contains(string(text), info.Docs) {
			t.Errorf("docs/CONNECTORS.md does not name %s", info.Docs)
		}
	}
}

func TestProvidersNeverShareAQuotaNameWithTwoMeanings(t *testing.T) {
	seen := map[string]any{}
	for _, c := range Connectors() {
		info := c.Info()
		for _, q := range info.Quotas {
			key := info.Provider + "/" + q.Name
			if was, ok := seen[key]; ok && was != any(q) {
				t.Errorf("%s is declared twice and differently", key)
			}
			seen[key] = q
		}
	}
}
