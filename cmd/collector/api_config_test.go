package main

import (
	"slices"
	"strings"
	"testing"
)

// configRows is what config show printed, without the spaces between the columns and the keys
// that say whom a command asks.
func configRows(out string) []string {
	var rows []string
	for l := range strings.Lines(out) {
		f := strings.Fields(l)
		if len(f) > 0 && f[0] != "api" && f[0] != "api_token_file" {
			rows = append(rows, strings.Join(f, " "))
		}
	}
	return rows
}

// TestBothWaysTellTheConfiguration that a collector runs with; what is secret is hidden, and a
// variable is not followed.
func TestBothWaysTellTheConfiguration(t *testing.T) {
	inFolder(t)
	write(t, "collector.yaml", "backoff_min: 300ms\nworkers: 5\nservices:\n  github:\n    poll_min: 5m\n")
	env := map[string]string{"COLLECTOR_NOTIFY": "ntfy://" + canary + "@ntfy.sh/topic"}
	for k, v := range env { // of the collector that answers too
		t.Setenv(k, v)
	}
	started := []string{"--config=collector.yaml", "--listen=127.0.0.1:0", "--workers=3"}
	address, _ := served(t, []string{"COLLECTOR_NOTIFY=" + env["COLLECTOR_NOTIFY"]}, started...)
	p := program{now: atNoon, env: env}
	want := p.run(t, append([]string{"config", "show", "--api=off"}, started...)...).must(t)
	if !strings.Contains(want.out, "file collector.yaml") || !strings.Contains(want.out, "workers is 3, as the flag says (file says 5)") || strings.Contains(want.out, canary) {
		t.Fatalf("here: %s", want.out)
	}
	for _, to := range [][]string{{"--api=socket"}, {"--api=" + address, "--api-token-file=" + tokenFile(t, "--all-users", "--scopes=read,admin")}} {
		got := p.run(t, append([]string{"config", "show"}, to...)...).must(t)
		if !slices.Equal(configRows(got.out), configRows(want.out)) || strings.Contains(got.out, canary) {
			t.Errorf("%v:\n%s\nand here:\n%s", to, got.out, want.out)
		}
	}
	if o := p.run(t, "config", "show", "--api="+address, "--api-token-file="+tokenFile(t, "--user=anna")); o.code != exitPermanent || !strings.Contains(o.err, "operator alone") {
		t.Errorf("anna: %d %s", o.code, o.err)
	}
	p.env = map[string]string{"COLLECTOR_API": "unix:nowhere.sock"}
	if o := p.run(t, "config", "show").must(t); !strings.Contains(o.out, "unix:nowhere.sock") || strings.Contains(o.out, "300ms") {
		t.Errorf("with a variable: %s", o.out)
	}
}
