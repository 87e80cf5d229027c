//go:build mongo

package main

import (
	"path/filepath"
	"testing"

	"collector/store/mongo/mongotest"
)

// realMongoDB is a replica set of one server, which ends with the test, in a new folder.
func realMongoDB(t *testing.T) *mongotest.Servers {
	t.Helper()
	program, err := mongotest.Program(filepath.Join(here(t), "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	inFolder(t)
	servers, err := mongotest.Replica(t.Context(), program, t.TempDir(), 1)
	t.Cleanup(func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// TestDeliveringOverMongoDB is TestDelivering with store and jobs in a real MongoDB.
func TestDeliveringOverMongoDB(t *testing.T) {
	servers := realMongoDB(t)
	delivers(t, map[string]string{
		"COLLECTOR_STORE":      servers.URI("likes"),
		"COLLECTOR_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
	})
}

// TestMigrateTakesWebhooksToMongoDB is TestMigrateTakesWebhooks to a real MongoDB, to another
// one, and back to a file.
func TestMigrateTakesWebhooksToMongoDB(t *testing.T) {
	servers := realMongoDB(t)
	migratesWebhooks(t, servers.URI("likes"), servers.URI("more"), "sqlite:back.db")
}
