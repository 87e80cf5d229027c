package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/bench/figure"
)

// TestEveryMeasurementWorks runs all with small amounts that need nothing but Go.
func TestEveryMeasurementWorks(t *testing.T) { works(t, alone()) }

// works runs measurements with small amounts: a figure must come from work that was
// really done. How fast it was is not looked at.
func works(t *testing.T, all []figure.Measurement) {
	seen := map[string]bool{}
	for _, m := range all {
		if seen[m.Name] || m.Name == "" || m.What == "" {
			t.Errorf("%q: %q: a measurement needs a name of its own and a sentence", m.Name, m.What)
		}
		seen[m.Name] = true
		t.Run(m.Name, func(t *testing.T) {
			fs, err := m.Do(t.Context(), figure.Run{Root: "..", Dir: t.TempDir(), Short: true, Repeats: 1, Seed: 1, Log: t.Logf})
			if err != nil {
				t.Fatal(err)
			}
			if len(fs) == 0 {
				t.Error("no figures")
			}
			for _, f := range fs {
				if !strings.HasPrefix(f.Name, m.Name) || f.Unit == "" || f.Repeats < 1 || f.Floor != 0 && f.Against == "" {
					t.Errorf("incomplete: %+v", f)
				}
				if f.Ours < 0 || f.Floor < 0 || f.Ours != f.Ours || f.Floor != f.Floor {
					t.Errorf("not a measurement: %+v", f)
				}
			}
		})
	}
}

func fixed(name string, ours, floor float64, err error) figure.Measurement {
	return figure.Measurement{Name: name, What: "a test", Do: func(_ context.Context, r figure.Run) ([]figure.Figure, error) {
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(r.Dir); err != nil {
			return nil, err
		}
		return []figure.Figure{{Name: name + "/wall", Unit: "s", Ours: ours, Floor: floor, Against: "a bare loop", Limit: 1.2, Repeats: r.Repeats}}, nil
	}}
}

func TestTheTableAndWhatGotWorse(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "bench"), 0o755); err != nil {
		t.Fatal(err)
	}
	do := func(args []string, ms ...figure.Measurement) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), root, args, ms, &out, &bytes.Buffer{})
		return out.String(), err
	}
	out, err := do([]string{"-update", "-repeats=2"}, fixed("a", 2, 2, nil), fixed("b", 3, 2, nil))
	if err != nil || !strings.Contains(out, "no committed figures") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"a/wall", "2.00 s", "≤ 1.20", "yes", "NO", "1.50", "floor: a bare loop"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	// Half as fast a machine, the same ratios: nothing got worse.
	if out, err = do(nil, fixed("a", 4, 4, nil), fixed("b", 6, 4, nil)); err != nil || !strings.Contains(out, "0 got worse") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err = do([]string{"b"}, fixed("a", 4, 4, nil), fixed("b", 8, 4, nil)); err != nil || !strings.Contains(out, "b/wall: 2.00, was 1.50") || strings.Contains(out, "a/wall") {
		t.Errorf("%v\n%s", err, out)
	}
	broken := errors.New("broken")
	if out, err = do([]string{"-update"}, fixed("a", 0, 0, broken), fixed("b", 3, 1, nil)); !errors.Is(err, broken) || !strings.Contains(out, "b/wall") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err = do([]string{"b"}, fixed("b", 3, 1, nil)); err != nil || !strings.Contains(out, "was 1.50") {
		t.Errorf("a failed run replaced the committed figures: %v\n%s", err, out)
	}
	missing := fmt.Errorf("%w: install it", figure.ErrLeftOut)
	if out, err = do([]string{"-update"}, fixed("a", 3, 2, nil), fixed("c", 0, 0, missing)); err != nil || !strings.Contains(out, "c: left out: install it") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err = do([]string{"b"}, fixed("b", 3, 2, nil)); err != nil || !strings.Contains(out, "0 got worse") {
		t.Errorf("what was left out went out of the committed figures: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"c"}, {"-repeats=0"}, {"-short", "-update"}, {"-short", "-keep=x"}, {"-unknown"}} {
		if _, err := do(args, fixed("a", 1, 1, nil)); err == nil {
			t.Errorf("%v passed", args)
		}
	}
}

func TestWorse(t *testing.T) {
	for _, c := range []struct {
		was, is figure.Figure
		worse   bool
	}{
		{figure.Figure{Ours: 1, Floor: 1}, figure.Figure{Ours: 1.14, Floor: 1}, false},
		{figure.Figure{Ours: 1, Floor: 1}, figure.Figure{Ours: 1.16, Floor: 1}, true},
		{figure.Figure{Ours: 1}, figure.Figure{Ours: 1.29}, false},
		{figure.Figure{Ours: 1}, figure.Figure{Ours: 1.31}, true},
		{figure.Figure{Ours: 99, AtLeast: true, Limit: 99}, figure.Figure{Ours: 98.9, AtLeast: true, Limit: 99}, true},
		{figure.Figure{Ours: 100, AtLeast: true}, figure.Figure{Ours: 200, AtLeast: true}, false},
		{figure.Figure{Ours: 100, AtLeast: true}, figure.Figure{Ours: 70, AtLeast: true}, true},
		{figure.Figure{Ours: 50, Floor: 100, Limit: 1}, figure.Figure{Ours: 60}, false}, // the rival was not there
	} {
		if got := worse(c.was, c.is); (got != "") != c.worse {
			t.Errorf("%+v -> %+v: %q", c.was, c.is, got)
		}
	}
}
