package conventions

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// level is where each top folder stands. A package imports what stands lower.
var level = map[string]int{
	"failpoint": -1, // an empty function in the product: everybody may call it

	"item": 0, "fault": 0, "state": 0, "trace": 0,

	"connectors": 1, "imports": 1, "sonify": 1,

	"store": 2, "limit": 2, "auth": 2, "fetch": 2, "queue": 2, "broker": 2, "cluster": 2, "search": 2, "record": 2, "grant": 2,

	"executor": 3, "scheduler": 3, "deliver": 3, "metrics": 3, "upkeep": 3, "web": 3, "simulate": 3, "feed": 3, "push": 3, "control": 3, "export": 3,

	"cmd": 4,
}

// tooling are folders that the product never imports and that are not its parts.
var tooling = []string{"internal", "scripts", "e2e", "torture", "bench"}

// sideways are the imports inside a level that are allowed beside a package's
// own family (its parent, its subpackages).
var sideways = map[string][]string{
	"store": {"limit", "broker", "auth", "search"},
	// What lets people in is kept in tables beside those of a store.
	"grant": {"store"},
	"fetch": {"limit", "auth"},
	// A message of a queue is a job without a handler.
	"broker": {"queue"},
	// The scheduler hands what it claims to the one executor there is.
	"scheduler": {"executor"},
	// What a run came to is an executor's word.
	"metrics": {"executor"},
	"state":   {"item", "fault"},
	"item":    {"fault"},
	// What a person does notes that the person is there, and is done to webhooks too.
	"control": {"upkeep", "deliver"},
	// What is exported is what every surface shows of an item.
	"export": {"control"},
	// The API and the pages show and do what the commands do, and lead to feeds.
	"web": {"control", "export", "feed", "deliver"},
}

// narrow are packages that may import less than their level allows.
var narrow = []struct {
	of     string // pattern of path.Match
	except []string
	own    []string // the only own packages it may import
	reason string
}{
	{
		of: "connectors/*", except: []string{"connectors/all", "connectors/connectortest"},
		own:    []string{"connectors", "item", "fault"},
		reason: "a connector translates and does nothing else: paging, retry, limits, sign-in and storage are written once, outside",
	},
	{
		of: "auth/providers/*", own: []string{"auth/providers", "connectors", "item", "fault"},
		reason: "a provider's sign-in is pure request and reply steps; fetch fills in the secrets",
	},
}

// alone are folders that other programs could take as they are: they import no own
// package outside of themselves.
var alone = []string{"queue"}

// families are connectors of further lists of one provider, which share with the
// provider's first what all its lists have in common. The name of the folder may
// say so, as mastodon-bookmarks does; these do not.
var families = map[string]string{
	"connectors/gist": "connectors/github",
}

// barred are imports that some packages must not have, from whatever level.
var barred = []struct {
	who    func(dir string) bool
	what   string // an import path, or its beginning when it ends in /
	reason string
}{
	{except("fetch"), "github.com/go-resty/", "one HTTP client for all, in fetch: only there are limits, redirects and redaction set"},
	{except("store", "cmd"), "store/sqlite", "a store's backend is chosen by its address, in store"},
	{except("store", "cmd"), "store/memory", "a store's backend is chosen by its address, in store"},
	{except("store", "cmd"), "store/mongo", "a store's backend is chosen by its address, in store"},
	{except("store", "queue/sqlite", "broker/sqlite", "deliver/webhook/sqlite", "grant/sqlite"), "database/sql", "SQL stands in the stores alone"},
	{except("store"), "modernc.org/", "SQL stands in the stores alone"},
	{except("store", "queue/mongo", "broker/mongo", "deliver/webhook/mongo", "grant/mongo"), "go.mongodb.org/", "the MongoDB driver stands in the stores alone"},
	{except("deliver/notify"), "github.com/nicholas-fedor/", "its services call by themselves and quote addresses in their errors: deliver/notify lends them the guarded transport and passes no word of theirs on"},
	{except("cluster/etcd"), "go.etcd.io/", "etcd stands in cluster/etcd alone"},
	{except("cmd", "cluster/etcd"), "cluster/etcd", "a cluster's registry is chosen by its address, in cmd"},
	{pure, "net", noIO},
	{pure, "os", noIO},
	{pure, "os/", noIO},
	{pure, "syscall", noIO},
	{pure, "io/ioutil", noIO},
	{pure, "net/http/", noIO},
	{pure, "net/rpc", noIO},
	{pure, "net/smtp", noIO},
	{pure, "crypto/tls", noIO},
	{pure, "log", noIO},
	{pure, "log/slog", noIO},
	{pure, "math/rand", noChance},
	{pure, "math/rand/v2", noChance},
	{pure, "crypto/rand", noChance},
	{within("connectors/", "auth/providers/"), "unsafe", "a connector has no reason to step round the type system"},
}

