package main

import (
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
		{name: "help with an unknown command", args: "help bogus", code: exitUsage, reason: `no command "bogus"`, next: "accounts, api, backup, changes"},
		{name: "help with an unknown sub-command", args: "help accounts bogus", code: exitUsage, reason: "`collector accounts` has no command", next: "import, list, pause"},
		{name: "help with a mistyped command", args: "help stauts", code: exitUsage, reason: "stauts", next: "collector status"},
		{name: "unknown flag", args: "status --jsn", code: exitUsage, reason: "--jsn", next: "--help"},
		{name: "no query", args: "search", code: exitUsage, reason: "a query", next: "--help"},
		{name: "a limit out of range", args: "search --limit=0 raft", code: exitUsage, reason: "--limit=0", next: "--limit=50"},
		{name: "an order that there is not", args: "search --sort=oldest raft", code: exitUsage, reason: "oldest", next: "--sort=newest"},
		{name: "a mark that no search gave", args: "search --after=garbage raft", code: exitUsage, reason: "garbage", next: "without --after"},
		{name: "a name that cannot be typed", args: "connect github --token-stdin --name a\u202eb", stdin: canary, code: exitUsage, reason: "name", next: "control characters"},
		{name: "no user", args: "connect github --token-stdin --user=", stdin: canary, code: exitUsage, reason: "no name", next: "--user"},
		{name: "unknown network", args: "sync github/octocta", code: exitUsage, reason: "github/octocta", next: "github/octocat"},
		{name: "a recording of an unknown network", args: "record github/octocta", code: exitUsage, reason: "github/octocta", next: "github/octocat"},
		{name: "a recording without pages", args: "record github/octocat --pages 0", code: exitUsage, reason: "--pages=0", next: "--pages=3"},
		{name: "a recording of pages without items", args: "record github/octocat --page-size=-1", code: exitUsage, reason: "--page-size=-1", next: "--page-size=3"},
		{name: "a recording over what is there", args: "record github/octocat --out .", code: exitUsage, reason: "there already", next: "--out"},
		{name: "a network without its service", args: "explain octocat", code: exitUsage, reason: "octocat", next: "github/octocat"},
		{name: "no token and no terminal", args: "connect github", code: exitUsage, reason: "no token", next: "--token-stdin"},
		{name: "an empty token", args: "connect github --token-stdin", code: exitUsage, reason: "empty", next: "token"},
		{name: "a token that is a web page", args: "connect github --token-stdin", stdin: "<!doctype html>" + canary, code: exitUsage, reason: "web page", next: "token"},
		{name: "a token file that is not there", args: "connect github --token-file nothing", code: exitUsage, reason: "nothing", next: "file"},
		{name: "a server where there is none", args: "connect github --server https://x.example --token-stdin", stdin: canary, code: exitUsage, reason: "no servers", next: "--server"},
		{name: "no server where there are many", args: "connect mastodon --token-stdin", stdin: canary, code: exitUsage, reason: "mastodon has many servers", next: "--server"},
		{name: "a server with a password", args: "connect mastodon --server https://u:pw4@x.example --token-stdin", stdin: canary, code: exitUsage, reason: "user name or password", next: "https://"},
		{name: "no service", args: "connect", code: exitUsage, reason: "needs the name of a service", next: "collector connectors"},
		{name: "a mistyped setting in place of one that is needed", args: "connect lastfm --param usr=x --token-stdin", stdin: canary, code: exitUsage, reason: `no setting "usr"`, next: "connectors lastfm"},
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
		{name: "a key that is none", args: "--once", env: map[string]string{"COLLECTOR_SECRET_KEY": "short"}, code: exitConfig, reason: "secret key", next: "config sample"},
		{name: "a key that all may read", args: "--once", broken: func(t *testing.T) { chmod(t, "collector.key", 0o644) }, code: exitConfig, reason: "chmod 600", next: "secret key"},
		{name: "a simulated store", args: "--once", broken: simulatedDatabase, code: exitForeign, reason: "simulated", next: "--store"},
		{name: "connecting to a simulated store", args: "connect github --token-stdin", stdin: canary, broken: simulatedDatabase, code: exitForeign, reason: "simulated", next: "--store"},
		{name: "a store for the demo", args: "demo --store=sqlite:mine.db", code: exitUsage, reason: "folder of its own", next: "--store"},
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
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"search", "a"}, {"export"}, {"changes"}} { // what only reads goes on
		if o := (program{}).run(t, args...); o.code != exitOK {
			t.Errorf("%v of a store that is read-only: exit code %d: %s", args, o.code, o.err)
		}
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
