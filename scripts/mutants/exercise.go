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
	binaries  map[string]func() built   // of the tree as it is, by package and tags
}

// built is a test binary, or why there is none.
type built struct {
	binary string
	failed outcome
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
	b := r.build(ctx, dir, env, m)
	if b.binary == "" {
		b.failed.took = time.Since(start)
		return b.failed
	}
	out := r.test(ctx, b.binary, env, m)
	out.took = time.Since(start)
	return out
}

// build makes a test binary in a folder, unvetted and without the tables that only a
// debugger reads.
func (r *runner) build(ctx context.Context, dir string, env []string, m mutant) built {
	binary := filepath.Join(dir, "test.bin")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-w", "-o", binary, "-tags", m.tags, "./"+m.pkg)
	build.Dir, build.Env = r.root, env
	if out, err := build.CombinedOutput(); err != nil {
		return built{failed: outcome{colour: ended(ctx, notCompiled), output: string(out) + err.Error()}}
	}
	if _, err := os.Stat(binary); err != nil { // go test -c makes none for a package without tests
		return built{failed: outcome{colour: notRun, output: "the package has no test"}}
	}
	return built{binary: binary}
}

// test runs the test of a mutant.
func (r *runner) test(ctx context.Context, binary string, env []string, m mutant) outcome {
	test := exec.CommandContext(ctx, binary, "-test.run="+m.test, "-test.v", "-test.paniconexit0", "-test.timeout="+m.timeout.String())
	test.Dir, test.Env = filepath.Join(r.root, filepath.FromSlash(m.pkg)), env
	test.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	test.Stdout, test.Stderr = &out, &out
	err := test.Run()
	return outcome{colour: ended(ctx, judge(out.String(), err)), output: out.String()}
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

// baseline runs the test on the tree as it is, once for all its mutants.
func (r *runner) baseline(ctx context.Context, m mutant) outcome {
	r.mu.Lock()
	if r.baselines == nil {
		r.baselines, r.binaries = map[string]func() outcome{}, map[string]func() built{}
	}
	key := m.pkg + "\x00" + m.tags
	binary, ok := r.binaries[key]
	if !ok {
		binary = sync.OnceValue(func() built {
			dir, err := os.MkdirTemp(r.scratch, "tree-")
			if err != nil {
				return built{failed: outcome{colour: notCompiled, output: err.Error()}}
			}
			return r.build(ctx, dir, os.Environ(), m)
		})
		r.binaries[key] = binary
	}
	key += "\x00" + m.test
	run, ok := r.baselines[key]
	if !ok {
		run = sync.OnceValue(func() outcome {
			b := binary()
			if b.binary == "" {
				return b.failed
			}
			return r.test(ctx, b.binary, os.Environ(), m)
		})
		r.baselines[key] = run
	}
	r.mu.Unlock()
	return run()
}
