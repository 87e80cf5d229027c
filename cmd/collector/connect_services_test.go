package main

import (
	"strings"
	"testing"

	"collector/simulate"
)

// TestConnectEachService connects an account of a service, reads all of it, and
// shows no secret on the way.
func TestConnectEachService(t *testing.T) {
	for _, c := range []struct {
		service, network string
		more             []string // further arguments of connect
		own              bool     // on a server of the user's own
	}{
		{service: simulate.Forem, network: "forem/ada"},
		{service: simulate.Gist, network: "gist/ada"},
		{service: simulate.HuggingFace, network: "huggingface/ada"},
		{service: simulate.Raindrop, network: "raindrop/ada"},
		{service: simulate.StackExchange, network: "stackexchange/1000000:stackoverflow", more: []string{"--param", "site=stackoverflow"}},
		{service: simulate.Vimeo, network: "vimeo/ada"},
		{service: simulate.Gitea, network: "gitea/ada@git.example", own: true},
		{service: simulate.GitLab, network: "gitlab/ada@gitlab.com"},
	} {
		t.Run(c.service, func(t *testing.T) {
			inFolder(t)
			sim, _, env := world(t)
			provider := c.service
			if c.service == simulate.Gist {
				provider = simulate.GitHub
				if _, err := sim.AddAccount(simulate.Spec{Service: provider, Name: "ada", Likes: 9}); err != nil {
					t.Fatal(err)
				}
			} else {
				serveAs(t, sim, env, provider)
			}
			if c.own {
				c.more = append(c.more, "--server", env["COLLECTOR_"+strings.ToUpper(provider)+"_URL"])
				env["COLLECTOR_ALLOW_PRIVATE"] = "127.0.0.1"
			}
			acc, err := sim.AddAccount(simulate.Spec{Service: c.service, Name: "ada", Likes: 120})
			if err != nil {
				t.Fatal(err)
			}
			p := program{env: env, stdin: acc.Tokens[0]}
			said := p.run(t, append([]string{"connect", c.service, "--token-stdin"}, c.more...)...).must(t).err
			if !strings.Contains(said, "It is the sign-in of "+acc.Name) {
				t.Errorf("connect does not say whose token it is: %s", said)
			}
			said += p.run(t, "--once").must(t).err
			for _, secret := range sim.Secrets() {
				if strings.Contains(said, secret) {
					t.Error("the token is shown")
				}
			}
			got := exportedIDs(t, p, c.network)
			if missed := sim.Missed(acc.Key, got); len(missed) > 0 || len(got) != 120 {
				t.Errorf("%d items, missed %v", len(got), missed)
			}
			if n := statusOf(t, p, c.network); n.Mode != "normal" || n.Reason == "" || n.LastOK == nil || n.Next == nil {
				t.Errorf("after the backfill: %+v", n)
			}
			if v := sim.Violations(); len(v) > 0 {
				t.Errorf("the service objects: %v", v)
			}
		})
	}
}

// TestOneAccountForTwoLists: the stars and the gists of a person are two networks
// of one account, whose token is there once.
func TestOneAccountForTwoLists(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "ada", Likes: 9}, simulate.Spec{Service: simulate.Gist, Name: "ada", Likes: 4})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "connect", "gist", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if stars, gists := statusOf(t, p, "github/ada"), statusOf(t, p, "gist/ada"); stars.Items != 9 || gists.Items != 4 {
		t.Errorf("%d stars and %d gists", stars.Items, gists.Items)
	}
	p.run(t, "accounts", "remove", "gist/ada", "--yes").must(t)
	if n := statusOf(t, p, "github/ada"); n.Items != 9 || n.NeedsYou {
		t.Errorf("the stars after the gists were removed: %+v", n)
	}
}
