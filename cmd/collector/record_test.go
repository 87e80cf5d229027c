package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"collector/connectors/connectortest"
	"collector/simulate"
)

// replay reads a recording with its connector, as the kit does, and returns how many
// different items come out, and whether the list ends.
func replay(t *testing.T, service, folder string) (items int, ended bool) {
	t.Helper()
	conn, err := newApp(nil, nil, nil, nil).service(service)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := connectortest.Backfill(conn, os.DirFS(folder))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	ids := map[string]bool{}
	for _, page := range pages {
		for _, it := range page.Items {
			ids[it.ID] = true
		}
	}
	return len(ids), pages[len(pages)-1].Next == ""
}

// recorded is all that stands in the files of a folder.
func recorded(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(folder + "/" + name)
		b.WriteString(name + "\n" + string(text) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRecordEachService records an account of every service that is simulated, reads
// the recording with the connector, and looks for what must not stand in it: tokens,
// and all that collecting the account then brings. The network does not notice.
func TestRecordEachService(t *testing.T) {
	for _, c := range []struct {
		service string
		first   string   // the list that the provider's accounts have, where it is another
		more    []string // further arguments of connect
		own     bool     // on a server of the user's own
		pages   string   // "12" where it is ""
	}{
		{service: simulate.GitHub},
		{service: simulate.Gist, first: simulate.GitHub},
		{service: simulate.Mastodon, own: true},
		{service: simulate.MastodonBookmarks, first: simulate.Mastodon, own: true},
		{service: simulate.Bluesky},
		{service: simulate.BlueskyBookmarks, first: simulate.Bluesky},
		{service: simulate.Forem},
		{service: simulate.Gitea, own: true},
		{service: simulate.HuggingFace},
		{service: simulate.LastFM, more: []string{"--param", "user=wilhelmina"}},
		{service: simulate.Pinboard, pages: "1"}, // its list may be asked for once in five minutes
		{service: simulate.Raindrop},
		{service: simulate.Reddit},
		{service: simulate.RedditUpvoted, first: simulate.Reddit},
		{service: simulate.Spotify},
		{service: simulate.StackExchange, more: []string{"--param", "site=stackoverflow"}},
		{service: simulate.Subsonic, own: true},
		{service: simulate.Twitter},
		{service: simulate.TwitterBookmarks, first: simulate.Twitter},
		{service: simulate.YouTube},
	} {
		t.Run(c.service, func(t *testing.T) {
			inFolder(t)
			const likes = 27
			specs := []simulate.Spec{{Service: c.service, Name: "wilhelmina", Likes: likes}}
			if c.first != "" {
				specs = append([]simulate.Spec{{Service: c.first, Name: "wilhelmina", Likes: 3}}, specs...)
			}
			opt := simulate.Options{Seed: 7, Budgets: map[string][]simulate.Budget{simulate.Pinboard: {}}} // our own clock goes ahead, its does not
			sim, accounts, env := worldWith(t, opt, specs...)
			conn, err := newApp(nil, nil, nil, nil).service(c.service)
			if err != nil {
				t.Fatal(err)
			}
			if c.own {
				env["COLLECTOR_ALLOW_PRIVATE"] = "127.0.0.1"
				address := "COLLECTOR_" + strings.ToUpper(conn.Info().Provider) + "_URL"
				c.more = append(c.more, "--server", env[address])
				delete(env, address)
			}
			acc := accounts[len(accounts)-1]
			later := time.Duration(0)
			p := program{env: env, stdin: acc.Tokens[0], now: func() time.Time { return time.Now().Add(later) }}
			p.run(t, append([]string{"connect", c.service, "--token-stdin"}, c.more...)...).must(t)
			var all statusView
			before := p.run(t, "status", "--json").must(t).out
			if err := json.Unmarshal([]byte(before), &all); err != nil || len(all.Networks) != 1 {
				t.Fatalf("%v: %s", err, before)
			}
			network := all.Networks[0].Network

			later = 10 * time.Minute // connecting has looked at the list
			pages := "12"
			if c.pages != "" {
				pages = c.pages
			}
			o := p.run(t, "record", network, "--pages", pages, "--page-size", "9", "--out", "shown/rec").must(t)
			items, ended := replay(t, c.service, "shown/rec")
			if want := likes; c.pages == "" && (items != want || !ended) || c.pages != "" && items != 9 {
				t.Errorf("%d items come out of the recording, the list has %d; ended %v: %s", items, want, ended, o.err)
			}
			if exported := p.run(t, "export").must(t).out; exported != "" {
				t.Errorf("recording collected: %s", exported)
			}
			if n := statusOf(t, p, network); n.Items != 0 || n.Mode != "initial" || n.LastOK != nil || n.Error != nil || len(n.Runs) != 0 {
				t.Errorf("recording moved the network: %+v", n)
			}
			text := recorded(t, "shown/rec")
			for _, secret := range append(sim.Secrets(), acc.Tokens...) {
				if strings.Contains(text, secret) {
					t.Error("a token is in the recording")
				}
			}
			if strings.Contains(text, "wilhelmina") || strings.Contains(text, "127.0.0.1") || len(acc.ID) > 4 && strings.Contains(text, acc.ID) {
				t.Errorf("whose account it is can be read:\n%s", text)
			}

			later = 20 * time.Minute
			p.run(t, "--once").must(t)
			export := strings.Split(strings.TrimSpace(p.run(t, "export").must(t).out), "\n")
			if len(export) < likes {
				t.Errorf("%d items collected afterwards, want %d", len(export), likes)
			}
			for _, l := range export {
				var it struct {
					ID, Title, Text string
					Author          struct{ Name, URL, Avatar string }
				}
				if err := json.Unmarshal([]byte(l), &it); err != nil {
					t.Fatal(err)
				}
				for _, word := range []string{it.ID, it.Title, it.Text, it.Author.Name, it.Author.URL, it.Author.Avatar} {
					if len(word) >= 8 && word != "[deleted]" && strings.Contains(text, word) {
						t.Errorf("what was collected is in the recording: %q", word)
					}
				}
			}
			if v := sim.Violations(); len(v) > 0 {
				t.Errorf("the service objects: %v", v)
			}
		})
	}
}

// leaky is a service that repeats the token of a call as a word of its protocol, in
// letters that only a reader of JSON puts together.
func leaky(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/user/starred" {
			next.ServeHTTP(w, r)
			return
		}
		hidden := ""
		for _, c := range strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") {
			hidden += fmt.Sprintf(`\u%04x`, c)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `[{"starred_at":"2026-02-14T19:45:30Z","repo":{"id":97700812,"type":"%s","full_name":"a/b","html_url":"https://github.com/a/b"}}]`, hidden)
	})
}

