package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"collector/connectors"
	"collector/simulate"
)

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

func TestVersion(t *testing.T) {
	if o := (program{}).run(t, "version").must(t); !strings.HasPrefix(o.out, fmt.Sprintf("collector %s (", version)) {
		t.Errorf("version: %q", o.out)
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
