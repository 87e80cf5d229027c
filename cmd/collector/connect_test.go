package main

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"collector/connectors/all"

	"collector/simulate"
)

// world runs simulated services on loopback, and returns the variables that
// point the program at them.
func world(t *testing.T, specs ...simulate.Spec) (*simulate.Sim, []simulate.Account, map[string]string) {
	t.Helper()
	return worldWith(t, simulate.Options{Seed: 7}, specs...)
}

func worldWith(t *testing.T, opt simulate.Options, specs ...simulate.Spec) (*simulate.Sim, []simulate.Account, map[string]string) {
	t.Helper()
	sim := simulate.New(opt)
	env := map[string]string{}
	names := map[string]bool{simulate.GitHub: true, simulate.Mastodon: true, simulate.Bluesky: true}
	for _, sp := range specs {
		for _, c := range all.Connectors() {
			if in := c.Info(); in.Name == sp.Service {
				names[in.Provider] = true
			}
		}
	}
	for name := range names {
		serveAs(t, sim, env, name)
	}
	var out []simulate.Account
	for _, sp := range specs {
		acc, err := sim.AddAccount(sp)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, acc)
	}
	return sim, out, env
}

// serveAs runs one more simulated service on loopback and adds its variable.
func serveAs(t *testing.T, sim *simulate.Sim, env map[string]string, name string) {
	srv := httptest.NewServer(sim.Handler(name))
	t.Cleanup(srv.Close)
	env["COLLECTOR_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"_URL"] = srv.URL
	sim.AddHost(strings.TrimPrefix(srv.URL, "http://"), name)
}

// statusOf reads one network's object of status --json.
func statusOf(t *testing.T, p program, name string) networkView {
	t.Helper()
	var v statusView
	if err := json.Unmarshal([]byte(p.run(t, "status", "--json").must(t).out), &v); err != nil {
		t.Fatal(err)
	}
	for _, n := range v.Networks {
		if n.Network == name {
			return n
		}
	}
	t.Fatalf("there is no network %s in %+v", name, v.Networks)
	return networkView{}
}

// TestConnectCollectSearch is the main job: connect, read everything, find it.
func TestConnectCollectSearch(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t,
		simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 230},
		simulate.Spec{Service: simulate.Mastodon, Name: "ada", Likes: 90},
		simulate.Spec{Service: simulate.Bluesky, Name: "ada", Likes: 110})
	p := program{env: env}
	server := env["COLLECTOR_MASTODON_URL"] // a server of the user's own, at a private address
	env["COLLECTOR_ALLOW_PRIVATE"] = "127.0.0.1"
	for i, args := range []string{"connect github --token-stdin", "connect mastodon --server " + server + " --token-stdin", "connect bluesky --token-stdin"} {
		p.stdin = acc[i].Tokens[0]
		o := p.run(t, strings.Fields(args)...).must(t)
		if !strings.Contains(o.err, "It is the sign-in of "+acc[i].Name) && !strings.Contains(o.err, "It is the sign-in of @"+acc[i].Name) {
			t.Errorf("%s does not say whose token it is: %s", args, o.err)
		}
		if o.out != "" || strings.Contains(o.err, acc[i].Tokens[0]) {
			t.Errorf("%s: %q %s", args, o.out, o.err)
		}
	}
	o := p.run(t, "--once").must(t)
	if strings.Contains(o.err, acc[0].Tokens[0]) {
		t.Error("the log holds a token")
	}
	for i, network := range []string{"github/octocat", "mastodon/@ada@social.example", "bluesky/ada.bsky.social"} {
		got := exportedIDs(t, p, network)
		if missed := sim.Missed(acc[i].Key, got); len(missed) > 0 || len(got) == 0 {
			t.Errorf("%s: %d items, missed %v", network, len(got), missed)
		}
		if n := statusOf(t, p, network); n.Mode != "normal" || n.Reason == "" || n.LastOK == nil || n.Next == nil {
			t.Errorf("%s after its backfill: %+v", network, n)
		}
	}
	if v := sim.Violations(); len(v) > 0 {
		t.Errorf("the services object: %v", v)
	}
}

