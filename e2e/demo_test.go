//go:build e2e

package e2e

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestPagesOfTheDemo uses the program itself as two people do, from their login links to
// signing out: every page, forms, search, live updates, and nothing of one at the other.
func TestPagesOfTheDemo(t *testing.T) {
	e := newEyes(t)
	p := install(t, build(t), "TMPDIR="+t.TempDir())
	cmd := exec.Command(p.bin, "demo", "--speed=600x", "--items=900", "--accounts=3")
	cmd.Dir, cmd.Env = p.folder, append(p.command().Env, "COLLECTOR_LISTEN=127.0.0.1:0")
	d := start(t, cmd)
	var store, address []string
	eventually(t, "the demo shows its pages and a like", func() string {
		text := d.text()
		if strings.Contains(text, "error: ") {
			t.Fatalf("the demo does not start:\n%s", text)
		}
		store = regexp.MustCompile(`Store: (sqlite:\S+)`).FindStringSubmatch(text)
		address = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/\?login=`).FindStringSubmatch(text)
		if store == nil || address == nil || !strings.Contains(text, "first item searchable") {
			return "not yet"
		}
		return ""
	})
	p.store = store[1]
	link := func(user ...string) string {
		t.Helper()
		return strings.TrimSpace(p.must(t, "", append([]string{"login-link", "--address=" + address[1]}, user...)...))
	}
	didAll(t, e.run(t, "use.mjs", link("--user=demo"), link("--user=bob"), link()), 7)
	if code := d.stop(t); code != 0 {
		t.Errorf("the demo ended with %d", code)
	}
}