// TestRecordRefusesASecret: where a secret would stand in the recording, there is none,
// and nothing of it is left.
func TestRecordRefusesASecret(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "wilhelmina", Likes: 3})
	srv := httptest.NewServer(leaky(sim.Handler(simulate.GitHub)))
	t.Cleanup(srv.Close)
	env["COLLECTOR_GITHUB_URL"] = srv.URL
	sim.AddHost(strings.TrimPrefix(srv.URL, "http://"), simulate.GitHub)
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	before := folders(t)
	o := p.run(t, "record", "github/wilhelmina")
	if o.code != exitOther || !strings.Contains(o.err, "would hold a secret, in backfill/page-1.http; nothing was written") || !strings.Contains(o.err, "next:  report it") {
		t.Errorf("ended with %d: %s%s", o.code, o.out, o.err)
	}
	if strings.Contains(o.out+o.err, acc[0].Tokens[0]) {
		t.Error("the refusal shows the secret")
	}
	if after := folders(t); after != before {
		t.Errorf("something was left behind: %s, before it was %s", after, before)
	}
}

// folders names the folders here, hidden ones too.
func folders(t *testing.T) string {
	t.Helper()
	list, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

// TestRecordWhatIsRefused: a reply that is no list is recorded as it is, without what
// it repeats; what is not to be recorded at all says so.
func TestRecordWhatIsRefused(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "wilhelmina", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	sim.AddFault(simulate.Fault{Kind: simulate.Echo})
	o := p.run(t, "record", "github/wilhelmina", "--out", "echo").must(t)
	text := recorded(t, "echo")
	if !strings.Contains(o.err, "1 page, 0 items") || !strings.Contains(text, "HTTP/1.1 400 Bad Request") || !strings.Contains(text, `"error": "InvalidRequest"`) {
		t.Errorf("%s\n%s", o.err, text)
	}
	for _, secret := range append(sim.Secrets(), "Debug", "Location") {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the recording", secret)
		}
	}
	if o := p.run(t, "record", "github/wilhelmina", "--out", "echo"); o.code != exitUsage || !strings.Contains(o.err, "there already") {
		t.Errorf("over a folder that is there: %d %s", o.code, o.err)
	}
	sim.ClearFaults()
	if err := sim.Revoke(acc[0].Key); err != nil {
		t.Fatal(err)
	}
	if o := p.run(t, "record", "github/wilhelmina"); o.code != exitSignIn || folders(t) != "echo" {
		t.Errorf("with a token that is refused: %d %s, %s", o.code, o.err, folders(t))
	}
}

// TestRecordKeepsWhatWasRead: where a quota ends the reading, what was read until then
// is recorded, and the reason is told.
func TestRecordKeepsWhatWasRead(t *testing.T) {
	inFolder(t)
	opt := simulate.Options{Seed: 7, Budgets: map[string][]simulate.Budget{simulate.Pinboard: {}}} // our own clock goes ahead, its does not
	_, acc, env := worldWith(t, opt, simulate.Spec{Service: simulate.Pinboard, Name: "wilhelmina", Likes: 30})
	later := time.Duration(0)
	p := program{env: env, stdin: acc[0].Tokens[0], now: func() time.Time { return time.Now().Add(later) }}
	p.run(t, "connect", "pinboard", "--token-stdin").must(t)
	later = 10 * time.Minute
	o := p.run(t, "record", "pinboard/wilhelmina", "--page-size", "9")
	if items, ended := replay(t, "pinboard", "recording"); items != 9 || ended {
		t.Errorf("%d items come out, ended %v", items, ended)
	}
	if o.code != exitTemporary || !strings.Contains(o.err, "1 page, 9 items (the list goes on)") {
		t.Errorf("ended with %d: %s", o.code, o.err)
	}
}
