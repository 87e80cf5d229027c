package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/connectors"
	"collector/simulate"
)

// stream is output that another goroutine may read while it grows.
type stream struct {
	mu  sync.Mutex
	buf bytes.Buffer
	has chan struct{} // a token for each write that a waiter has not seen
}

func newStream() *stream { return &stream{has: make(chan struct{}, 1)} }

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.has <- struct{}{}:
	default:
	}
	return s.buf.Write(b)
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// await waits until the output holds a text.
func (s *stream) await(t *testing.T, text string, within time.Duration) {
	t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.has:
		case <-late.C:
			t.Fatalf("no %q within %v in:\n%s", text, within, s)
		}
	}
}

// background starts a command that runs until it is stopped.
func background(t *testing.T, env map[string]string, args ...string) (out *stream, stop func() int) {
	t.Helper()
	list := []string{"LANG=C.UTF-8"}
	for k, v := range env {
		t.Setenv(k, v)
		list = append(list, k+"="+v)
	}
	out = newStream()
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, list, strings.NewReader(""), out, out) }()
	stopped := false
	stop = func() int {
		stopped = true
		cancel()
		return <-code
	}
	t.Cleanup(func() {
		if !stopped {
			stop()
		}
	})
	return out, stop
}

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
	out, stop := background(t, env, "--set=services.github.poll_min=50ms", "--set=services.github.poll_max=200ms", "--grace=5s")
	out.await(t, `"kind":"backfill"`, 20*time.Second)
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

// TestPauseResumeRemove follows one network through its life.
func TestPauseResumeRemove(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "accounts", "pause", "github/octocat").must(t)
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.State != "paused" || n.Items != 0 {
		t.Errorf("paused: %+v", n)
	}
	if o := p.run(t, "sync", "github/octocat").must(t); !strings.Contains(o.err, "paused and stays so") {
		t.Errorf("sync of a paused network: %s", o.err)
	}
	p.run(t, "accounts", "resume", "--all").must(t)
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.Items != 3 {
		t.Errorf("resumed: %+v", n)
	}
	p.run(t, "accounts", "remove", "github/octocat").must(t)
	if o := p.run(t, "export").must(t); strings.Count(o.out, "\n") != 3 {
		t.Errorf("removing without --purge lost items: %s", o.out)
	}
	if o := p.run(t, "accounts", "remove", "github/octocat"); o.code != exitUsage {
		t.Errorf("removing twice ends with %d", o.code)
	}
	o := p.run(t, "accounts", "remove", "--purge", "--yes", "github/octocat").must(t)
	if !strings.Contains(o.err, "deleted: 3 items") || !strings.Contains(o.err, "Backups beside") {
		t.Errorf("purge: %s", o.err)
	}
	if o := p.run(t, "export").must(t); o.out != "" {
		t.Errorf("after the purge: %s", o.out)
	}
}

// TestSyncFull reads the whole list again.
func TestSyncFull(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 250})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	before := sim.Total()
	p.run(t, "sync", "--full", "github/octocat").must(t)
	p.run(t, "--once").must(t)
	if n := sim.Total() - before; n < 3 {
		t.Errorf("a full sync of 3 pages made %d calls", n)
	}
}

func TestRotateKey(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	old := string(read(t, "collector.key"))
	o := p.run(t, "rotate-key").must(t)
	if string(read(t, "collector.key")) == old || !strings.Contains(o.err, "1 sign-in was sealed anew") {
		t.Errorf("rotate-key: %s", o.err)
	}
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.Items != 3 {
		t.Errorf("after the rotation: %+v", n)
	}
}

func TestUsersPurge(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	o := p.run(t, "users", "purge", "--yes", "anna").must(t)
	if !strings.Contains(o.err, "1 item") || !strings.Contains(o.err, "1 account") {
		t.Errorf("purge: %s", o.err)
	}
	out := p.run(t, "export").must(t).out + p.run(t, "changes").must(t).out + p.run(t, "accounts", "list").must(t).out
	if strings.Contains(out, "anna") || strings.Count(out, `"user":"me"`) != 5 {
		t.Errorf("after the purge: %s", out)
	}
}

// panicking is a connector with a mistake.
type panicking struct{ connectors.Connector }

func (panicking) Info() connectors.Info { panic("index out of range") }

// TestPanicIsReported as a mistake of the program, with its exit code.
func TestPanicIsReported(t *testing.T) {
	inFolder(t)
	var out, errs bytes.Buffer
	a := newApp(nil, nil, &out, &errs)
	a.offers = []connectors.Connector{panicking{}}
	code := a.main(t.Context(), []string{"connectors"})
	if code != exitOther || !strings.Contains(errs.String(), "a mistake in collector: index out of range") || !strings.Contains(errs.String(), "next:") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

// TestInterrupted: a command that is stopped says so with 130.
func TestInterrupted(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := program{now: atNoon}.runContext(ctx, t, "export")
	if o.code != exitInterrupted {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
}

func TestDemo(t *testing.T) {
	inFolder(t)
	began := time.Now()
	out, stop := background(t, map[string]string{"TMPDIR": t.TempDir()}, "demo", "--items=600", "--seed=3")
	out.await(t, "first item searchable", 30*time.Second)
	if d := time.Since(began); d > 3*time.Second {
		t.Errorf("the first item could be found after %v, want 3 s", d)
	}
	address := ""
	for _, w := range strings.Fields(out.String()) {
		if strings.HasPrefix(w, "sqlite:") {
			address = w
			break
		}
	}
	p := program{}
	for _, args := range []string{"status", "search the", "export", "changes", "accounts list"} {
		o := p.run(t, append(strings.Fields(args), "--store="+address)...).must(t)
		if !strings.Contains(o.out, "simulated") {
			t.Errorf("%s does not say that it is simulated: %s", args, o.out)
		}
	}
	if o := p.run(t, "--once", "--store="+address); o.code != exitForeign {
		t.Errorf("a normal daemon took the demo's store: %d", o.code)
	}
	if code := stop(); code != exitOK {
		t.Errorf("the demo ended with %d", code)
	}
	for l := range strings.Lines(out.String()) {
		if strings.HasPrefix(l, "{") && !strings.Contains(l, `"simulated":true`) {
			t.Errorf("a log line does not say that it is simulated: %s", l)
		}
	}
	if !strings.HasPrefix(out.String(), "SIMULATED NETWORK") {
		t.Error("the demo does not begin with its label")
	}
	if o := p.run(t, "status", "--store="+address); o.code != exitNoStore {
		t.Errorf("the demo's folder is still there: %d %s", o.code, o.out)
	}
}

func TestDemoFlags(t *testing.T) {
	for _, args := range []string{"--speed=0", "--speed=fast", "--speed=2000x", "--speed=NaN", "--accounts=0", "--items=-1"} {
		if o := (program{}).run(t, "demo", args); o.code != exitUsage {
			t.Errorf("demo %s ends with %d", args, o.code)
		}
	}
}

func TestVersion(t *testing.T) {
	if o := (program{}).run(t, "version").must(t); !strings.HasPrefix(o.out, fmt.Sprintf("collector %s (", version)) {
		t.Errorf("version: %q", o.out)
	}
}
