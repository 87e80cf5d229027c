package main

import (
	"database/sql"
	"os"
	"strings"
	"testing"
)

// TestBesideHalfMade: who looks while a daemon makes the files beside its store, and has not
// yet made their tables, finds nothing in them; it is no mistake of anybody. What a newer
// collector wrote is told as that.
func TestBesideHalfMade(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	files := []string{"collector.db" + upkeepJobs().beside, "collector.db" + waitingCalls().beside, "collector.db" + besideMessages}
	for _, name := range files {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{"jobs list": "there is nothing", "jobs counts": "No jobs yet", "queue list": "No queues yet", "topics": "No topics"} {
		if o := (program{}).run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out+o.err, want) {
			t.Errorf("%s: %s%s", args, o.out, o.err)
		}
	}
	for _, name := range files {
		db, err := sql.Open("sqlite", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO queue_versions (version_id, is_applied) VALUES (9999, 1)"); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, args := range []string{"jobs list", "queue list"} {
		if o := (program{}).run(t, strings.Fields(args)...); o.code != exitNewer || !strings.Contains(o.err, "newer") {
			t.Errorf("%s of a newer collector: %d %s", args, o.code, o.err)
		}
	}
}

// TestHalfMadeWhereNothingMayBeWritten: it is told what to do.
func TestHalfMadeWhereNothingMayBeWritten(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	name := "collector.db" + upkeepJobs().beside
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly(t, "collector.db", name)
	if o := (program{}).run(t, "jobs", "counts"); o.code == exitOK || !strings.Contains(o.err, "read-only") {
		t.Errorf("%d %s%s", o.code, o.out, o.err)
	}
}
