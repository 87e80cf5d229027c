package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/simulate"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// TestBackupAndRestore is what a person does: back up, lose, restore, go on.
func TestBackupAndRestore(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 30})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	all := p.run(t, "export").must(t).out
	o := p.run(t, "backup", "likes.backup").must(t)
	for _, want := range []string{"likes.backup", "30 items of 1 network", "1 sealed sign-in", "schema", "read through: whole", "not in it", "collector.key"} {
		if !strings.Contains(o.err, want) {
			t.Errorf("backup does not say %q:\n%s", want, o.err)
		}
	}
	if in, err := os.Stat("likes.backup"); err != nil || in.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", in, err)
	}
	if text := string(read(t, "likes.backup")); strings.Contains(text, acc[0].Tokens[0]) || strings.Contains(text, strings.TrimSpace(string(read(t, "collector.key")))) {
		t.Error("the backup holds a token or the key")
	}
	out := p.run(t, "backup", "-").must(t)
	write(t, "streamed.backup", out.out)
	p.run(t, "users", "purge", "--yes", "me").must(t)
	for _, from := range []string{"likes.backup", "streamed.backup"} {
		o = p.run(t, "restore", from).must(t)
		for _, want := range []string{"restored: collector.db", "30 items", "before-restore", "purged", "Readers of the log"} {
			if !strings.Contains(o.err, want) {
				t.Errorf("restore does not say %q:\n%s", want, o.err)
			}
		}
		if got := p.run(t, "export").must(t).out; got != all {
			t.Errorf("%s: the export differs", from)
		}
	}
	if o := p.run(t, "changes", "--since=1"); o.code != exitPermanent || !strings.Contains(o.err, "read everything once") {
		t.Errorf("a reader of the log: %d %s", o.code, o.err)
	}
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once").must(t) // the sign-in still opens
	if o := p.run(t, "status").must(t); !strings.Contains(o.out, "1 ok") {
		t.Errorf("%s", o.out)
	}
	if kept, _ := filepath.Glob("collector.db.before-restore-*"); len(kept) != 2 {
		t.Errorf("kept aside: %q", kept)
	}
}

// TestBackupAndRestoreRefuse: each with a reason, a next step and its exit code,
// and nothing changed.
func TestBackupAndRestoreRefuse(t *testing.T) {
	backup := func(t *testing.T) { (program{}).run(t, "backup", "b").must(t) }
	for _, c := range []struct {
		name, args   string
		broken       func(t *testing.T)
		code         int
		reason, next string
	}{
		{"a backup that is there", "backup b", file("b", "precious"), exitUsage, "exists", "--force"},
		{"the store as its backup", "backup --force collector.db", nil, exitUsage, "the store itself", "another file"},
		{"no folder", "backup no/where", nil, exitUsage, "no such", "folder"},
		{"no name", "backup", nil, exitUsage, "one file", "--help"},
		{"memory", "backup b --store=memory:", nil, exitUsage, "memory", "--store=sqlite:FILE"},
		{"restoring memory", "restore b --store=memory:", nil, exitUsage, "memory", "--store=sqlite:FILE"},
		{"no backup", "restore b", nil, exitNoStore, "no file b", "name of the backup"},
		{"a text", "restore b", file("b", strings.Repeat("this is a text. ", 600)), exitForeign, "not a collector store", "collector backup"},
		{"half a backup", "restore b", func(t *testing.T) {
			backup(t)
			if err := os.Truncate("b", 40_000); err != nil {
				t.Fatal(err)
			}
		}, exitForeign, "damaged", "older backup"},
		{"a store in use", "restore b", func(t *testing.T) {
			backup(t)
			st, err := sqlite.Open(t.Context(), "collector.db", store.Options{Owner: "laptop-1", Lease: time.Minute, Now: atNoon})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
		}, exitTemporary, "laptop-1", "stop every collector"},
		{"a damaged store", "backup b", func(t *testing.T) { exec(t, "UPDATE networks SET items = items + 1") }, exitForeign, "damaged", "older one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t)
			seeded(t, func(s *seeder) {
				s.network("me", "github", "", "octocat", []item.Item{{ID: "1", Kind: "repository", Title: "a/raft", URL: "https://github.com/a/raft"}},
					state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour)})
			})
			if c.broken != nil {
				c.broken(t)
			}
			before := fingerprint(t)
			o := program{}.run(t, strings.Fields(c.args)...)
			reason, whose, next := parts(o.err)
			if o.code != c.code || !strings.Contains(reason, c.reason) || whose == "" || !strings.Contains(next, c.next) {
				t.Errorf("exit code %d, want %d with the reason %q and the next step %q:\n%s", o.code, c.code, c.reason, c.next, o.err)
			}
			unchanged(t, before, fingerprint(t))
		})
	}
}
