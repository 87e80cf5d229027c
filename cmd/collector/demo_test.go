package main

import (
	"strings"
	"testing"
	"time"
)

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
