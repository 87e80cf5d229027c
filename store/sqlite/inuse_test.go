package sqlite

import (
	"errors"
	"path/filepath"
	"testing"

	"collector/store"
)

// TestUpgradeWaitsForOlderInstances: nothing is changed while one of them lives.
func TestUpgradeWaitsForOlderInstances(t *testing.T) {
	path := file(t)
	if err := prepare(t.Context(), path, path, older(t), options("").Now); err != nil {
		t.Fatal(err)
	}
	alive, err := lockOwner(path, "older")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, options("")); !errors.Is(err, store.ErrInUse) {
		t.Fatalf("upgrading below a running instance: %v", err)
	}
	if copies, _ := filepath.Glob(path + ".backup*"); len(copies) > 0 {
		t.Errorf("a backup for nothing: %q", copies)
	}
	if err := prepare(t.Context(), path, path, older(t), options("").Now); err != nil {
		t.Errorf("the schema is not the older one any more: %v", err)
	}
	if err := alive.release(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

// TestDeadInstancesDoNotStopAnUpgrade although their lock files are still there.
func TestDeadInstancesDoNotStopAnUpgrade(t *testing.T) {
	path := file(t)
	if err := prepare(t.Context(), path, path, older(t), options("").Now); err != nil {
		t.Fatal(err)
	}
	dead, err := lockOwner(path, "dead")
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.file.Close(); err != nil { // as the kernel does at a kill
		t.Fatal(err)
	}
	open(t, path)
}
