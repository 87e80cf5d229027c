package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// page reads what a daemon answers.
func page(t *testing.T, address, path string) (int, string) {
	t.Helper()
	reply, err := http.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(body)
}

// awaitPage asks until an answer has some words.
func awaitPage(t *testing.T, address, path, words string) string {
	t.Helper()
	deadline := time.After(patience)
	for {
		_, body := page(t, address, path)
		if strings.Contains(body, words) {
			return body
		}
		select {
		case <-deadline:
			t.Fatalf("%s does not say %q:\n%s", path, words, body)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestDaemonIsWatched: it tells what it does, lives and is ready while its services fail,
// names nobody, and tells nothing after the stop.
func TestDaemonIsWatched(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocanary", Likes: 320})
	program{env: env, stdin: acc[0].Tokens[0]}.run(t, "connect", "github", "--token-stdin").must(t)
	carbon, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carbon.Close()
	pushed := make(chan string, 100)
	go func() {
		for {
			conn, err := carbon.Accept()
			if err != nil {
				return
			}
			text, _ := io.ReadAll(conn)
			conn.Close()
			pushed <- string(text)
		}
	}()
	out, stop := background(t, env, "--metrics-listen=127.0.0.1:0", "--graphite="+carbon.Addr().String(), "--graphite-interval=1s",
		"--set=services.github.poll_min=50ms", "--set=services.github.poll_max=200ms", "--grace=1m")
	const told = "metrics, health and readiness are told"
	out.await(t, told, patience)
	var entry struct{ Address string }
	if err := json.Unmarshal([]byte(lineHolding(out.String(), told)), &entry); err != nil {
		t.Fatal(err)
	}
	if code, body := page(t, entry.Address, "/healthz"); code != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz: %d %s", code, body)
	}
	awaitPage(t, entry.Address, "/readyz", "ready\nok      running\nok      store\nok      leases\n")
	awaitPage(t, entry.Address, "/metrics", `collector_walks_total{end="completed",kind="backfill",service="github"} 1`)
	body := ""
	for _, want := range []string{ // an answer of the store, as before the first heartbeat, serves for ten seconds
		`collector_poll_gap_seconds_count{service="github"}`, `collector_items_total{change="added",kind="backfill",service="github"} 320`,
		`collector_claims_total{service="github"}`, `collector_quota_spent_total{provider="github",quota="core"}`,
		`collector_calls_total{outcome="ok",service="github"}`, `collector_store_seconds_count{op="commit"}`,
		`collector_networks{`, `collector_instances 1`, `collector_leader 1`, `collector_build_info{`, "go_goroutines", "process_cpu_seconds_total",
	} {
		body = awaitPage(t, entry.Address, "/metrics", want)
	}
	select {
	case text := <-pushed:
		host, err := os.Hostname()
		if err != nil || !strings.Contains(text, "servers."+graphiteWord(host)+".both.collector_running ") {
			t.Errorf("Graphite gets:\n%s", text)
		}
	case <-time.After(20 * time.Second):
		t.Error("Graphite gets nothing")
	}
	for _, secret := range []string{"octocanary", acc[0].Tokens[0]} {
		if strings.Contains(strings.ToLower(body), strings.ToLower(secret)) {
			t.Errorf("/metrics names %s", secret)
		}
	}
	if code, _ := page(t, entry.Address, "/"); code != http.StatusNotFound {
		t.Errorf("/ answers %d", code)
	}
	if o := (program{env: map[string]string{"COLLECTOR_METRICS_LISTEN": entry.Address}}).run(t, "healthcheck"); o.code != exitOK || !strings.Contains(o.err, "it answers at") {
		t.Errorf("healthcheck: %d %s", o.code, o.err)
	}
	if code := stop(); code != exitOK {
		t.Errorf("the daemon ended with %d:\n%s", code, out)
	}
	if conn, err := net.Dial("tcp", entry.Address); err == nil {
		conn.Close()
		t.Error("it answers after the stop")
	}
	if o := (program{env: map[string]string{"COLLECTOR_METRICS_LISTEN": entry.Address}}).run(t, "healthcheck"); o.code != exitOther {
		t.Errorf("healthcheck after the stop: %d %s", o.code, o.err)
	}
}

// TestDaemonLivesThroughAnOutage of the service: neither probe fails.
func TestDaemonLivesThroughAnOutage(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	program{env: env, stdin: acc[0].Tokens[0]}.run(t, "connect", "github", "--token-stdin").must(t)
	for name := range env {
		if strings.HasSuffix(name, "_URL") {
			env[name] = "http://127.0.0.1:1" // nobody is there
		}
	}
	out, stop := background(t, env, "--metrics-listen=127.0.0.1:0", "--backoff-min=10ms", "--backoff-max=50ms")
	out.await(t, "health and readiness are told", patience)
	var entry struct{ Address string }
	if err := json.Unmarshal([]byte(lineHolding(out.String(), "health and readiness are told")), &entry); err != nil {
		t.Fatal(err)
	}
	awaitPage(t, entry.Address, "/metrics", `collector_runs_total{outcome="temporary",service="github"}`)
	awaitPage(t, entry.Address, "/readyz", "ready\n")
	for path, want := range map[string]string{"/healthz": "alive\n", "/readyz": "ready\nok"} {
		if code, body := page(t, entry.Address, path); code != http.StatusOK || !strings.HasPrefix(body, want) {
			t.Errorf("%s while the service is away: %d %s", path, code, body)
		}
	}
	if code := stop(); code != exitOK {
		t.Errorf("ended with %d:\n%s", code, out)
	}
}

func TestWatchingRefusesATakenPort(t *testing.T) {
	inFolder(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if o := (program{}).runContext(ctx, t, "--metrics-listen="+taken.Addr().String()); o.code != exitConfig || !strings.Contains(o.err, "COLLECTOR_METRICS_LISTEN") {
		t.Errorf("ended with %d: %s", o.code, o.err)
	}
}

// TestAskingWhereItListens: an address that is listened on, as this machine reaches it.
func TestAskingWhereItListens(t *testing.T) {
	for listened, want := range map[string]string{
		"": "", "127.0.0.1:0": "", "nonsense": "", "127.0.0.1:9469": "127.0.0.1:9469", ":9469": "127.0.0.1:9469",
		"0.0.0.0:9469": "127.0.0.1:9469", "[::]:9469": "[::1]:9469", "localhost:9469": "localhost:9469",
	} {
		if got, ok := reachable(listened); got != want || ok != (want != "") {
			t.Errorf("%q is reached at %q", listened, got)
		}
	}
}

// TestAHangIsToldAndNothingElse: a loop that hangs is not alive; one that starts or stops
// is, and is not ready.
func TestAHangIsToldAndNothingElse(t *testing.T) {
	now := noon
	stopping := false
	w := &watching{now: func() time.Time { return now }, stopping: func() bool { return stopping }}
	check := func(what, lives, works string) {
		t.Helper()
		text := func(err error) string {
			if err == nil {
				return ""
			}
			return err.Error()
		}
		if l, r := text(w.lives()), text(w.works()); l != lives || r != works {
			t.Errorf("%s: lives %q, works %q", what, l, r)
		}
	}
	check("before the scheduler is there", "", "it is starting")
	turned := time.Time{}
	last := func() time.Time { return turned }
	w.turned.Store(&last)
	check("before its loop begins", "", "it is starting")
	turned = noon
	check("at work", "", "")
	now = noon.Add(hungAfter)
	check("a slow store", "", "")
	now = now.Add(time.Second)
	check("a hang", "the scheduler's loop hangs", "the scheduler's loop hangs")
	stopping = true
	check("a stop", "", "it is stopping")
}
