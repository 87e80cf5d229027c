package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/state"
)

// Promise R9: where the disk is nearly full nothing is collected, every surface
// says so, and what is stored can be read.
func TestDiskFloor(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat",
			[]item.Item{{ID: "1", URL: "https://example.org/1", Kind: "repo", Title: "raft", LikedAt: noon, LikedFrom: item.FromAPI}},
			state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(-time.Minute)})
	})
	low := program{now: atNoon, left: 199e6}
	pause := "the disk of ./collector.db (SQLite) has 199 MB left, and collecting pauses below 200 MB; free some space"
	if got := low.run(t, "status").must(t); !strings.Contains(got.out, "COLLECTING PAUSES: "+pause) {
		t.Errorf("status: %s", got.out)
	}
	var v struct {
		Pause string `json:"collectingPauses"`
	}
	got := low.run(t, "status", "--json").must(t)
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || !strings.HasPrefix(v.Pause, pause) {
		t.Errorf("status --json: %q, %v", v.Pause, err)
	}
	if got := low.run(t, "status", "--fail-on=error"); got.code != exitTemporary {
		t.Errorf("status --fail-on=error ended with %d", got.code)
	}
	if got := low.run(t, "search", "raft").must(t); !strings.Contains(got.out, "raft") {
		t.Errorf("search: %s", got.out)
	}
	if got := low.run(t, "--once"); got.code != exitReadOnly || !strings.Contains(got.err, pause) || !strings.Contains(got.err, "whose: this machine") {
		t.Errorf("a pass ended with %d: %s", got.code, got.err)
	}
	for name, p := range map[string]program{
		"enough":    {now: atNoon, left: 200e6},
		"no floor":  {now: atNoon, left: 1, env: map[string]string{"COLLECTOR_DISK_FLOOR": "0"}},
		"a low one": {now: atNoon, left: 2e6, env: map[string]string{"COLLECTOR_DISK_FLOOR": "1MB"}},
	} {
		if got := p.run(t, "status").must(t); strings.Contains(got.out, "PAUSES") {
			t.Errorf("%s: %s", name, got.out)
		}
	}
}

// TestDiskFreeIsAsked: the system answers for a folder that is there.
func TestDiskFreeIsAsked(t *testing.T) {
	if _, err := diskFree(t.TempDir()); err != nil {
		t.Error(err)
	}
	if _, err := diskFree("no/such/folder"); err == nil {
		t.Error("a folder that is not there has a disk")
	}
}
