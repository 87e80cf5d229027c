package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// promises are those that the product keeps; docs/RELIABILITY.md words them.
var promises = []string{
	"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R18", "R19", "R20",
	"S1", "S2", "S3", "S4", "S8", "S11",
}

// TestEveryMutantFitsTheSource finds a stale mutant without running any.
func TestEveryMutantFitsTheSource(t *testing.T) {
	mutants, err := load("../../mutants", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		if _, err := m.apply("../.."); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if info, err := os.Stat(filepath.Join("../..", filepath.FromSlash(m.pkg))); err != nil || !info.IsDir() {
			t.Errorf("%s: no package %s", m.name, m.pkg)
		}
	}
}

func TestEveryPromiseHasAMutant(t *testing.T) {
	mutants, err := load("../../mutants", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range promises {
		if !slices.ContainsFunc(mutants, func(m mutant) bool { return strings.HasPrefix(m.promise, p+":") }) {
			t.Errorf("no mutant breaks %s (a first line \"# %s: …\")", p, p)
		}
	}
}
