package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDemo(t *testing.T) {
	inFolder(t)
	synctest.Test(t, shownSoon)
}

func shownSoon(t *testing.T) {
	began := time.Now()
	out, stop := background(t, map[string]string{"TMPDIR": t.TempDir(), "COLLECTOR_LISTEN": "off"}, "demo", "--items=600", "--seed=3")
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

// TestDemoOfACluster shows what is promised: join, election, tasks and results, a
// death and the take-over, twice.
func TestDemoOfACluster(t *testing.T) {
	inFolder(t)
	synctest.Test(t, playsACluster)
}

func playsACluster(t *testing.T) {
	out, stop := background(t, map[string]string{"TMPDIR": t.TempDir(), "COLLECTOR_LISTEN": "off"}, "demo", "--instances=3", "--speed=1000x", "--items=300")
	from := 0
	next := func(what string) string {
		t.Helper()
		late := time.NewTimer(30 * time.Second)
		defer late.Stop()
		for {
			text := out.String()[from:]
			for l := range strings.Lines(text) {
				if m := regexp.MustCompile(what).FindStringSubmatch(l); m != nil && strings.HasSuffix(l, "\n") {
					return m[1]
				}
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-late.C:
				t.Fatalf("no %q in:\n%s", what, text)
			}
		}
	}
	leader := next(`^\[cluster\] (\S+) was elected`)
	next(`sees (\S+) join`)
	others := strings.Trim(strings.ReplaceAll("|instance-1|instance-2|instance-3|", "|"+leader+"|", "|"), "|")
	next(`has the result of task-\d+: (` + others + `) counted \d+ items`)
	dead := next(`^\[cluster\] (\S+), which does not lead, dies`)
	next(`sees that (` + dead + `) is gone`)
	next(`sees (instance-4) join`)
	if again := next(`^\[cluster\] (\S+), the leader, dies`); again != leader {
		t.Errorf("%s led, and %s died", leader, again)
	}
	from = strings.Index(out.String(), ", the leader, dies")
	follower := next(`^\[cluster\] (\S+) was elected`)
	next(`sees that (` + leader + `) is gone`)
	next(`^\[cluster\] (` + follower + `) has the result of`)
	if code := stop(); code != exitOK {
		t.Errorf("the demo ended with %d:\n%s", code, out)
	}
	if strings.Contains(out.String(), "object to") {
		t.Errorf("the services object:\n%s", out)
	}
}

// TestDemoBench: the measured run reads everything that there is, and says how fast.
func TestDemoBench(t *testing.T) {
	o := (program{}).run(t, "demo", "--bench", "--accounts=4", "--items=400")
	if o.code != 0 {
		t.Fatalf("it ends with %d: %s", o.code, o.err)
	}
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	if len(lines) != 3 || !strings.Contains(o.err, "SIMULATED FIGURES") {
		t.Fatalf("%s%s", o.out, o.err)
	}
	for i, latency := range []string{"100ms", "600ms"} {
		// four lists of a page each, and whose each of them is
		if f := strings.Fields(lines[i+1]); len(f) < 9 || f[0] != latency || f[1] != "4" || f[2] != "400" || f[7] != "8" || f[8] != "0" {
			t.Errorf("%q", lines[i+1])
		}
	}
}

func TestDemoFlags(t *testing.T) {
	for _, args := range []string{"--speed=0", "--speed=fast", "--speed=2000x", "--speed=NaN", "--accounts=0", "--items=-1", "--instances=0", "--instances=10"} {
		if o := (program{}).run(t, "demo", args); o.code != exitUsage {
			t.Errorf("demo %s ends with %d", args, o.code)
		}
	}
}

// TestTheDemoProposesWhatCanBeTyped: the name where the PATH has it, else the place of
// the program that runs.
func TestTheDemoProposesWhatCanBeTyped(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if got := asTyped(); !filepath.IsAbs(strings.Trim(got, "'")) {
		t.Errorf("nothing is on the PATH, and it proposes %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "collector"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := asTyped(); got != "collector" {
		t.Errorf("it is on the PATH, and it proposes %q", got)
	}
}
