package conventions

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// clocks are the names of package time that look at the clock or wait for it.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// httpWords are the names of net/http that are words, not I/O.
var httpWords = []string{"Header", "CanonicalHeaderKey", "ParseTime", "TimeFormat"}

func notWord(name string) bool {
	return !slices.Contains(httpWords, name) && !strings.HasPrefix(name, "Status") && !strings.HasPrefix(name, "Method")
}

// uses are rules over what a file takes from a package, beyond importing it.
var uses = []struct {
	who    func(dir string) bool
	pkg    string
	denied func(name string) bool
	reason string
}{
	{
		pure, "time", func(name string) bool { return slices.Contains(clocks, name) },
		"words and connectors see no clock: a time comes from the reply or is an argument",
	},
	{
		within("scheduler", "limit", "search"), "time", func(name string) bool { return name == "Now" || name == "Since" || name == "Until" },
		"policies take the time as an argument, so that tests own it",
	},
	{
		except(), "time", func(name string) bool { return name == "Sleep" || name == "Tick" },
		"nothing sleeps: wait in a select that a context can end",
	},
	{pure, "net/http", notWord, "a connector takes only header and status words from net/http; fetch is the client"},
	{within("scheduler", "executor"), "net/http", notWord, "the scheduler and the executor see no HTTP beyond its words; fetch does"},
	{except("cmd"), "os", func(name string) bool { return name == "Exit" }, "only main ends the program"},
	{except(), "log", func(string) bool { return true }, "logs go through log/slog, with a handler that knows what is secret"},
	{
		except("fetch"), "github.com/go-resty/resty/v2", func(name string) bool { return strings.HasPrefix(name, "New") },
		"resty is made in one place, fetch, where every limit is set",
	},
	{
		except("fetch", "simulate"), "net/http", func(name string) bool {
			return slices.Contains([]string{"DefaultClient", "Get", "Post", "PostForm", "Head", "DefaultTransport", "DefaultServeMux", "HandleFunc", "Handle"}, name)
		},
		"calls leave through fetch, and no handler is registered globally",
	},
}

func TestUses(t *testing.T) {
	for _, s := range sources(t) {
		report(t, checkUses(s))
	}
}

// checkUses returns what is wrong with one file that is not a test.
func checkUses(s source) []string {
	if s.test() || within(tooling...)(s.dir()) {
		return nil
	}
	var out []string
	for _, rule := range uses {
		if !rule.who(s.dir()) {
			continue
		}
		for _, name := range s.uses(rule.pkg) {
			if rule.denied(name) {
				out = append(out, fmt.Sprintf("%s uses %s of %s: %s", s.path, name, rule.pkg, rule.reason))
			}
		}
	}
	// To break a connection, to play a bug, to hand one on to the calls that it belongs to.
	if !within("simulate", "failpoint")(s.dir()) && s.path != "store/mongo/gather.go" {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "panic" {
					out = append(out, s.path+" panics: return an error that says what was wrong")
				}
			}
			return true
		})
	}
	for _, decl := range s.ast.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			out = append(out, s.path+" has an init function: what runs is said in cmd, in order")
		}
	}
	return out
}

// TestRestyIsMadeOnce holds the product to its one HTTP client: the design says
// that its maker is called in one place.
func TestRestyIsMadeOnce(t *testing.T) {
	made := 0
	for _, s := range sources(t) {
		if name := s.local("github.com/go-resty/resty/v2"); name != "" && !s.test() {
			made += strings.Count(s.text, name+".New(")
		}
	}
	if made != 1 {
		t.Errorf("resty.New( stands %d times outside tests, want once, in fetch", made)
	}
}

func TestUseRulesCanFail(t *testing.T) {
	for _, c := range []struct{ path, body, want string }{
		{"connectors/github/x.go", `import "time"; var _ = time.Now()`, "see no clock"},
		{"connectors/github/x.go", `import tm "time"; var _ = tm.Since`, "see no clock"},
		{"item/x.go", `import "time"; func f() { <-time.After(1) }`, "see no clock"},
		{"scheduler/x.go", `import "time"; var now = time.Now()`, "time as an argument"},
		{"executor/x.go", `import "time"; func f() { time.Sleep(1) }`, "nothing sleeps"},
		{"connectors/github/x.go", `import "net/http"; var _ http.Client`, "only header and status"},
		{"connectors/github/x.go", `import "net/http"; var _, _ = http.Get("")`, "only header and status"},
		{"executor/x.go", `import "net/http"; var _ http.Client`, "see no HTTP"},
		{"auth/x.go", `import "github.com/go-resty/resty/v2"; var _ = resty.New()`, "in one place"},
		{"auth/x.go", `import "net/http"; var _, _ = http.Get("")`, "leave through fetch"},
		{"store/x.go", `func init() {}`, "init function"},
		{"store/x.go", `func f() { panic("x") }`, "panics"},
		{"store/x.go", `import "os"; func f() { os.Exit(1) }`, "only main"},
		{"store/x.go", `import "log"; func f() { log.Println(1) }`, "log/slog"},
	} {
		s, err := parse(c.path, "package x\n"+c.body)
		if err != nil {
			t.Fatal(err)
		}
		got := checkUses(s)
		if !slices.ContainsFunc(got, func(v string) bool { return strings.Contains(v, c.want) }) {
			t.Errorf("%s: %s: got %q, want a violation with %q", c.path, c.body, got, c.want)
		}
	}
	for _, c := range []struct{ path, body string }{
		{"connectors/github/x.go", `import ("net/http"; "time"); var _ = http.StatusNotFound; var _ time.Time; func f(h http.Header) {}`},
		{"connectors/github/x.go", `import _ "time"; type clock struct{ Now int }; func f(time clock) int { return time.Now }`},
		{"executor/x_test.go", `import "time"; func f() { time.Sleep(1) }`},
		{"simulate/x.go", `func f() { panic("x") }`},
		{"cmd/collector/x.go", `import "os"; func f() { os.Exit(1) }`},
		{"fetch/x.go", `import "github.com/go-resty/resty/v2"; var _ = resty.New()`},
	} {
		s, err := parse(c.path, "package x\n"+c.body)
		if err != nil {
			t.Fatal(err)
		}
		if got := checkUses(s); len(got) != 0 {
			t.Errorf("%s: %s is allowed, but: %q", c.path, c.body, got)
		}
	}
}
