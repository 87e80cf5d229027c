//go:build e2e

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSchemathesis asks a daemon whatever Schemathesis makes of the description that the
// HTTP API gives of itself, at its bounds and beyond, with a token that may all: no answer is
// a failure of the server, has a status that is not described, or is not as described. What is
// asked is drawn from one seed, and still differs a little between runs.
func TestSchemathesis(t *testing.T) {
	packages := fromPyPI(t, "schemathesis")
	p := install(t, build(t), "COLLECTOR_DISK_FLOOR=0")
	marks := filepath.Join(p.folder, "bookmarks.html")
	text := "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF=\"https://example.org/raft\" ADD_DATE=\"1767323045\" TAGS=\"db\">raft in go</A>\n</DL>\n"
	if err := os.WriteFile(marks, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.must(t, "", "import", marks)
	p.must(t, "", "searches", "save", "raft", "raft lang:go")
	d := p.start(t, "--log-format=json", "--listen=127.0.0.1:0")
	address := ""
	eventually(t, "the daemon listens", func() string {
		address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(d.text())
		if address == "" {
			return "it does not say where"
		}
		return ""
	})
	token := strings.TrimSpace(p.must(t, "", "tokens", "add", "schemathesis", "--all-users", "--scopes=read,write,feeds,metrics,admin"))

	cmd := exec.CommandContext(t.Context(), filepath.Join(packages, "bin", "schemathesis"), "run", askable(t, address+"/api/openapi.json", token), "--url", address,
		"--header", "Authorization: Bearer "+token, "--seed=1", "--max-examples=10", "--phases=examples,coverage,fuzzing", "--generation-deterministic",
		"--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance",
		"--exclude-operation-id=tokens-revoke", // it asks with ids of earlier answers, and would end the token that it asks with
		"--suppress-health-check=all", "--no-color", "--continue-on-failure")
	cmd.Dir = p.folder
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%.3000s", err, out)
	}
	found := regexp.MustCompile(`(\d+) generated, (\d+) passed`).FindSubmatch(out)
	if found == nil || string(found[1]) != string(found[2]) {
		t.Fatalf("it does not say what it asked:\n%.5000s", out)
	}
	if n, err := strconv.Atoi(string(found[1])); err != nil || n < 1000 {
		t.Errorf("only %d questions were asked", n)
	}
	if strings.Contains(d.text(), `"level":"ERROR"`) || strings.Contains(d.text(), token) {
		t.Error("the log tells of a failure, or holds the token")
	}
	if status, _ := toldTo(t, address+"/api/about", token); status != http.StatusOK {
		t.Errorf("the token ended on the way, and what was asked was refused: %d", status)
	}
	if code := d.stop(t); code != 0 {
		t.Errorf("the daemon ended with %d", code)
	}
}

// askable is a file with the description that an API gives of itself, with bounds that are
// narrower where those of the API are too wide to ask at: the longest list of the longest ids is
// more than a head holds, which no schema can say, and an hour of sound has 346 MB and is kept.
func askable(t *testing.T, address, token string) string {
	t.Helper()
	_, text := toldTo(t, address, token)
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	ids := parameterOf(t, doc, "/api/items", "id")["schema"].(map[string]any)
	ids["maxItems"] = 2
	ids["items"].(map[string]any)["maxLength"] = 300
	length := parameterOf(t, doc, "/api/sonify", "length")
	length["required"] = true // without it there are three minutes
	length["schema"].(map[string]any)["maximum"] = 2
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// parameterOf is a parameter of a question in a description.
func parameterOf(t *testing.T, doc map[string]any, path, name string) map[string]any {
	t.Helper()
	paths, _ := doc["paths"].(map[string]any)
	methods, _ := paths[path].(map[string]any)
	get, _ := methods["get"].(map[string]any)
	list, _ := get["parameters"].([]any)
	for _, p := range list {
		if p, is := p.(map[string]any); is && p["name"] == name {
			return p
		}
	}
	t.Fatalf("%s has no parameter %s", path, name)
	return nil
}

// toldTo is what a daemon answers to who has a token.
func toldTo(t *testing.T, address, token string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text
}
