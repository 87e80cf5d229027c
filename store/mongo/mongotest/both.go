package mongotest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Both starts a replica set of one member and a server alone, which all tests of a
// package share, and runs them. root is the repository's. It returns the exit code of
// the tests: 1, with the reason on standard error, where a server cannot be had.
func Both(root string, tests func(replica, alone *Servers) int) int {
	dir, err := os.MkdirTemp("", "mongod-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "making a folder for the servers:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	program, err := Program(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	replica, err := Replica(ctx, program, filepath.Join(dir, "replica"), 1)
	defer replica.Stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	alone, err := Standalone(ctx, program, filepath.Join(dir, "alone"))
	defer alone.Stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return tests(replica, alone)
}
