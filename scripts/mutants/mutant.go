package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mutant is one way to break the product, and the test that must notice.
type mutant struct {
	name    string // file name without its ending
	promise string // what is broken, in words: "R3: a late owner's write is not fenced"
	pkg     string // package of the test, as a folder: "store/sqlite"
	test    string // regular expression for go test -run
	tags    string // build tags, comma-separated; "" none
	timeout time.Duration
	edits   []edit
}

// edit replaces one text of one file.
type edit struct{ file, before, after string }

// defaultTimeout is how long the named test may take. A test that a mutant
// makes hang is ended then, and counts as red.
const defaultTimeout = 2 * time.Minute

// parse reads a mutant file; mutants/README.md describes the format.
func parse(name, text string) (mutant, error) {
	m := mutant{name: name, timeout: defaultTimeout}
	var file string
	var block *string // where the lines of the block in hand go
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case line == "old:":
			if file == "" {
				return m, fmt.Errorf("line %d: old: before any file", i+1)
			}
			m.edits = append(m.edits, edit{file: file})
			block = &m.edits[len(m.edits)-1].before
			continue
		case line == "new:":
			if len(m.edits) == 0 || block == nil || block != &m.edits[len(m.edits)-1].before {
				return m, fmt.Errorf("line %d: new: without old: before it", i+1)
			}
			block = &m.edits[len(m.edits)-1].after
			continue
		case strings.HasPrefix(line, "file: "):
			file, block = path.Clean(strings.TrimSpace(line[len("file: "):])), nil
			continue
		case block != nil:
			*block += line + "\n"
			continue
		}
		if err := m.head(line); err != nil {
			return m, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return m, m.complete()
}

// head reads a line that stands before the blocks.
func (m *mutant) head(line string) error {
	if line == "" {
		return nil
	}
	if said, ok := strings.CutPrefix(line, "#"); ok {
		if m.promise == "" {
			m.promise = strings.TrimSpace(said)
		}
		return nil
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch name {
	case "package":
		m.pkg = strings.TrimPrefix(path.Clean(value), "./")
	case "test":
		m.test = value
	case "tags":
		m.tags = value
	case "timeout":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("timeout wants a duration such as 90s, not %q", value)
		}
		m.timeout = d
	default:
		return fmt.Errorf("%q is no line of a mutant file", line)
	}
	return nil
}

func (m *mutant) complete() error {
	switch {
	case m.promise == "":
		return errors.New("the first line must say the promise: # R3: …")
	case m.pkg == "" || m.test == "":
		return errors.New("package: and test: are needed")
	case len(m.edits) == 0:
		return errors.New("file:, old: and new: are needed")
	}
	for _, e := range m.edits {
		if strings.TrimSpace(e.before) == "" {
			return fmt.Errorf("an old: block for %s is empty", e.file)
		}
		if e.before == e.after {
			return fmt.Errorf("old: and new: for %s are the same", e.file)
		}
	}
	return nil
}

// errStale says that the source went on and the mutant did not.
var errStale = errors.New("stale")

// apply returns the changed text of each file, by its path under root.
func (m *mutant) apply(root string) (map[string]string, error) {
	changed := map[string]string{}
	for _, e := range m.edits {
		text, ok := changed[e.file]
		if !ok {
			data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, fmt.Errorf("%w: reading the file to change: %w", errStale, err)
			}
			text = string(data)
		}
		if n := strings.Count(text, e.before); n != 1 {
			return nil, fmt.Errorf("%w: its old: text stands %d times in %s, want once", errStale, n, e.file)
		}
		changed[e.file] = strings.Replace(text, e.before, e.after, 1)
	}
	return changed, nil
}

// load reads every mutant of the folder whose name or promise contains one of
// the words (all without words), by name.
func load(dir string, words []string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	var out []mutant
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("reading a mutant: %w", err)
		}
		m, err := parse(strings.TrimSuffix(filepath.Base(p), ".txt"), string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		wanted := func(w string) bool { return strings.Contains(m.name, w) || strings.Contains(m.promise, w) }
		if len(words) == 0 || slices.ContainsFunc(words, wanted) {
			out = append(out, m)
		}
	}
	return out, nil
}
