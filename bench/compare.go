package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"collector/bench/figure"
)

// committed is the file of the figures that others are compared with, from the
// repository's root.
const committed = "bench/figures.json"

const (
	ratioNoise = 0.15 // of a ratio to a floor of the same run
	plainNoise = 0.30 // of a figure without a floor
)

// record is the content of that file.
type record struct {
	Machine machine         `json:"machine"` // of the newest figures
	Figures []figure.Figure `json:"figures"`
}

// load reads the committed figures; a file that is not there holds none.
func load(path string) (record, error) {
	var r record
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("reading the committed figures: %w", err)
	}
	return r, nil
}

func save(path string, r record) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("keeping the figures: %w", err)
	}
	return nil
}

// with puts new figures in the place of those of the same name.
func (r record) with(m machine, figures []figure.Figure) record {
	out := record{Machine: m, Figures: slices.Clone(r.Figures)}
	for _, f := range figures {
		if i := out.find(f.Name); i >= 0 {
			out.Figures[i] = f
		} else {
			out.Figures = append(out.Figures, f)
		}
	}
	return out
}

func (r record) find(name string) int {
	return slices.IndexFunc(r.Figures, func(f figure.Figure) bool { return f.Name == name })
}

// compare says what got worse than the committed figures.
func compare(out io.Writer, before record, now []figure.Figure) {
	if len(before.Figures) == 0 {
		fmt.Fprintln(out, "\nno committed figures to compare with")
		return
	}
	compared, lines := 0, []string(nil)
	for _, f := range now {
		i := before.find(f.Name)
		if i < 0 {
			continue
		}
		compared++
		if why := worse(before.Figures[i], f); why != "" {
			lines = append(lines, f.Name+": "+why)
		}
	}
	fmt.Fprintf(out, "\n%d figures compared with those of %s; %d got worse (by more than %.0f %% of a ratio, %.0f %% of a figure without a floor, or past a target)\n",
		compared, before.Machine, len(lines), 100*ratioNoise, 100*plainNoise)
	for _, line := range lines {
		fmt.Fprintln(out, "  "+line)
	}
}

// worse says in which way a figure got worse than it was, "" if it did not.
func worse(was, is figure.Figure) string {
	if (was.Floor != 0) != (is.Floor != 0) {
		return "" // the rival was not there in one of the runs
	}
	noise := plainNoise
	if was.Floor != 0 {
		noise = ratioNoise
	}
	a, b := was.Value(), is.Value()
	moved := b > a*(1+noise)
	if is.AtLeast {
		moved = b < a/(1+noise)
	}
	switch {
	case moved:
		return fmt.Sprintf("%s, was %s", number(b), number(a))
	case was.Reached() && !is.Reached():
		return fmt.Sprintf("%s, was %s: the target %s is not reached any more", number(b), number(a), target(is))
	}
	return ""
}
