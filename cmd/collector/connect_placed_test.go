package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/simulate"
)

// TestConnectWithASecretInTheAddress: a service that wants its token in the address
// is connected, and no output, log or file holds the token.
func TestConnectWithASecretInTheAddress(t *testing.T) {
	inFolder(t)
	opt := simulate.Options{Seed: 7, Budgets: map[string][]simulate.Budget{simulate.Pinboard: {}}} // which a test of the executor is about
	sim, acc, env := worldWith(t, opt, simulate.Spec{Service: simulate.Pinboard, Name: "orla", Likes: 30})
	env["COLLECTOR_LOG_LEVEL"] = "debug"
	p := program{env: env, stdin: acc[0].Tokens[0]}
	seen := ""
	for _, args := range [][]string{{"connect", "pinboard", "--token-stdin"}, {"--once"}, {"status"}, {"explain", "pinboard/orla"}} {
		o := p.run(t, args...).must(t)
		seen += o.out + o.err
	}
	if !strings.Contains(seen, "It is the sign-in of orla") {
		t.Errorf("nobody says whose token it is: %s", seen)
	}
	// To say how many there are, connect has read the list, which is allowed once in
	// five minutes.
	if n := statusOf(t, p, "pinboard/orla"); !strings.HasPrefix(n.Reason, "waiting: quota") || n.Next == nil || n.NeedsYou {
		t.Errorf("%+v", n)
	}
	files, err := filepath.Glob("*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		seen += string(text)
	}
	_, number, _ := strings.Cut(acc[0].Tokens[0], ":")
	for _, secret := range []string{acc[0].Tokens[0], url.QueryEscape(acc[0].Tokens[0]), number} {
		if strings.Contains(seen, secret) {
			at := strings.Index(seen, secret)
			t.Errorf("the token is to be seen: %q", seen[max(0, at-200):at])
		}
	}
	if v := sim.Violations(); len(v) > 0 {
		t.Errorf("the service objects: %v", v)
	}
}

// TestConnectAMusicServer: a service that is signed in to with a name and a
// password is connected and read, and nothing shows the password or what was made
// of it.
func TestConnectAMusicServer(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.Subsonic, Name: "orla", Likes: 30})
	server := env["COLLECTOR_SUBSONIC_URL"]
	delete(env, "COLLECTOR_SUBSONIC_URL")
	env["COLLECTOR_LOG_LEVEL"], env["COLLECTOR_ALLOW_PRIVATE"] = "debug", "127.0.0.1"
	p := program{env: env, stdin: acc[0].Tokens[0]}
	seen := ""
	for _, args := range [][]string{{"connect", "subsonic", "--server", server, "--token-stdin"}, {"--once"}, {"status"}, {"explain", "subsonic/orla"}} {
		o := p.run(t, args...).must(t)
		seen += o.out + o.err
	}
	if n := statusOf(t, p, "subsonic/orla"); n.Items != 30 || n.LastOK == nil || n.Mode != "normal" {
		t.Errorf("%+v", n)
	}
	for _, secret := range append(sim.Secrets(), "t=", "appPassword") {
		if strings.Contains(seen, secret) {
			at := strings.Index(seen, secret)
			t.Errorf("a secret is to be seen: %q", seen[max(0, at-200):at])
		}
	}
	if v := sim.Violations(); len(v) > 0 {
		t.Errorf("the service objects: %v", v)
	}
}
