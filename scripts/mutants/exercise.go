package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// colour is what became of one run of a test.
type colour string

const (
	red         colour = "red"
	green       colour = "green"
	notCompiled colour = "does not compile"
	notRun      colour = "no test ran"
	interrupted colour = "interrupted"
)

// outcome is a run with what it printed.
type outcome struct {
	colour colour
	output string
	took   time.Duration
}

// runner exercises tests of the module at root; files go to scratch.
type runner struct {
	root, scratch string

	mu        sync.Mutex
	baselines map[string]func() outcome // by package, tags and test
}

// exercise builds the test binary with the changed files laid over the tree,
// which stays untouched, and runs the test. The overlay goes through GOFLAGS, so
// that a program which the test builds itself is changed as well.
func (r *runner) exercise(ctx context.Context, m mutant, changed map[string]string) outcome {
	start := time.Now()
	dir, err := os.MkdirTemp(r.scratch, "run-")
	if err != nil {
		return outcome{notCompiled, err.Error(), time.Since(start)}
	}
	defer os.RemoveAll(dir)
	env, err := r.overlay(dir, changed)
	if err != nil {
		return outcome{notCompiled, err.Error(), time.Since(start)}
	}
	binary := filepath.Join(dir, "test.bin")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "-tags", m.tags, "./"+m.pkg)
	build.Dir, build.Env = r.root, env
	if out, err := build.CombinedOutput(); err != nil {
		return outcome{ended(ctx, notCompiled), string(out) + err.Error(), time.Since(start)}
	}
	if _, err := os.Stat(binary); err != nil { // go test -c makes none for a package without tests
		return outcome{notRun, "the package has no test", time.Since(start)}
	}
	test := exec.CommandContext(ctx, binary, "-test.run="+m.test, "-test.v", "-test.paniconexit0", "-test.timeout="+m.timeout.String())
	test.Dir, test.Env = filepath.Join(r.root, filepath.FromSlash(m.pkg)), env
	test.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	test.Stdout, test.Stderr = &out, &out
	err = test.Run()
	return outcome{ended(ctx, judge(out.String(), err)), out.String(), time.Since(start)}
}

var (
	passed = regexp.MustCompile(`(?m)^--- PASS: `)
	failed = regexp.MustCompile(`(?m)^\s*--- FAIL: |^panic: |^fatal error: |panic: test timed out`)
)

// judge tells red from a run that only went wrong: a red test says that it failed.
func judge(output string, err error) colour {
	switch {
	case err != nil && failed.MatchString(output):
		return red
	case err == nil && passed.MatchString(output):
		return green
	}
	return notRun
}

func ended(ctx context.Context, c colour) colour {
	if ctx.Err() != nil {
		return interrupted
	}
	return c
}

// overlay writes the changed files and returns the environment that lays them
// over the tree; without changed files, the environment as it is.
func (r *runner) overlay(dir string, changed map[string]string) ([]string, error) {
	flags := os.Getenv("GOFLAGS")
	if len(changed) > 0 {
		replace := map[string]string{}
		for file, text := range changed {
			copied := filepath.Join(dir, fmt.Sprintf("changed-%d%s", len(replace), filepath.Ext(file)))
			if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
				return nil, err
			}
			replace[filepath.Join(r.root, filepath.FromSlash(file))] = copied
		}
		list, err := json.Marshal(map[string]any{"Replace": replace})
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, "overlay.json")
		if err := os.WriteFile(name, list, 0o600); err != nil {
			return nil, err
		}
		flags = strings.TrimSpace(flags + " '-overlay=" + name + "'")
	}
	return append(os.Environ(), "GOFLAGS="+flags), nil
}

// baseline exercises the test on the tree as it is, once for all its mutants.
func (r *runner) baseline(ctx context.Context, m mutant) outcome {
	key := strings.Join([]string{m.pkg, m.tags, m.test}, "\x00")
	r.mu.Lock()
	if r.baselines == nil {
		r.baselines = map[string]func() outcome{}
	}
	run, ok := r.baselines[key]
	if !ok {
		run = sync.OnceValue(func() outcome { return r.exercise(ctx, m, nil) })
		r.baselines[key] = run
	}
	r.mu.Unlock()
	return run()
}
