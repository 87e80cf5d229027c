package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"collector/simulate"
)

// TestImport: the good lines are in, each bad one is told with its number and
// reason and without its token, and the exit code says that some are missing.
func TestImport(t *testing.T) {
	inFolder(t)
	lines := []string{
		`{"service":"github","token":"ghp_1111111111111111111111111111111111111111","name":"one"}`,
		``,
		`{"user":"anna","service":"mastodon","token":"tok-2222","server":"social.example","name":"two"}`,
		`{"service":"gihub","token":"` + canary + `"}`,
		`{"service":"github","token":"` + canary + `"`,
		`{"service":"github","token":7,"name":"x"}`,
		`{"service":"github","token":"","name":"x"}`,
		`{"service":"github","tokn":"` + canary + `"}`,
		`{"service":"mastodon","token":"` + canary + `","name":"x"}`,
		`{"service":"github","token":"` + canary + `","name":"x","params":{"site":"y"}}`,
		`{"service":"bluesky","token":{"identifier":"ada.bsky.social","appPassword":"aaaa-bbbb-cccc-dddd"},"name":"three"}`,
		`{"service":"github","token":"` + strings.Repeat("x", 2<<20) + `"}`,
		`{"service":"github","token":"ghp_9999999999999999999999999999999999999999","name":"one"}`,
		`{"service":"github","token":"ghp_8888888888888888888888888888888888888888"}`,
		`{"service":"github","token":"ghp_7777777777777777777777777777777777777777"}`,
	}
	p := program{stdin: strings.Join(lines, "\n")}
	o := p.run(t, "accounts", "import", "-")
	if o.code != exitPermanent {
		t.Errorf("exit code %d, want %d", o.code, exitPermanent)
	}
	for _, n := range []int{4, 5, 6, 7, 8, 9, 10, 12} {
		if !strings.Contains(o.err, fmt.Sprintf("line %d: ", n)) {
			t.Errorf("line %d is not told:\n%s", n, o.err)
		}
	}
	if strings.Count(o.err, "line ") != 8+strings.Count(o.err, " line ") {
		t.Errorf("other lines are told:\n%s", o.err)
	}
	if strings.Contains(o.err, canary) {
		t.Error("a token is told")
	}
	if !strings.Contains(o.err, "5 networks imported, 1 account signed in again, 8 lines refused") {
		t.Errorf("the sum: %s", o.err)
	}
	list := accountsOf(t, p)
	for _, want := range []string{"github/one", "mastodon/two", "bluesky/three"} {
		if !strings.Contains(list, want) {
			t.Errorf("%s is missing in %s", want, list)
		}
	}
	if n := strings.Count(list, "\n"); n != 5 {
		t.Errorf("%d accounts, want 5", n)
	}
}

// TestImportMany imports more than one batch, twice, and names accounts by what
// the service says.
func TestImportMany(t *testing.T) {
	inFolder(t)
	var b strings.Builder
	for i := range 601 {
		fmt.Fprintf(&b, `{"user":"u%d","service":"github","token":"ghp_%040d","name":"n%d"}`+"\n", i%7, i, i)
	}
	p := program{stdin: b.String()}
	if o := p.run(t, "accounts", "import", "-").must(t); !strings.Contains(o.err, "601 networks imported, 0 accounts") {
		t.Errorf("the first time: %s", o.err)
	}
	if o := p.run(t, "accounts", "import", "-").must(t); !strings.Contains(o.err, "0 networks imported, 601 accounts signed in again") {
		t.Errorf("the second time: %s", o.err)
	}
	if n := strings.Count(accountsOf(t, p), "\n"); n != 601 {
		t.Errorf("%d accounts, want 601", n)
	}
}

// TestAnImportThatIsCutOffSaysWhatIsIn: what was read until then.
func TestAnImportThatIsCutOffSaysWhatIsIn(t *testing.T) {
	inFolder(t)
	var b strings.Builder
	for i := range 501 {
		fmt.Fprintf(&b, `{"service":"github","token":"ghp_%040d","name":"n%d"}`+"\n", i, i)
	}
	o := program{stdin: b.String(), cut: errors.New("the disk is gone")}.run(t, "accounts", "import", "-")
	if o.code == exitOK || !strings.Contains(o.err, "500 networks imported") || !strings.Contains(o.err, "can be imported again") || !strings.Contains(o.err, "the disk is gone") {
		t.Errorf("%d %s", o.code, o.err)
	}
	if n := strings.Count(accountsOf(t, program{}), "\n"); n != 500 {
		t.Errorf("%d accounts, want 500", n)
	}
}

// TestImportedAccountIsNamedByItsService: without a name the first run asks.
func TestImportedAccountIsNamedByItsService(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: `{"service":"github","token":"` + acc[0].Tokens[0] + `"}`}
	p.run(t, "accounts", "import", "-").must(t)
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.Items != 3 {
		t.Errorf("%d items, want 3", n.Items)
	}
}

