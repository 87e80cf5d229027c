package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	const redistribution = "Redistribution and use in source and binary\nforms, with or without modification, are permitted"
	for text, want := range map[string]string{
		"Permission is hereby granted,\n free of charge, to any person": "MIT",
		"Apache License\n   Version 2.0, January 2004":                  "Apache-2.0",
		redistribution: "BSD-2-Clause",
		redistribution + "\n* Neither the name of X nor":                                  "BSD-3-Clause",
		"Mozilla Public License, version 2.0":                                             "MPL-2.0",
		"GNU AFFERO GENERAL PUBLIC LICENSE. Permission is hereby granted, free of charge": "",
		"All rights reserved.":                                                            "",
	} {
		if got := classify(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestLicenceReadsTheFilesOfAModule(t *testing.T) {
	dir := t.TempDir()
	if got, err := licence(dir); err != nil || got != "" {
		t.Errorf("a module without a licence: %q, %v", got, err)
	}
	for name, text := range map[string]string{
		"LICENSE": "Permission is hereby granted, free of charge", "License-2.txt": "Apache License Version 2.0", "main.go": "Mozilla Public License 2.0",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := licence(dir); err != nil || got != "MIT AND Apache-2.0" {
		t.Errorf("two licences: %q, %v", got, err)
	}
}

// TestEveryLinkedModuleIsListed holds the list to go.mod: what is linked stands
// there, with the version there, and its licence is known.
func TestEveryLinkedModuleIsListed(t *testing.T) {
	t.Chdir("../..")
	var out bytes.Buffer
	if err := run([]string{"linux/amd64"}, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	gomod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")[2:]
	if len(lines) == 0 {
		t.Fatal("no module is listed")
	}
	for _, line := range lines {
		if f := strings.Fields(line); len(f) < 4 || !strings.Contains(string(gomod), f[0]+" "+f[1]) {
			t.Errorf("not in go.mod: %s", line)
		}
	}
}

func TestNoSystemIsAnError(t *testing.T) {
	if err := run(nil, &bytes.Buffer{}); err == nil {
		t.Error("an empty list passed")
	}
}
