package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"collector/broker"
	"collector/control"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/store/memory"
)

// TestMadeOverHTTP is what commands show, and the other way round: a token that is made over
// the socket of a daemon lets in at once, and so do webhooks and searches go to its store.
func TestMadeOverHTTP(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	out, stop := background(t, map[string]string{"COLLECTOR_MODE": "initial"}, "--listen=127.0.0.1:0")
	defer stop()
	at := listening(t, out)
	socket := over("collector.db.sock")
	post := func(c *http.Client, base, path, body string) (int, map[string]any) {
		t.Helper()
		r, err := c.Post(base+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		v := map[string]any{}
		if err != nil || json.Unmarshal(b, &v) != nil {
			t.Fatalf("%s: %s %v", path, b, err)
		}
		return r.StatusCode, v
	}
	made := func(path, body string) map[string]any {
		t.Helper()
		code, v := post(socket, "http://collector", path, body)
		if code != http.StatusOK {
			t.Fatalf("%s: %d %v", path, code, v)
		}
		return v
	}
	token := made("/api/tokens/add", `{"name":"over-http","user":"me","scopes":["read","write"]}`)
	signedIn := &http.Client{Transport: bearer(token["token"].(string))}
	if found := fetched(t, signedIn, at+"/api/search?q=raft"); !strings.Contains(found, `"network":"github/octocat"`) {
		t.Errorf("with the token: %s", found)
	}
	if code, v := post(signedIn, at, "/api/tokens/add", `{"name":"another","scopes":["read"]}`); code != http.StatusForbidden {
		t.Errorf("a token makes another: %d %v", code, v)
	}
	if code, v := post(signedIn, at, "/api/webhooks/add", `{"url":"http://127.0.0.1:1/x"}`); code != http.StatusUnprocessableEntity {
		t.Errorf("a webhook of this machine: %d %v", code, v)
	}
	code, hook := post(signedIn, at, "/api/webhooks/add", `{"url":"https://hooks.example/x"}`)
	if code != http.StatusOK || !strings.HasPrefix(hook["secret"].(string), "whsec_") {
		t.Errorf("a webhook: %d %v", code, hook)
	}
	made("/api/searches/save", `{"name":"raft","query":"raft"}`)
	for args, want := range map[string]string{
		"tokens list --json": token["id"].(string), "webhooks list --json": hook["id"].(string), "searches list --json": `"name":"raft"`,
	} {
		if o := (program{}).run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out, want) {
			t.Errorf("%s does not show %s: %s", args, want, o.out)
		}
	}
	for path, want := range map[string]string{
		"/api/jobs/counts": `{"queues":[`, "/api/queues": `{"queues":[]}`, "/api/topics": `"topics":[]`, "/api/workers": `"does":"nothing"`, "/api/webhooks": `"user":"me"`, "/api/facets?q=raft&user=me": `"value":"github"`,
	} {
		if got := fetched(t, socket, "http://collector"+path); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	settings := func(want ...string) {
		t.Helper()
		got := fetched(t, socket, "http://collector/settings")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("the settings do not say %q:\n%s", w, got)
			}
		}
	}
	settings(hook["id"].(string), "hooks.example", "Nobody is told", "No backup was made yet.", "<code>collector.db</code> by hand", "COLLECTOR_MODE")
	(program{}).run(t, "backup", "copy").must(t)
	settings("The last backup was made <time")
	made("/api/tokens/revoke", `{"id":"`+token["id"].(string)+`"}`)
	r, err := signedIn.Get(at + "/api/status")
	if err != nil {
		t.Fatal(err)
	}
	if r.Body.Close(); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token that was revoked: %d", r.StatusCode)
	}
	if strings.Contains(out.String(), token["token"].(string)) || strings.Contains(out.String(), hook["secret"].(string)) {
		t.Error("the log holds a secret")
	}
}

// TestFewAreBesideAtOnce: however many requests come, few have files open for them, and who
// waits goes when nobody waits for him any more.
func TestFewAreBesideAtOnce(t *testing.T) {
	a := newApp(nil, nil, io.Discard, io.Discard)
	root := a.root()
	root.SetArgs([]string{"config", "check", "--store=memory:"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := a.beside(memory.New())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, open := range map[string]func(context.Context, func() error) error{
		"jobs": func(ctx context.Context, fn func() error) error {
			return b.Jobs(ctx, true, func([]queue.Store) error { return fn() })
		},
		"messages": func(ctx context.Context, fn func() error) error {
			return b.Messages(ctx, true, func(queue.Store, broker.Log) error { return fn() })
		},
		"webhooks": func(ctx context.Context, fn func() error) error {
			return b.Webhooks(ctx, false, func(webhook.Store) error { return fn() })
		},
		"what waits": func(ctx context.Context, fn func() error) error {
			return b.Waiting(ctx, func(queue.Store) error { return fn() })
		},
	} {
		var in, over sync.WaitGroup
		leave := make(chan struct{})
		in.Add(besideAtOnce)
		for range besideAtOnce {
			over.Go(func() {
				if err := open(t.Context(), func() error { in.Done(); <-leave; return nil }); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		in.Wait()
		if err := open(gone, func() error { t.Errorf("%s: one more is in", name); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		close(leave)
		over.Wait()
		if err := open(t.Context(), func() error { return nil }); err != nil {
			t.Errorf("%s, once there is room: %v", name, err)
		}
	}
}

// TestNothingLastsInMemory: what would end with the process is not made.
func TestNothingLastsInMemory(t *testing.T) {
	a := newApp(nil, nil, io.Discard, io.Discard)
	root := a.root()
	root.SetArgs([]string{"config", "check", "--store=memory:"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.lasting(true); control.ProblemOf(err).Kind != control.Forbidden {
		t.Errorf("made: %v", err)
	}
	if err := a.lasting(false); err != nil {
		t.Errorf("looked at: %v", err)
	}
}
