// Command dependencies lists the modules that are linked into the program on
// any of the given systems: name, version, the day of that version, licence and
// checksum. It is what a release says of its supply chain.
//
// Usage, from the repository's root:
//
//	go run ./scripts/dependencies linux/amd64 windows/amd64 …
//
// It ends with status 1 when the licence of a module is none that it knows and
// that permits redistribution beside MIT.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "dependencies:", err)
		os.Exit(1)
	}
}

// module is what `go list` says of one.
type module struct {
	Path, Version, Dir, Sum string
	Time                    *time.Time
	Main                    bool
	Replace                 *module
}

func run(systems []string, out io.Writer) error {
	modules := map[string]module{}
	for _, system := range systems {
		found, err := linked(system)
		if err != nil {
			return fmt.Errorf("listing the packages for %s: %w", system, err)
		}
		maps.Copy(modules, found)
	}
	if len(modules) == 0 {
		return errors.New("name at least one system, such as linux/amd64")
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "module\tversion\tday\tlicence\tchecksum")
	fmt.Fprintf(table, "Go standard library\t%s\t\tBSD-3-Clause\t\n", runtime.Version())
	var unknown []string
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		name, err := licence(m.Dir)
		if err != nil {
			return fmt.Errorf("reading the licence of %s: %w", path, err)
		}
		if name == "" {
			name = "unknown"
			unknown = append(unknown, path)
		}
		day := "unknown"
		if m.Time != nil {
			day = m.Time.Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", m.Path, m.Version, day, name, m.Sum)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(unknown) > 0 {
		return fmt.Errorf("no licence known to permit redistribution: %s; read it and teach this command", strings.Join(unknown, ", "))
	}
	return nil
}

// linked returns the modules of the program for a system such as linux/amd64.
func linked(system string) (map[string]module, error) {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return nil, fmt.Errorf("%q is no system such as linux/amd64", system)
	}
	list := exec.Command("go", "list", "-deps", "-json=Module,Standard", "-tags", "timetzdata", "./cmd/collector")
	list.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	list.Stderr = os.Stderr
	text, err := list.Output()
	if err != nil {
		return nil, err
	}
	modules := map[string]module{}
	for packages := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct{ Module *module }
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			return modules, nil
		} else if err != nil {
			return nil, err
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		m := *p.Module
		if m.Replace != nil {
			m = *m.Replace
		}
		modules[m.Path] = m
	}
}

// licence names what the module's licence files say, as SPDX does; "" when
// there is none or one that is not known here.
func licence(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range entries {
		base := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(base, "LICENSE") && !strings.HasPrefix(base, "LICENCE") && !strings.HasPrefix(base, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		if name := classify(string(text)); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " AND "), nil
}

// classify knows a licence by the sentence that no other has.
func classify(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	has := func(s string) bool { return strings.Contains(text, s) }
	switch {
	case has("GNU AFFERO GENERAL PUBLIC LICENSE"), has("GNU GENERAL PUBLIC LICENSE"), has("GNU LESSER GENERAL PUBLIC LICENSE"):
		return ""
	case has("Apache License") && has("Version 2.0"):
		return "Apache-2.0"
	case has("Mozilla Public License") && has("2.0"):
		return "MPL-2.0"
	case has("Permission is hereby granted, free of charge"):
		return "MIT"
	case has("Permission to use, copy, modify, and/or distribute"), has("Permission to use, copy, modify, and distribute"):
		return "ISC"
	case has("Redistribution and use in source and binary forms") && (has("Neither the name") || has("used to endorse")):
		return "BSD-3-Clause"
	case has("Redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	case has("This is free and unencumbered software"):
		return "Unlicense"
	}
	return ""
}
