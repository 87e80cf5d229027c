package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

func TestFirstRunSaysWhatToDo(t *testing.T) {
	dir := here(t)
	inFolder(t)
	o := program{}.run(t, "--once", "--log-format=text").must(t)
	golden(t, dir, "first-run", strings.ReplaceAll(o.err, "\033", "ESC"))
	if o := (program{}).run(t, "--once", "--log-format=json").must(t); strings.Contains(o.err, "connect github") {
		t.Errorf("a log for programs holds the greeting: %s", o.err)
	}
}

// TestModeSaysWhoWon when file, environment and flag disagree.
func TestModeSaysWhoWon(t *testing.T) {
	inFolder(t)
	write(t, "c.yaml", "mode: initial\n")
	o := program{env: map[string]string{"COLLECTOR_MODE": "normal"}}.run(t, "--once", "--config=c.yaml", "--mode=both").must(t)
	if !strings.Contains(o.err, "mode is both, as the flag says (file says initial, environment says normal)") {
		t.Errorf("who won is not said: %s", o.err)
	}
}

// TestDaemonBeatsAndDrains: while it runs healthcheck is content and changes are
// found; a stop gives everything back and ends with 0.
func TestDaemonBeatsAndDrains(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 320})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	out, stop := background(t, env, "--set=services.github.poll_min=50ms", "--set=services.github.poll_max=200ms", "--grace=1m")
	out.await(t, `"kind":"backfill"`, patience)
	live := program{env: env}
	live.run(t, "sync", "--all").must(t)
	o := func() outcome {
		var b bytes.Buffer
		a := newApp([]string{"LANG=C.UTF-8"}, nil, &b, &b)
		return outcome{a.main(t.Context(), []string{"healthcheck"}), b.String(), ""}
	}()
	if o.code != exitOK {
		t.Errorf("healthcheck beside a living daemon: %d %s", o.code, o.out)
	}
	liked, err := sim.Like(acc[0].Key, 1)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for found := false; !found; {
		select {
		case <-deadline:
			t.Fatalf("the new like was not polled:\n%s", out)
		case <-time.After(100 * time.Millisecond):
			found = strings.Contains(live.run(t, "export").must(t).out, `"id":"`+liked[0]+`"`)
		}
	}
	if code := stop(); code != exitOK {
		t.Errorf("the daemon ended with %d:\n%s", code, out)
	}
	n := statusOf(t, live, "github/octocat")
	if n.Running || n.Items != 321 {
		t.Errorf("after the stop: %+v", n)
	}
	if o := live.run(t, "healthcheck"); o.code != exitOther {
		t.Errorf("healthcheck after the stop ends with %d", o.code)
	}
	for l := range strings.Lines(out.String()) {
		var entry map[string]any
		if json.Unmarshal([]byte(l), &entry) != nil {
			t.Errorf("a log line is not JSON: %s", l)
		}
		if entry["msg"] == "run" {
			for _, key := range []string{"service", "network", "run", "kind", "next", "reason"} {
				if entry[key] == nil {
					t.Errorf("a run's line has no %s: %s", key, l)
				}
			}
		}
	}
	if strings.Contains(out.String(), acc[0].Tokens[0]) {
		t.Error("the log holds the token")
	}
}

// TestDryRunStoresNothing and shows what it would store.
func TestDryRunStoresNothing(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	before := fingerprint(t)
	o := p.run(t, "--dry-run").must(t)
	if !strings.Contains(o.out, "github/octocat: 3 items") || strings.Count(o.out, "https://") != 3 {
		t.Errorf("dry run: %s", o.out)
	}
	unchanged(t, before, fingerprint(t))
}

// TestStoppedBeforeItBegan: a daemon that is stopped at once ends well, at whatever step of its
// beginning that comes; one pass that is cut short does not.
func TestStoppedBeforeItBegan(t *testing.T) {
	inFolder(t)
	p := program{env: map[string]string{"COLLECTOR_LISTEN": "off"}}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for range 2 { // a new store, and one that is there
		if o := p.runContext(ctx, t); o.code != exitOK || strings.Contains(o.err, "canceled") {
			t.Errorf("it ends with %d: %s", o.code, o.err)
		}
		if o := p.runContext(ctx, t, "--once"); o.code != exitInterrupted {
			t.Errorf("one pass ends with %d: %s", o.code, o.err)
		}
		p.run(t, "status")
	}
}
