//go:build mongo

package main

import (
	"path/filepath"
	"testing"

	"collector/store/mongo/mongotest"
)

// TestDeliveringOverMongoDB is TestDelivering with store and jobs in a real MongoDB.
func TestDeliveringOverMongoDB(t *testing.T) {
	program, err := mongotest.Program(filepath.Join(here(t), "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	inFolder(t)
	servers, err := mongotest.Replica(t.Context(), program, t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	}()
	delivers(t, map[string]string{
		"COLLECTOR_STORE":      servers.URI("likes"),
		"COLLECTOR_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
	})
}
