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
	if !strings.Contains(seen, "token accepted: orla") {
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
