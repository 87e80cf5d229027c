package main

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/store"
	"collector/store/sqlite"
)

// canary is a token that no output may hold.
const canary = "ghp_c4naryc4naryc4naryc4naryc4nary000000"

// TestBadInput: each mistake gets a reason, whose fault it is, what to do, its
// own exit code, and changes nothing.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   string
		stdin  string
		env    map[string]string
		broken func(t *testing.T) // what is wrong with the folder
		code   int
		reason string // a part of it
		next   string
	}{
		{name: "unknown service", args: "connect gihub --token-stdin", stdin: canary, code: exitUsage, reason: `no service "gihub"`, next: `"github"`},
		{name: "unknown command", args: "stauts", code: exitUsage, reason: `no command "stauts"`, next: "collector status"},
		{name: "unknown sub-command", args: "accounts lst", code: exitUsage, reason: `no command "lst"`, next: "accounts list"},
		{name: "unknown flag", args: "search --jsn raft", code: exitUsage, reason: "--jsn", next: "--help"},
		{name: "no query", args: "search", code: exitUsage, reason: "a query", next: "--help"},
		{name: "a limit out of range", args: "search --limit=0 raft", code: exitUsage, reason: "--limit=0", next: "--limit=50"},
		{name: "unknown network", args: "sync github/octocta", code: exitUsage, reason: "github/octocta", next: "github/octocat"},
		{name: "a network without its service", args: "explain octocat", code: exitUsage, reason: "octocat", next: "github/octocat"},
		{name: "no token and no terminal", args: "connect github", code: exitUsage, reason: "no token", next: "--token-stdin"},
		{name: "an empty token", args: "connect github --token-stdin", code: exitUsage, reason: "empty", next: "token"},
		{name: "a token that is a web page", args: "connect github --token-stdin", stdin: "<!doctype html>" + canary, code: exitUsage, reason: "web page", next: "token"},
		{name: "a token file that is not there", args: "connect github --token-file nothing", code: exitUsage, reason: "nothing", next: "file"},
		{name: "a server where there is none", args: "connect github --server https://x.example --token-stdin", stdin: canary, code: exitUsage, reason: "no servers", next: "--server"},
		{name: "no server where there are many", args: "connect mastodon --token-stdin", stdin: canary, code: exitUsage, reason: "many servers", next: "--server"},
		{name: "a server with a password", args: "connect mastodon --server https://u:pw4@x.example --token-stdin", stdin: canary, code: exitUsage, reason: "address of a host", next: "https://"},
		{name: "an unknown setting", args: "connect github --param site=x --token-stdin", stdin: canary, code: exitUsage, reason: "site", next: "connectors github"},
		{name: "a broken key in the file", args: "status --config c.yaml", broken: file("c.yaml", "store: sqlite:collector.db\nworkres: 3\n"), code: exitConfig, reason: "line 2", next: "config sample"},
		{name: "a file that is not there", args: "status --config nothing.yaml", code: exitConfig, reason: "nothing.yaml", next: "config sample"},
		{name: "a broken variable", args: "status", env: map[string]string{"COLLECTOR_LEASE": "soon"}, code: exitConfig, reason: "COLLECTOR_LEASE", next: "config sample"},
		{name: "a broken flag", args: "--mode=inital", code: exitConfig, reason: "inital", next: "config sample"},
		{name: "no store", args: "status --store=sqlite:other.db", code: exitNoStore, reason: "other.db", next: "--store"},
		{name: "no folder", args: "connect github --token-stdin --store=sqlite:no/where.db", stdin: canary, code: exitNoStore, reason: "folder", next: "--store"},
		{name: "a foreign database", args: "status", broken: foreignDatabase, code: exitForeign, reason: "not a collector store", next: "--store"},
		{name: "a file that is no database", args: "status", broken: file("collector.db", strings.Repeat("this is a text. ", 600)), code: exitForeign, reason: "not a collector store", next: "--store"},
		{name: "a newer database", args: "status", broken: newerDatabase, code: exitNewer, reason: "newer", next: "newer collector"},
		{name: "another secret key", args: "--once", env: map[string]string{"COLLECTOR_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}, code: exitWrongKey, reason: "does not fit", next: "put back"},
		{name: "the key file is gone", args: "--once", broken: func(t *testing.T) { remove(t, "collector.key") }, code: exitWrongKey, reason: "collector.key", next: "put back"},
		{name: "a key that is none", args: "--once", env: map[string]string{"COLLECTOR_SECRET_KEY": "short"}, code: exitConfig, reason: "secret key", next: "COLLECTOR_SECRET_KEY_FILE"},
		{name: "a key that all may read", args: "--once", broken: func(t *testing.T) { chmod(t, "collector.key", 0o644) }, code: exitConfig, reason: "chmod 600", next: "secret key"},
		{name: "a simulated store", args: "--once", broken: simulatedDatabase, code: exitForeign, reason: "simulated", next: "--store"},
		{name: "connecting to a simulated store", args: "connect github --token-stdin", stdin: canary, broken: simulatedDatabase, code: exitForeign, reason: "simulated", next: "--store"},
		{name: "nothing alive", args: "healthcheck", code: exitOther, reason: "heartbeat", next: "collector"},
		{name: "deleting without being asked", args: "users purge me", code: exitUsage, reason: "Delete everything", next: "--yes"},
		{name: "a user who is not there", args: "users purge nobody --yes", code: exitUsage, reason: "nobody", next: "accounts list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t)
			connected(t)
			if c.broken != nil {
				c.broken(t)
			}
			before := fingerprint(t)
			o := program{stdin: c.stdin, env: c.env}.run(t, strings.Fields(c.args)...)
			if o.code != c.code {
				t.Errorf("exit code %d, want %d", o.code, c.code)
			}
			reason, whose, next := parts(o.err)
			if !strings.Contains(reason, c.reason) || whose == "" || !strings.Contains(next, c.next) {
				t.Errorf("want the reason %q and the next step %q in:\n%s", c.reason, c.next, o.err)
			}
			if strings.Contains(o.out+o.err, canary) || strings.Contains(o.out+o.err, "pw4") {
				t.Error("the secret is told")
			}
			if strings.Contains(o.err, "goroutine") {
				t.Error("it panicked")
			}
			unchanged(t, before, fingerprint(t))
		})
	}
}

