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

// TestMigrate is what a person does: look, move, go on in the new place.
func TestMigrate(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 30})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	all := p.run(t, "export").must(t).out
	o := p.run(t, "migrate", "--dry-run", "sqlite:collector.db", "sqlite:new.db").must(t)
	if _, err := os.Stat("new.db"); err == nil || !strings.Contains(o.err, "would be moved: 1 account, ") || !strings.Contains(o.err, "30 items") {
		t.Errorf("a dry run: %v\n%s", err, o.err)
	}
	o = p.run(t, "migrate", "sqlite:collector.db", "sqlite:new.db").must(t)
	for _, want := range []string{"counted on both sides", "1 account, 1 sign-in", "1 network, 30 items", "collector.key", "Readers of the log"} {
		if !strings.Contains(o.err, want) {
			t.Errorf("migrate does not say %q:\n%s", want, o.err)
		}
	}
	if strings.Contains(o.err, acc[0].Tokens[0]) {
		t.Error("the token is printed")
	}
	if o := p.run(t, "migrate", "sqlite:./collector.db", "sqlite:new.db").must(t); !strings.Contains(o.err, "already") {
		t.Errorf("once more: %s", o.err)
	}
	p.env["COLLECTOR_STORE"], p.env["COLLECTOR_SECRET_KEY_FILE"] = "sqlite:new.db", "collector.key"
	if got := p.run(t, "export").must(t).out; got != all {
		t.Errorf("the export differs:\n%s\n%s", got, all)
	}
	if o := p.run(t, "changes", "--since=1"); o.code != exitPermanent || !strings.Contains(o.err, "read everything once") {
		t.Errorf("a reader of the log: %d %s", o.code, o.err)
	}
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once").must(t) // the sign-in still opens
	if o := p.run(t, "status").must(t); !strings.Contains(o.out, "1 ok") {
		t.Errorf("%s", o.out)
	}
	if got := p.run(t, "export").must(t).out; strings.Count(got, "\n") != 30 {
		t.Errorf("%d items after a run in the new place", strings.Count(got, "\n"))
	}
}

// TestMigrateRefuses: each with a reason, a next step and its exit code, and nothing
// changed.
func TestMigrateRefuses(t *testing.T) {
	busy := func(path string) func(t *testing.T) {
		return func(t *testing.T) {
			st, err := sqlite.Open(t.Context(), path, store.Options{Owner: "laptop-1", Lease: time.Minute, Now: atNoon})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
		}
	}
	for _, c := range []struct {
		name, args   string
		broken       func(t *testing.T)
		code         int
		reason, next string
	}{
		{"no target", "migrate sqlite:collector.db", nil, exitUsage, "two stores", "--help"},
		{"no source", "migrate sqlite:no.db sqlite:new.db", nil, exitNoStore, "no store at no.db", "--store"},
		{"itself", "migrate sqlite:collector.db sqlite:./collector.db", nil, exitUsage, "to itself", "another store"},
		{"from memory", "migrate memory: sqlite:new.db", nil, exitUsage, "ends with its process", "sqlite:FILE"},
		{"to memory", "migrate sqlite:collector.db memory:", nil, exitUsage, "ends with its process", "sqlite:FILE"},
		{"no kind", "migrate sqlite:collector.db new.db", nil, exitNoStore, "no kind of store", "--store"},
		{"a collector on the source", "migrate sqlite:collector.db sqlite:new.db", busy("collector.db"), exitTemporary, "source is in use: a collector works on it (laptop-1)", "stop every collector"},
		{"a collector on the target", "migrate sqlite:collector.db sqlite:busy.db", busy("busy.db"), exitTemporary, "target is in use: a collector works on it (laptop-1)", "stop every collector"},
		{"a target with other data", "migrate sqlite:collector.db sqlite:other.db", other, exitUsage, "holds other data", "empty store"},
		{"a dry run into other data", "migrate --dry-run sqlite:collector.db sqlite:other.db", other, exitUsage, "holds other data", "empty store"},
		{"half a source", "migrate sqlite:other.db sqlite:new.db", half, exitForeign, "not all is there yet", "migrate` again"},
		{"a search in half a store", "search raft --store=sqlite:other.db", half, exitForeign, "not all is there yet", "migrate` again"},
		{"a daemon on half a store", "--once --store=sqlite:other.db", half, exitForeign, "not all is there yet", "migrate` again"},
		{"half of another source", "migrate sqlite:collector.db sqlite:other.db", half, exitUsage, "move was not finished", "empty store"},
		{"an old database that is none", "migrate likeastore sqlite:collector.db sqlite:new.db", nil, exitNoStore, "names no server", "the old database"},
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
			o := program{now: atNoon}.run(t, strings.Fields(c.args)...)
			reason, whose, next := parts(o.err)
			if o.code != c.code || !strings.Contains(reason, c.reason) || whose == "" || !strings.Contains(next, c.next) {
				t.Errorf("exit code %d, want %d with the reason %q and the next step %q:\n%s", o.code, c.code, c.reason, c.next, o.err)
			}
			unchanged(t, before, fingerprint(t))
		})
	}
}

// other makes a store with data of its own, other.db.
func other(t *testing.T) {
	t.Helper()
	withOther(t, func(st store.Store) error {
		return st.AddAccount(t.Context(), state.Account{ID: "x", User: "you", Provider: "github", Name: "else"})
	})
}

// half makes a store into which something is being moved, other.db.
func half(t *testing.T) {
	t.Helper()
	withOther(t, func(st store.Store) error { return st.SetMeta(t.Context(), store.MetaMoving, `{"from":"elsewhere"}`) })
}

func withOther(t *testing.T, fn func(store.Store) error) {
	t.Helper()
	path, err := filepath.Abs("other.db")
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), path, store.Options{Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	if err := fn(st); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}
