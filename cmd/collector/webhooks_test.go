package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"collector/simulate"
)

// TestWebhookCommands walks through the life of a webhook at the command line, with a
// server that verifies its calls; the secret survives a change of the secret key.
func TestWebhookCommands(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	var secrets []string
	var verified []error
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		verified = nil
		for _, secret := range secrets {
			v, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			verified = append(verified, v.VerifyIgnoringTimestamp(body, r.Header))
		}
	}))
	defer s.Close()
	t.Setenv("COLLECTOR_ALLOW_PRIVATE", s.Listener.Addr().String())
	p := program{now: atNoon}
	if o := p.run(t, "webhooks", "list"); !strings.Contains(o.must(t).out, "No webhooks") {
		t.Errorf("an empty list: %q", o.out)
	}
	for _, bad := range [][]string{
		{"webhooks", "add", "http://10.1.2.3/"},
		{"webhooks", "add", "https://hooks.example", "--query", "lang:"},
		{"webhooks", "add", "https://hooks.example", "--kinds", "polls"},
		{"webhooks", "test", "wh_none"},
		{"webhooks", "replay", "wh_none", "--since=-7"},
	} {
		if o := p.run(t, bad...); o.code != exitUsage || o.out != "" {
			t.Errorf("%v: %d %q", bad, o.code, o.out)
		}
	}
	added := strings.Fields(p.run(t, "webhooks", "add", s.URL+"/hook?token=x", "--query", "raft").must(t).out)
	if len(added) != 2 || !strings.HasPrefix(added[1], "whsec_") {
		t.Fatalf("added: %q", added)
	}
	id := added[0]
	secrets = added[1:]
	if o := p.run(t, "webhooks", "test", id).must(t); !strings.Contains(o.err, id+": it answered 200 in ") {
		t.Errorf("a test call: %q", o.err)
	}
	if len(verified) != 1 || verified[0] != nil {
		t.Fatalf("the call is not signed: %v", verified)
	}
	secrets = append(secrets, strings.TrimSpace(p.run(t, "webhooks", "rotate", id).must(t).out))
	p.run(t, "rotate-key").must(t)
	p.run(t, "webhooks", "test", id).must(t)
	if len(verified) != 2 || verified[0] != nil || verified[1] != nil {
		t.Errorf("after a rotation both secrets verify: %v", verified)
	}
	p.run(t, "webhooks", "pause", id).must(t)
	var v webhookView
	list := p.run(t, "webhooks", "list", "--json").must(t).out
	if err := json.Unmarshal([]byte(list), &v); err != nil || v.State != "paused" || v.Query != "raft" || v.URL != s.URL+"/hook?token=x" {
		t.Errorf("%s: %+v, %v", list, v, err)
	}
	for _, secret := range secrets {
		if strings.Contains(list, secret) {
			t.Error("the list shows a secret")
		}
	}
	p.run(t, "webhooks", "resume", id).must(t)
	p.run(t, "webhooks", "replay", id).must(t)
	if o := p.run(t, "webhooks", "replay", id, "--since=1000"); o.code != exitUsage || !strings.Contains(o.err, "behind the newest change") {
		t.Errorf("a number that is not there yet: %d %q", o.code, o.err)
	}
	p.run(t, "webhooks", "replay", id, "--since=0").must(t)
	if o := p.run(t, "webhooks", "list").must(t); !strings.Contains(o.out, id) || !strings.Contains(o.out, " ok ") {
		t.Errorf("the list: %q", o.out)
	}
	s.Close()
	if o := p.run(t, "webhooks", "test", id); o.code != exitTemporary || strings.Contains(o.err, "token=x") {
		t.Errorf("a server that is gone: %d %q", o.code, o.err)
	}
	p.run(t, "users", "purge", "me", "--yes").must(t)
	if o := p.run(t, "webhooks", "list"); !strings.Contains(o.must(t).out, "No webhooks") {
		t.Errorf("after the user was purged: %q", o.out)
	}
}

// TestDelivering: what polls find of what is asked for reaches the webhook, as it is in an
// export; before one is added there is no file for it.
func TestDelivering(t *testing.T) {
	inFolder(t)
	delivers(t, nil)
	if _, err := os.Stat("collector.db" + besideWebhooks); err != nil {
		t.Errorf("with a webhook: %v", err)
	}
}

// delivers lets polls find likes, with a store that more names.
func delivers(t *testing.T, more map[string]string) {
	t.Helper()
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	var mu sync.Mutex
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			Type string
			Data struct{ Item exported }
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("webhook-signature") == "" {
			t.Errorf("%v, %v", err, r.Header)
		}
		mu.Lock()
		got = append(got, m.Type+" "+m.Data.Item.Network+" "+m.Data.Item.ID)
		mu.Unlock()
	}))
	defer s.Close()
	p := program{env: env, stdin: acc[0].Tokens[0]}
	maps.Copy(p.env, more)
	p.env["COLLECTOR_ALLOW_PRIVATE"] = strings.Trim(p.env["COLLECTOR_ALLOW_PRIVATE"]+","+s.Listener.Addr().String(), ",")
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if _, err := os.Stat("collector.db" + besideWebhooks); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a webhook: %v", err)
	}
	p.run(t, "webhooks", "add", s.URL).must(t)
	p.run(t, "webhooks", "add", s.URL+"/none", "--query", "in:mastodon").must(t)
	var want []string
	for range 2 {
		ids, err := sim.Like(acc[0].Key, 1)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "item.added github/octocat "+ids[0])
		p.run(t, "sync", "--all").must(t)
		p.run(t, "--once").must(t)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told: %q, want %q", got, want)
	}
	if o := p.run(t, "webhooks", "list").must(t); !strings.Contains(o.out, " ok ") || strings.Contains(o.out, "failing") {
		t.Errorf("the list: %s", o.out)
	}
}