// TestImportSaysWhatIsWrong holds the words of mistakes that JSON's own reader
// would pass over, or word in the language of the program.
func TestImportSaysWhatIsWrong(t *testing.T) {
	inFolder(t)
	for text, want := range map[string]string{
		`{"service":"github","token":"` + canary + `"} {"service":"github"}`: "more on the line",
		`{"service":"github","token":"` + canary + `"} ` + canary:            "more on the line",
		`["` + canary + `"]`:                     "a JSON array and must be an object",
		`"` + canary + `"`:                       "a JSON string and must be an object",
		`{"service":"github"}`:                   "there is no token",
		`{"service":"github","token":null}`:      "there is no token",
		`{"service":7,"token":"` + canary + `"}`: `"service" is a JSON number and must be a string`,
	} {
		o := (program{stdin: text}).run(t, "accounts", "import", "-")
		if o.code != exitPermanent || !strings.Contains(o.err, "line 1: ") || !strings.Contains(o.err, want) || strings.Contains(o.err, canary) || strings.Contains(o.err, "main.") {
			t.Errorf("%s: %d %s", text, o.code, o.err)
		}
	}
}

// TestImportTwiceMakesNoTwins: a file without names can be imported again, and
// holds no account twice, before and after it is known whose they are.
func TestImportTwiceMakesNoTwins(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3}, simulate.Spec{Service: simulate.GitHub, Name: "hubot", Likes: 2})
	one := `{"service":"github","token":"` + acc[0].Tokens[0] + `"}`
	two := `{"service":"github","token":"` + acc[1].Tokens[0] + `"}`
	annas := `{"user":"anna","service":"github","token":"` + acc[0].Tokens[0] + `"}`
	p := program{env: env, stdin: strings.Join([]string{one, two, one, annas, one}, "\n")}
	for i, want := range []string{
		"3 networks imported, 2 accounts signed in again", "0 networks imported, 5 accounts signed in again", "0 networks imported, 5 accounts signed in again",
	} {
		if o := p.run(t, "accounts", "import", "-").must(t); !strings.Contains(o.err, want) {
			t.Errorf("import %d: %s", i+1, o.err)
		}
		if i > 0 {
			p.run(t, "--once").must(t)
		}
	}
	if list := accountsOf(t, p); strings.Count(list, "\n") != 3 || strings.Contains(list, "unnamed") {
		t.Errorf("accounts: %s", list)
	}
	p.run(t, "status", "--fail-on=error").must(t)
}

// TestServersThatMayNotBeAsked are refused by an import as by connect: an account
// of such a server would never be collected, and its token must not get there.
func TestServersThatMayNotBeAsked(t *testing.T) {
	for _, c := range []struct{ server, reason string }{
		{"http://social.example", "https://"},
		{"https://social.example:8443", "port 443"},
		{"https://127.0.0.1", "not a public address"},
		{"https://169.254.169.254", "not a public address"},
		{"https://[::1]", "not a public address"},
		{"https://2130706433", "complete address"},
		{"https://social.example/@ada", "address of a page"},
		{"https://ada:pw4@social.example", "user name or password"},
		{"ftp://social.example", "https://"},
	} {
		inFolder(t)
		line := fmt.Sprintf(`{"service":"mastodon","token":%q,"server":%q,"name":"x"}`, canary, c.server)
		imported := program{stdin: line}.run(t, "accounts", "import", "-")
		if imported.code != exitPermanent || !strings.Contains(imported.err, "line 1: ") || !strings.Contains(imported.err, c.reason) || !strings.Contains(imported.err, "0 networks imported") {
			t.Errorf("importing %s: exit code %d\n%s", c.server, imported.code, imported.err)
		}
		connecting := program{stdin: canary}.run(t, "connect", "mastodon", "--server", c.server, "--name", "x", "--token-stdin")
		if connecting.code != exitUsage || !strings.Contains(connecting.err, c.reason) {
			t.Errorf("connecting %s: exit code %d\n%s", c.server, connecting.code, connecting.err)
		}
		if text := imported.err + connecting.err; strings.Contains(text, canary) || strings.Contains(text, "pw4") {
			t.Errorf("%s: a secret is told", c.server)
		}
	}
	inFolder(t)
	p := program{
		stdin: `{"service":"mastodon","token":"tok-1","server":"http://127.0.0.1:4000","name":"listed"}` + "\n" +
			`{"service":"mastodon","token":"tok-2","server":"https://B\u00fccher.example.:443/","name":"otherwise"}`,
		env: map[string]string{"COLLECTOR_ALLOW_PRIVATE": "127.0.0.0/8"},
	}
	o := p.run(t, "accounts", "import", "-")
	if list := accountsOf(t, p); o.code != exitOK || !strings.Contains(list, "http://127.0.0.1:4000") || !strings.Contains(list, "https://xn--bcher-kva.example\"") {
		t.Errorf("exit code %d: %s\n%s", o.code, o.err, list)
	}
}