const (
	noIO     = "words and connectors do no I/O: the same arguments give the same result"
	noChance = "words and connectors know no chance: the same arguments give the same result"
)

// pure are the packages without I/O: level 0, and what connectors and providers are made of.
func pure(dir string) bool {
	if dir == "connectors/all" || dir == "connectors/connectortest" {
		return false
	}
	return within("item", "fault", "state", "connectors", "auth/providers/")(dir)
}

// within matches the folders and what is below them.
func within(tops ...string) func(string) bool {
	return func(dir string) bool {
		return slices.ContainsFunc(tops, func(top string) bool {
			top = strings.TrimSuffix(top, "/")
			return dir == top || strings.HasPrefix(dir, top+"/")
		})
	}
}

func except(tops ...string) func(string) bool {
	in := within(tops...)
	return func(dir string) bool { return !in(dir) && !within(tooling...)(dir) }
}

// TestImportGraph checks the whole repository. Test files are free: a test may
// run the scheduler over a real store.
func TestImportGraph(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test() {
			report(t, checkImports(s.path, s.dir(), s.imports()))
		}
	}
}

// checkImports returns what is wrong with the imports of one file.
func checkImports(file, dir string, imports []string) []string {
	var out []string
	bad := func(imp, reason string) {
		out = append(out, fmt.Sprintf("%s imports %s: %s", file, imp, reason))
	}
	if within(tooling...)(dir) {
		return nil
	}
	mine, known := level[top(dir)]
	if !known {
		return []string{fmt.Sprintf("%s: the folder %s has no level yet: add it to the list in internal/conventions", file, top(dir))}
	}
	for _, imp := range imports {
		for _, rule := range barred {
			hit := imp == rule.what || strings.HasSuffix(rule.what, "/") && strings.HasPrefix(imp, rule.what)
			if hit && rule.who(dir) && !within(rule.what)(dir) {
				bad(imp, rule.reason)
			}
		}
		for _, rule := range narrow {
			if match, _ := path.Match(rule.of, dir); !match || slices.Contains(rule.except, dir) {
				continue
			}
			if !standard(imp) && !slices.Contains(rule.own, imp) && families[dir] != imp && !strings.HasPrefix(dir, imp+"-") {
				bad(imp, rule.reason)
			}
		}
		if within(tooling...)(imp) {
			bad(imp, "the product does not stand on its own tooling")
		}
		theirs, own := level[top(imp)]
		if !own {
			continue
		}
		if slices.Contains(alone, top(dir)) && top(imp) != top(dir) {
			bad(imp, top(dir)+" stands alone: other programs can take it as it is")
			continue
		}
		switch {
		case theirs < mine, top(imp) == top(dir):
		case theirs == mine && slices.Contains(sideways[top(dir)], top(imp)):
		default:
			bad(imp, fmt.Sprintf("levels go down only (%s is %d, %s is %d)", top(dir), mine, top(imp), theirs))
		}
	}
	return out
}

// top is the first part of a path.
func top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// standard says whether an import is of Go's standard library: no dot in its
// first part, and none of our folders.
func standard(imp string) bool {
	_, ours := level[top(imp)]
	return !ours && !within(tooling...)(imp) && !strings.Contains(top(imp), ".")
}