// TestReconnect: a new token of the same person replaces the old one; one of
// another person is refused, and nothing changes.
func TestReconnect(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 5, Tokens: 2}, simulate.Spec{Service: simulate.GitHub, Name: "hubot", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)

	other := p
	other.stdin = acc[1].Tokens[0]
	before := accountsOf(t, p) + fingerprint(t)
	o := other.run(t, "connect", "github", "--token-stdin", "--name", "octocat")
	if o.code != exitPermanent || !strings.Contains(o.err, "@hubot") || !strings.Contains(o.err, "@octocat") {
		t.Errorf("another person's token: %d %s", o.code, o.err)
	}
	unchanged(t, before, accountsOf(t, p)+fingerprint(t))

	if err := sim.Revoke(acc[0].Key); err != nil {
		t.Fatal(err)
	}
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once")
	if n := statusOf(t, p, "github/octocat"); !n.NeedsYou || n.Error == nil || !strings.Contains(n.Error.Next, "collector connect github") {
		t.Errorf("after the token was taken back: %+v", n)
	}
	if o := p.run(t, "status", "--fail-on=error"); o.code != exitSignIn {
		t.Errorf("status --fail-on=error ends with %d", o.code)
	}
	token, err := sim.Issue(acc[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = token
	o = p.run(t, "connect", "github", "--token-stdin").must(t)
	if !strings.Contains(o.err, "signed in again") {
		t.Errorf("connecting again: %s", o.err)
	}
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.NeedsYou || n.Condition != "ok" {
		t.Errorf("after signing in again: %+v", n)
	}
}

func accountsOf(t *testing.T, p program) string {
	t.Helper()
	return p.run(t, "accounts", "list", "--json").must(t).out
}

func TestWrongToken(t *testing.T) {
	inFolder(t)
	_, _, env := world(t)
	p := program{env: env, stdin: canary}
	o := p.run(t, "connect", "github", "--token-stdin")
	reason, whose, next := parts(o.err)
	if o.code != exitSignIn || !strings.Contains(reason, "not accepted") || !strings.Contains(reason, "nothing was saved") || whose == "" || !strings.Contains(next, "github.com/settings") {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	if strings.Contains(o.err, canary) || accountsOf(t, p) != "" {
		t.Errorf("the token is told or something was saved: %s", o.err)
	}
}

// TestIdentityRefused: where the service does not say who it is, the given name
// stands for it; without a name nothing is saved.
func TestIdentityRefused(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 4, Missing: []string{"user"}})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	o := p.run(t, "connect", "github", "--token-stdin")
	if o.code != exitSignIn || !strings.Contains(o.err, "--name") || accountsOf(t, p) != "" {
		t.Errorf("without a name: %d %s", o.code, o.err)
	}
	o = p.run(t, "connect", "github", "--token-stdin", "--name", "me-at-github").must(t)
	if !strings.Contains(o.err, "stands for the account") {
		t.Errorf("with a name: %s", o.err)
	}
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/me-at-github"); n.Items != 4 {
		t.Errorf("%d items, want 4: %+v", n.Items, n)
	}
}

// TestTokenFromEverywhere connects with a token from a variable and from files.
func TestTokenFromEverywhere(t *testing.T) {
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 1})
	token := acc[0].Tokens[0]
	for name, set := range map[string]func() ([]string, map[string]string){
		"variable": func() ([]string, map[string]string) { return nil, map[string]string{"COLLECTOR_GITHUB_TOKEN": token} },
		"variable file": func() ([]string, map[string]string) {
			write(t, "tok", token+"\n")
			return nil, map[string]string{"COLLECTOR_GITHUB_TOKEN_FILE": "tok"}
		},
		"file": func() ([]string, map[string]string) {
			write(t, "tok", token)
			return []string{"--token-file", "tok"}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFolder(t)
			args, more := set()
			p := program{env: map[string]string{}}
			for k, v := range env {
				p.env[k] = v
			}
			for k, v := range more {
				p.env[k] = v
			}
			p.run(t, append([]string{"connect", "github"}, args...)...).must(t)
			if !strings.Contains(accountsOf(t, p), `"name":"octocat"`) {
				t.Error("not connected")
			}
		})
	}
}

// TestConnectToAServerThatMayNotBeAsked: nothing is sent, nothing is saved (not even
// a store is made), a given name does not help, and the way out is named.
func TestConnectToAServerThatMayNotBeAsked(t *testing.T) {
	inFolder(t)
	p := program{stdin: canary}
	for _, server := range []string{"http://127.0.0.1:9", "https://10.1.2.3", "https://[::1]"} {
		for _, name := range []string{"", "--name=me"} {
			o := p.run(t, strings.Fields("connect mastodon --token-stdin --server "+server+" "+name)...)
			if o.code != exitUsage || !strings.Contains(o.err, "COLLECTOR_ALLOW_PRIVATE") || strings.Contains(o.err, "permission") {
				t.Errorf("%s %s: %d %s", server, name, o.code, o.err)
			}
		}
	}
	if o := p.run(t, "accounts", "list"); o.code != exitNoStore {
		t.Errorf("a store was made: %d %s", o.code, o.out)
	}
}

// TestConnectKeepsNamesApart: no two networks of a user get one name, and a new
// name for a known person is not passed over in silence.
func TestConnectKeepsNamesApart(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3}, simulate.Spec{Service: simulate.GitHub, Name: "hubot", Likes: 3})
	octocat, hubot := program{env: env, stdin: acc[0].Tokens[0]}, program{env: env, stdin: acc[1].Tokens[0]}
	hubot.run(t, "connect", "github", "--token-stdin", "--name=octocat").must(t)
	if o := octocat.run(t, "connect", "github", "--token-stdin"); o.code != exitUsage || !strings.Contains(o.err, "--name NAME") {
		t.Errorf("a name that is taken: %d %s", o.code, o.err)
	}
	octocat.run(t, "connect", "github", "--token-stdin", "--user=anna").must(t)
	octocat.run(t, "connect", "github", "--token-stdin", "--name=other").must(t)
	if o := octocat.run(t, "connect", "github", "--token-stdin", "--name=third").must(t); !strings.Contains(o.err, "connected already as other") {
		t.Errorf("another name: %s", o.err)
	}
	if list := accountsOf(t, octocat); strings.Count(list, "github/octocat") != 2 || strings.Contains(list, "third") {
		t.Errorf("accounts: %s", list)
	}
}
