//go:build mongo

package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"collector/simulate"
)

// TestWatchedOverMongoDB: the metrics tell how a real MongoDB stands, its jobs and its
// messages; while it is away the daemon lives, is not ready and answers, and it is ready
// again when the server is back.
func TestWatchedOverMongoDB(t *testing.T) {
	servers := realMongoDB(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocanary", Likes: 320})
	env["COLLECTOR_STORE"] = servers.URI("likes")
	env["COLLECTOR_SECRET_KEY"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	env["COLLECTOR_PUBLISH"], env["COLLECTOR_PUBLISH_PRIVATE"] = "true", "true"
	program{env: env, stdin: acc[0].Tokens[0]}.run(t, "connect", "github", "--token-stdin").must(t)
	out, stop := background(t, env, "--metrics-listen=127.0.0.1:0", "--grace=1m",
		"--set=services.github.poll_min=50ms", "--set=services.github.poll_max=200ms")
	const told = "metrics, health and readiness are told"
	out.await(t, told, patience)
	var entry struct{ Address string }
	if err := json.Unmarshal([]byte(lineHolding(out.String(), told)), &entry); err != nil {
		t.Fatal(err)
	}
	awaitPage(t, entry.Address, "/readyz", "ready\nok      running\nok      store\nok      leases\n")
	within := func(path, words string) string {
		t.Helper()
		return awaitPage(t, entry.Address, path, words) // an answer serves for ten seconds, and counts come late
	}
	within("/metrics", "\ncollector_items_kept 320\n")
	if _, err := sim.Like(acc[0].Key, 3); err != nil { // the history is not published; each goes to two topics
		t.Fatal(err)
	}
	body := within("/metrics", "\ncollector_topic_messages_sent_total 6\n")
	for _, want := range []string{
		`collector_networks{condition="ok",mode="normal",paused="false",service="github"} 1`, "\ncollector_instances 1\n", "\ncollector_due_lag_seconds ",
		"\ncollector_changes_total ", `collector_jobs{of="upkeep",state="ready"} `, `collector_jobs{of="webhooks",state="ready"} 0`, `collector_jobs{of="messages",state="ready"} `,
		"\ncollector_topic_messages 6\n", "\ncollector_items_kept 323\n", `collector_facts_failed_total{of="networks"} 0`, `collector_facts_failed_total{of="jobs"} 0`, `collector_facts_age_seconds{of="networks"} `,
	} {
		body = within("/metrics", want)
	}
	if strings.Contains(body, "octocanary") {
		t.Errorf("somebody is named:\n%s", body)
	}
	server, err := servers.Primary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	within("/readyz", "failed  store: it does not answer")
	body = within("/metrics", "\ncollector_facts_failed_total{of=\"networks\"} 1\n")
	if strings.Contains(body, servers.URI("likes")) {
		t.Error("/metrics names the server")
	}
	if code, body := page(t, entry.Address, "/healthz"); code != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz while the store is away: %d %s", code, body)
	}
	if err := servers.Restart(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	within("/readyz", "ready\nok")
	if code := stop(); code != exitOK {
		t.Errorf("ended with %d:\n%s", code, out)
	}
}
