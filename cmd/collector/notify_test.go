package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/deliver/webhook"
	"collector/simulate"
	"collector/store"
	"collector/store/sqlite"
)

// listener is a server of ntfy on this machine, with a password.
type listener struct {
	*httptest.Server
	mu  sync.Mutex
	got []string
}

const ntfyPassword = "c4nary-of-ntfy"

func listen(t *testing.T) *listener {
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if _, pass, _ := r.BasicAuth(); pass != ntfyPassword {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		l.mu.Lock()
		l.got = append(l.got, r.Header.Get("Title")+"\n"+string(body))
		l.mu.Unlock()
		_, _ = io.WriteString(w, `{"id":"x"}`)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) host() string { return l.Listener.Addr().String() }

func (l *listener) address(password string) string {
	return "ntfy://me:" + password + "@" + l.host() + "/topic?scheme=http"
}

// take returns the messages since the last call.
func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	got := l.got
	l.got = nil
	return got
}

// TestNotifyTest: each address is tried and told of with its service's name alone, what
// failed is said with whose fault it is, and no output holds a secret.
func TestNotifyTest(t *testing.T) {
	inFolder(t)
	l := listen(t)
	if err := os.WriteFile("addresses", []byte("# ours\n"+l.address(ntfyPassword)+"\n"+l.address("c4nary-too")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]string{"COLLECTOR_ALLOW_PRIVATE": l.host()}
	for _, c := range []struct {
		env      map[string]string
		args     []string
		code     int
		says     []string
		messages int
	}{
		{nil, nil, exitConfig, []string{"no address to tell", "COLLECTOR_NOTIFY"}, 0},
		{map[string]string{"COLLECTOR_NOTIFY": l.address(ntfyPassword)}, nil, exitConfig, []string{"ntfy: not sent: its server may not be called: it is not public", "whose: you", "COLLECTOR_ALLOW_PRIVATE"}, 0},
		{map[string]string{"COLLECTOR_NOTIFY": l.address(ntfyPassword), "COLLECTOR_ALLOW_PRIVATE": l.host()}, nil, exitOK, []string{"ntfy: sent"}, 1},
		{allowed, []string{"--notify-file=addresses"}, exitConfig, []string{"ntfy: sent", "ntfy 2: not sent: it answered 401", "whose: you", "1 of 2 addresses got no message"}, 1},
		{allowed, []string{"--notify-file=nowhere"}, exitConfig, []string{"reading the addresses", "COLLECTOR_NOTIFY_FILE"}, 0},
		{map[string]string{"COLLECTOR_NOTIFY": "telegram://c4nary@no"}, nil, exitConfig, []string{"notify: address 1: telegram: the address is not understood"}, 0},
		{map[string]string{"COLLECTOR_NOTIFY": "generic://127.0.0.1:1/c4nary?disabletls=yes", "COLLECTOR_ALLOW_PRIVATE": "127.0.0.1:1"}, nil, exitTemporary, []string{"generic: not sent: it cannot be reached", "whose: the service or the network"}, 0},
	} {
		t.Run(fmt.Sprint(c.says), func(t *testing.T) {
			o := program{env: c.env, now: atNoon}.run(t, append([]string{"notify", "test"}, c.args...)...)
			all := o.out + o.err
			if o.code != c.code || strings.Contains(all, "c4nary") || strings.Contains(all, "/topic") || strings.Contains(all, l.host()) {
				t.Errorf("%d: %s", o.code, all)
			}
			for _, words := range c.says {
				if !strings.Contains(all, words) {
					t.Errorf("%q is not said: %s", words, all)
				}
			}
			if got := l.take(); len(got) != c.messages {
				t.Errorf("%d messages: %q", len(got), got)
			}
		})
	}
}

// TestNotifying: a token that is revoked is told of by the program as it runs, once over
// all its lives, and so is that all is well again; no log holds an address.
func TestNotifying(t *testing.T) {
	inFolder(t)
	l := listen(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 20})
	env["COLLECTOR_NOTIFY"] = l.address(ntfyPassword)
	env["COLLECTOR_ALLOW_PRIVATE"] = strings.Trim(env["COLLECTOR_ALLOW_PRIVATE"]+","+l.host(), ",")
	once := func(after time.Duration) {
		t.Helper()
		p := program{env: env, now: func() time.Time { return time.Now().Add(after) }}
		p.run(t, "sync", "--all").must(t)
		if o := p.run(t, "--once", "--log-level=debug"); strings.Contains(o.out+o.err, "c4nary") || strings.Contains(o.err, "/topic") {
			t.Errorf("a secret is shown: %s", o.err)
		}
	}
	program{env: env, stdin: acc[0].Tokens[0]}.run(t, "connect", "github", "--token-stdin").must(t)
	once(0)
	if got := l.take(); len(got) != 0 {
		t.Errorf("all is well, and yet: %q", got)
	}
	if err := sim.Revoke(acc[0].Key); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		once(time.Duration(i+1) * 2 * time.Minute)
	}
	got := l.take()
	if len(got) != 1 || !strings.HasPrefix(got[0], "collector: 1 thing needs you\ngithub/octocat needs a new sign-in.\n  Next: ") || !strings.Contains(got[0], "collector connect github") {
		t.Errorf("%d messages: %q", len(got), got)
	}
	token, err := sim.Issue(acc[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	program{env: env, stdin: token}.run(t, "connect", "github", "--token-stdin").must(t)
	for i := range 3 {
		once(time.Duration(i+1) * 30 * time.Minute)
	}
	if got := l.take(); len(got) != 1 || !strings.Contains(got[0], "github/octocat is well again.") {
		t.Errorf("after signing in again: %q", got)
	}
	hook := strings.Fields(program{env: env}.run(t, "webhooks", "add", "https://hooks.example/likes").must(t).out)[0]
	stop(t, hook)
	for i := range 3 {
		once(time.Duration(i+6) * 30 * time.Minute)
	}
	if got := l.take(); len(got) != 1 || !strings.Contains(got[0], "webhook "+hook+" is not called any more") {
		t.Errorf("a webhook that is given up: %q", got)
	}
	o := program{env: env}.run(t, "config", "show").must(t)
	if strings.Contains(o.out, "c4nary") || !strings.Contains(lineHolding(o.out, "COLLECTOR_NOTIFY\n"), "(secret)") {
		t.Errorf("config show: %s", lineHolding(o.out, "COLLECTOR_NOTIFY"))
	}
}

// stop notes of a webhook that it is given up, as a collector does after days.
func stop(t *testing.T, hook string) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), "collector.db", store.Options{Owner: "test", Lease: time.Minute, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := withWebhooks(t.Context(), st, false, func(hooks webhook.Store) error {
		return hooks.Note(t.Context(), []webhook.Note{{ID: hook, Health: &webhook.Health{Stopped: "it is gone"}}})
	}); err != nil {
		t.Fatal(err)
	}
}
