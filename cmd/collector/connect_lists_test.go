package main

import (
	"encoding/json"
	"testing"

	"collector/simulate"
)

// exportedIDs are the ids of a network's items.
func exportedIDs(t *testing.T, p program, network string) map[string]bool {
	t.Helper()
	got := map[string]bool{}
	for _, id := range foundIDs(t, p, "--network", network) {
		got[id] = true
	}
	return got
}

// TestFurtherLists: the second list of an account is connected with its token and
// collected beside the first; there is one account and one credential.
func TestFurtherLists(t *testing.T) {
	for _, services := range [][2]string{
		{simulate.Bluesky, simulate.BlueskyBookmarks},
		{simulate.Mastodon, simulate.MastodonBookmarks},
		{simulate.Reddit, simulate.RedditUpvoted},
		{simulate.Twitter, simulate.TwitterBookmarks},
	} {
		t.Run(services[1], func(t *testing.T) {
			inFolder(t)
			sim, acc, env := world(t, simulate.Spec{Service: services[0], Name: "ada", Likes: 30, Expiring: true}, simulate.Spec{Service: services[1], Name: "ada", Likes: 90})
			env["COLLECTOR_ALLOW_PRIVATE"] = "127.0.0.1"
			p := program{env: env}
			var networks []string
			for _, a := range acc {
				p.stdin = a.Tokens[0]
				args := []string{"connect", a.Service, "--token-stdin"}
				if services[0] == simulate.Mastodon {
					args = append(args, "--server", env["COLLECTOR_MASTODON_URL"])
				}
				p.run(t, args...).must(t)
				networks = append(networks, a.Service+"/"+a.Name)
			}
			if services[0] != simulate.Mastodon { // whose tokens do not end
				if err := sim.Expire(acc[0].Key); err != nil {
					t.Fatal(err)
				}
			}
			p.run(t, "--once").must(t)
			for i, a := range acc {
				got := exportedIDs(t, p, networks[i])
				if missed := sim.Missed(a.Key, got); len(missed) > 0 || len(got) != len(sim.Likes(a.Key)) {
					t.Errorf("%s: %d items, missed %v", networks[i], len(got), missed)
				}
			}
			var only accountView
			if err := json.Unmarshal([]byte(accountsOf(t, p)), &only); err != nil || len(only.Networks) != len(networks) {
				t.Errorf("%v: %s", err, accountsOf(t, p))
			}
			if v := sim.Violations(); len(v) > 0 {
				t.Errorf("the services object: %v", v)
			}
		})
	}
}