// TestReadOnly needs a user whom the system can refuse; the superuser may write
// anywhere, so he gets a folder that is a file system of its own kind.
func TestReadOnly(t *testing.T) {
	inFolder(t)
	connected(t)
	chmod(t, "collector.db", 0o444)
	o := program{}.run(t, "sync", "--all")
	reason, whose, next := parts(o.err)
	if o.code != exitReadOnly || !strings.Contains(reason, "read-only") || whose == "" || next == "" {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	chmod(t, "collector.db", 0o644)
	if o := (program{}).run(t, "sync", "--all"); o.code != exitOK {
		t.Errorf("once it can be written again: %s", o.err)
	}
}

// parts takes an error text apart.
func parts(text string) (reason, whose, next string) {
	_, text, _ = strings.Cut("\n"+text, "\nerror: ")
	reason, rest, _ := strings.Cut(text, "\nwhose: ")
	whose, next, _ = strings.Cut(rest, "\nnext:  ")
	return reason, whose, next
}

// connected makes ./collector.db with one network, and its key.
func connected(t *testing.T) {
	t.Helper()
	o := program{stdin: `{"service":"github","token":"ghp_0000000000000000000000000000000000000000","name":"octocat"}`}.run(t, "accounts", "import", "-")
	o.must(t)
}

// fingerprint is what everything in the folder says: of a store its rows, since
// SQLite's own files come and go.
func fingerprint(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "-wal") || strings.HasSuffix(path, "-shm") || strings.Contains(path, ".owners") {
			return err
		}
		if path == "collector.db" {
			b.WriteString(rows(t, path))
			return nil
		}
		fmt.Fprintf(&b, "%s %x\n", path, sha256.Sum256(read(t, path)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unchanged fails the test with the lines in which two fingerprints differ.
func unchanged(t *testing.T, before, after string) {
	t.Helper()
	old := strings.Split(before, "\n")
	for i, l := range strings.Split(after, "\n") {
		if i >= len(old) || old[i] != l {
			t.Errorf("changed: %s", l)
		}
	}
	if len(after) < len(before) && strings.HasPrefix(before, after) {
		t.Errorf("something is gone:\n%s", before[len(after):])
	}
}

// rows is the text of all tables but the ledger of quotas (asking whose a token is costs a call), or the digest of a file that is no database.
func rows(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names, err := texts(db, "select name from sqlite_master where type = 'table' and name not like '%\\_%' escape '\\' and name <> 'quotas' order by name")
	if err != nil {
		return fmt.Sprintf("%s %x\n", path, sha256.Sum256(read(t, path)))
	}
	var b strings.Builder
	for _, n := range names {
		columns, err := texts(db, fmt.Sprintf("select 'quote(\"'||name||'\")' from pragma_table_info('%s')", n))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := texts(db, fmt.Sprintf("select %s from %q order by 1", strings.Join(columns, "||','||"), n))
		if err != nil {
			t.Fatal(n, err)
		}
		fmt.Fprintln(&b, path, n, rows)
	}
	return b.String()
}

func texts(db *sql.DB, query string) ([]string, error) {
	r, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []string
	for r.Next() {
		var s string
		if err := r.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, r.Err()
}

func file(name, text string) func(*testing.T) {
	return func(t *testing.T) { write(t, name, text) }
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, name string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func exec(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "collector.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

func foreignDatabase(t *testing.T) {
	remove(t, "collector.db")
	exec(t, "create table books (title text)", "insert into books values ('Dune')")
}

func newerDatabase(t *testing.T) {
	exec(t, "insert into schema_versions (version_id, is_applied) values (9999, 1)")
}

func simulatedDatabase(t *testing.T) {
	seeded(t, func(s *seeder) { s.must(s.st.SetMeta(t.Context(), store.MetaSimulated, "1")) })
}

// TestOlderInstanceIsNotUpgradedUnder: a store whose schema is older is left
// alone while the collector that knows it works.
func TestOlderInstanceIsNotUpgradedUnder(t *testing.T) {
	inFolder(t)
	connected(t)
	older, err := sqlite.Open(t.Context(), "collector.db", store.Options{Owner: "older", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, "delete from schema_versions where version_id = (select max(version_id) from schema_versions)")
	before := fingerprint(t)
	o := program{}.run(t, "status")
	reason, whose, next := parts(o.err)
	if o.code != exitSchemaInUse || !strings.Contains(reason, "another version") || whose == "" || !strings.Contains(next, "stop the other") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	unchanged(t, before, fingerprint(t))
	if err := older.Close(); err != nil {
		t.Fatal(err)
	}
}