// TestImportRulesCanFail runs the checker over graphs that break one rule each.
func TestImportRulesCanFail(t *testing.T) {
	for _, c := range []struct{ dir, imp, want string }{
		{"item", "connectors", "levels go down only"},
		{"state", "store", "levels go down only"},
		{"connectors", "fetch", "levels go down only"},
		{"executor", "scheduler", "levels go down only"},
		{"limit", "fetch", "levels go down only"},
		{"fetch", "store", "levels go down only"},
		{"fault", "item", "levels go down only"},
		{"web", "cmd/collector", "levels go down only"},
		{"web/api", "store/memory", "chosen by its address"},
		{"control", "web", "levels go down only"},
		{"item", "net", "no I/O"},
		{"state", "os/exec", "no I/O"},
		{"connectors/github", "os", "no I/O"},
		{"connectors/github", "net/http/httputil", "no I/O"},
		{"connectors/github", "math/rand/v2", "no chance"},
		{"connectors/github", "connectors/mastodon", "translates and does nothing else"},
		{"connectors/mastodon", "connectors/mastodon-bookmarks", "translates and does nothing else"},
		{"connectors/github", "state", "translates and does nothing else"},
		{"connectors/github", "github.com/some/client", "translates and does nothing else"},
		{"auth/providers/bluesky", "auth", "pure request and reply"},
		{"executor", "github.com/go-resty/resty/v2", "one HTTP client"},
		{"auth", "github.com/go-resty/resty/v2", "one HTTP client"},
		{"scheduler", "database/sql", "SQL stands in the stores"},
		{"executor", "store/sqlite", "chosen by its address"},
		{"simulate", "store/memory", "chosen by its address"},
		{"executor", "go.mongodb.org/mongo-driver/v2/mongo", "MongoDB driver"},
		{"queue", "go.mongodb.org/mongo-driver/v2/mongo", "MongoDB driver"},
		{"deliver/webhook", "database/sql", "SQL stands in the stores"},
		{"grant", "database/sql", "SQL stands in the stores"},
		{"scheduler", "go.etcd.io/etcd/client/v3", "etcd"},
		{"cmd/collector", "github.com/nicholas-fedor/shoutrrr/pkg/router", "lends them the guarded transport"},
		{"cluster", "go.etcd.io/etcd/client/v3", "etcd stands in cluster/etcd"},
		{"scheduler", "cluster/etcd", "chosen by its address"},
		{"cluster", "store", "levels go down only"},
		{"store", "internal/conventions", "tooling"},
		{"queue", "item", "stands alone"},
		{"queue/sqlite", "failpoint", "stands alone"},
		{"queue/memory", "database/sql", "SQL stands in the stores"},
		{"util", "item", "no level yet"},
	} {
		got := checkImports(c.dir+"/x.go", c.dir, []string{c.imp})
		if !slices.ContainsFunc(got, func(v string) bool { return strings.Contains(v, c.want) }) {
			t.Errorf("%s importing %s: got %q, want a violation with %q", c.dir, c.imp, got, c.want)
		}
	}
	for _, c := range []struct{ dir, imp string }{
		{"state", "item"},
		{"state", "fault"},
		{"store/sqlite", "limit"},
		{"store", "store/sqlite"},
		{"store/sqlite", "store"},
		{"fetch", "auth"},
		{"fetch", "github.com/go-resty/resty/v2"},
		{"store/sqlite", "database/sql"},
		{"queue/mongo", "go.mongodb.org/mongo-driver/v2/mongo"},
		{"deliver/webhook/sqlite", "database/sql"},
		{"grant/sqlite", "database/sql"},
		{"grant/mongo", "go.mongodb.org/mongo-driver/v2/mongo"},
		{"deliver/webhook/mongo", "go.mongodb.org/mongo-driver/v2/mongo"},
		{"scheduler", "executor"},
		{"executor", "state"},
		{"executor", "failpoint"},
		{"connectors/github", "net/http"},
		{"connectors/gist", "connectors/github"},
		{"connectors/github", "net/url"},
		{"connectors/mastodon-bookmarks", "connectors/mastodon"},
		{"connectors/all", "connectors/github"},
		{"connectors", "github.com/goccy/go-json"},
		{"cmd/collector", "store/memory"},
		{"deliver/notify", "github.com/nicholas-fedor/shoutrrr/pkg/router"},
		{"simulate", "net"},
		{"auth/providers/bluesky", "connectors"},
		{"auth", "connectors"},
		{"web", "net/http"},
		{"web/api", "control"},
		{"cluster/etcd", "go.etcd.io/etcd/client/v3"},
		{"queue/sqlite", "queue"},
		{"queue/sqlite", "database/sql"},
		{"cluster/solo", "cluster"},
		{"scheduler", "cluster"},
		{"cmd/collector", "cluster/etcd"},
	} {
		if got := checkImports(c.dir+"/x.go", c.dir, []string{c.imp}); len(got) != 0 {
			t.Errorf("%s may import %s, but: %q", c.dir, c.imp, got)
		}
	}
}
