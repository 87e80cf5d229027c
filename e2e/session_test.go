//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

const whose = "com.atproto.server.getSession"

// TestBlueskySessionExpired gives the collector sessions that the real server
// calls expired: the access token alone, and both tokens. It must go on without
// asking anybody, with the refresh token or with the app password.
func TestBlueskySessionExpired(t *testing.T) {
	w := newWorld(t)
	w.like(t, "early", 12)
	bin := build(t)
	past := time.Now().Add(-time.Hour)
	session := func() (access, refresh, late, tooLate string) {
		pair, err := w.ada.SignIn(t.Context(), w.app)
		if err != nil {
			t.Fatal(err)
		}
		if late, err = w.server.Expire(pair.Access, past); err != nil {
			t.Fatal(err)
		}
		if tooLate, err = w.server.Expire(pair.Refresh, past); err != nil {
			t.Fatal(err)
		}
		return pair.Access, pair.Refresh, late, tooLate
	}
	answers := func(method string, from int) string {
		var out []string
		for _, c := range w.gate.calls(method)[from:] {
			out = append(out, fmt.Sprintf("%d%s", c.Status, c.Error))
		}
		return fmt.Sprint(out)
	}
	collect := func(t *testing.T, credential map[string]string) {
		t.Helper()
		asked := len(w.gate.calls(whose))
		defer func() { t.Logf("getSession was answered %s", answers(whose, asked)) }()
		p := install(t, bin, w.settings()...)
		token := w.credential(t, credential)
		in, err := json.Marshal(map[string]any{"user": "me", "service": "bluesky", "server": w.gate.URL, "token": token})
		if err != nil {
			t.Fatal(err)
		}
		p.must(t, string(in)+"\n", "accounts", "import", "-")
		d := p.start(t)
		eventually(t, "collecting with an expired session", func() string { return w.differs(t, p.export(t)) })
		if code := d.stop(t); code != 0 {
			t.Errorf("the daemon ended with %d", code)
		}
	}
	count := func() (int, int) {
		return len(w.gate.calls("com.atproto.server.refreshSession")), len(w.gate.calls("com.atproto.server.createSession"))
	}

	t.Run("the access token", func(t *testing.T) {
		_, refresh, late, _ := session()
		r, c := count()
		collect(t, map[string]string{"access": late, "refresh": refresh})
		if got := answers("com.atproto.server.refreshSession", r); got != "[200]" {
			t.Errorf("refreshSession was answered %s, want one 200", got)
		}
		if got := answers("com.atproto.server.createSession", c); got != "[]" {
			t.Errorf("createSession was answered %s, want no call: the refresh token was good", got)
		}
	})
	t.Run("both tokens", func(t *testing.T) {
		_, _, late, tooLate := session()
		_, c := count()
		collect(t, map[string]string{"access": late, "refresh": tooLate})
		if got := answers("com.atproto.server.createSession", c); got != "[200]" {
			t.Errorf("createSession was answered %s, want one 200", got)
		}
	})
	t.Run("the refresh token gone, the access token garbage", func(t *testing.T) {
		_, c := count()
		collect(t, map[string]string{"access": "garbage", "refresh": "garbage"})
		if got := answers("com.atproto.server.createSession", c); got != "[200]" {
			t.Errorf("createSession was answered %s, want one 200", got)
		}
	})
	t.Run("a wrong app password", func(t *testing.T) {
		p := install(t, bin, w.settings()...)
		r := p.run(t, `{"identifier":"ada.test","appPassword":"wrong"}`, "connect", "bluesky", "--server", w.gate.URL, "--token-stdin")
		if r.code != 4 {
			t.Errorf("ended with %d, want 4 (needs you):\n%s%s", r.code, r.out, r.talk)
		}
	})
}
