package main

import (
	"encoding/json"
	"strings"
	"testing"

	"collector/simulate"
)

// TestConnectSaysWhatATokenMay: more than is needed is a warning and no refusal, told by
// whatever answer of the service carries it; what is enough is said to be.
func TestConnectSaysWhatATokenMay(t *testing.T) {
	for _, c := range []struct {
		spec simulate.Spec
		want string
		next string
	}{
		{simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3, Granted: []string{"read:user", "repo", "delete_repo"}}, "! It may read stars. This token may also write to your repositories (repo) and delete repositories (delete_repo); collector does none of that", "Make a token at https://github.com/settings/"},
		{simulate.Spec{Service: simulate.GitHub, Name: "hubot", Likes: 3}, "It may read stars\n", ""},
		{simulate.Spec{Service: simulate.Mastodon, Name: "ada", Likes: 3, Granted: []string{"read", "write"}}, "! It may read favourites. This token may also read all of your account, private messages too (read) and post and change everything in your name (write); collector does none of that", "Preferences, Development"},
		{simulate.Spec{Service: simulate.Mastodon, Name: "bea", Likes: 3, Granted: []string{"read:accounts"}, Missing: []string{"read:favourites"}}, "! It lacks read:favourites: the list of favourites is refused without it\n  whose: you\n", "Preferences, Development"},
		{simulate.Spec{Service: simulate.GitLab, Name: "ada", Likes: 3, Granted: []string{"api"}}, "! It may read stars. This token may also change everything that you may change (api)", "personal access token"},
		{simulate.Spec{Service: simulate.HuggingFace, Name: "ada", Likes: 3, Granted: []string{"write"}}, "! It may read likes. This token may also write to your models", "type Read"},
		{simulate.Spec{Service: simulate.Bluesky, Name: "ada", Likes: 3, Granted: []string{"com.atproto.access"}}, "! It may read likes. This password may also do everything that you may", "app password"},
	} {
		t.Run(c.spec.Service+"/"+c.spec.Name, func(t *testing.T) {
			inFolder(t)
			sim, acc, env := world(t, c.spec)
			env["COLLECTOR_ALLOW_PRIVATE"] = "127.0.0.1"
			p := program{env: env, stdin: acc[0].Tokens[0]}
			args := []string{"connect", c.spec.Service, "--token-stdin"}
			if c.spec.Service == simulate.Mastodon {
				args = append(args, "--server", env["COLLECTOR_MASTODON_URL"])
			}
			o := p.run(t, args...).must(t)
			if !strings.Contains(o.err, c.want) || !strings.Contains(o.err, c.next) || !strings.Contains(o.err, " can be reached") || !strings.Contains(o.err, "It is the sign-in of ") {
				t.Errorf("it says\n%s\nwant %q and %q", o.err, c.want, c.next)
			}
			if c.spec.Missing != nil { // it is connected, and its first page could not be read
				if !strings.Contains(o.err, "! The first page could not be read: ") {
					t.Errorf("a page that is refused: %s", o.err)
				}
				return
			}
			if v := sim.Violations(); len(v) > 0 {
				t.Errorf("the service objects: %v", v)
			}
			network := acc[0].Service + "/" + acc[0].Name
			said := p.run(t, "explain", network).must(t).out
			if warned := strings.Contains(said, "collector does none of that"); warned != (c.next != "") {
				t.Errorf("explain: %s", said)
			}
		})
	}
}

// TestATokenThatIsRenewedTellsWhatItMay: the answer that gives a token names its permissions.
func TestATokenThatIsRenewedTellsWhatItMay(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.Reddit, Name: "ada", Likes: 3, Expiring: true, Granted: []string{"history", "identity", "read", "submit"}})
	var given map[string]string
	if err := json.Unmarshal([]byte(acc[0].Tokens[0]), &given); err != nil {
		t.Fatal(err)
	}
	delete(given, "access") // so that it has to be asked for
	delete(given, "expiresAt")
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	p := program{env: env, stdin: string(text)}
	if o := p.run(t, "connect", "reddit", "--token-stdin").must(t); !strings.Contains(o.err, "This token may also post in your name (submit); collector does none of that") {
		t.Errorf("it says %s", o.err)
	}
}
