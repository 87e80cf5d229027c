package main

import (
	"bytes"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/item"
	"collector/state"
)

// full is an output without space.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

// TestLostOutputIsAFailure: data that could not be written never ends with 0.
func TestLostOutputIsAFailure(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", []item.Item{{ID: "1", Kind: "repository", Title: "a/raft", URL: "https://github.com/a/raft"}},
			state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour)})
	})
	for _, args := range []string{
		"status", "status --json", "explain github/octocat", "search raft", "search --urls raft", "search --json raft", "export", "export --format=csv",
		"changes", "changes --last", "accounts list", "accounts list --json", "connectors", "config sample", "config show", "config check", "version",
	} {
		var errs bytes.Buffer
		a := newApp([]string{"LANG=C.UTF-8"}, strings.NewReader(""), full{}, &errs)
		a.now = atNoon
		if code := a.main(t.Context(), strings.Fields(args)); code != exitOther || !strings.Contains(errs.String(), "no space left") || !strings.Contains(errs.String(), "whose: this machine") {
			t.Errorf("%s: %d %s", args, code, errs.String())
		}
	}
}
