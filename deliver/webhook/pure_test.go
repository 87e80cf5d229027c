package webhook

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"collector/auth"
	"collector/item"
	"collector/store"
)

// TestSign: whoever has one of the two secrets can verify the call with the library that
// Standard Webhooks publishes, for this very body, and the old one only until its end.
func TestSign(t *testing.T) {
	now := time.Now().Truncate(time.Second) // the library compares with its own clock
	one, two := NewSecret(), NewSecret()
	body := []byte(`{"type":"item.added"}`)
	c := auth.Credential{Access: auth.NewSecret(two), Refresh: auth.NewSecret(one)}
	verify := func(secret, body string, h http.Header) error {
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		return w.Verify([]byte(body), h)
	}
	for _, x := range []struct {
		what     string
		oldUntil time.Time
		oldToo   bool
	}{
		{"while both are valid", now.Add(time.Second), true},
		{"when the old one has ended", now, false},
		{"without a rotation", time.Time{}, false},
	} {
		h, err := Sign(c, x.oldUntil, "msg_1", now, body)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(two, string(body), h); err != nil {
			t.Errorf("%s: the secret does not verify: %v", x.what, err)
		}
		if err := verify(one, string(body), h); (err == nil) != x.oldToo {
			t.Errorf("%s: by the old secret: %v", x.what, err)
		}
		if verify(two, `{"type":"item.removed"}`, h) == nil || verify(NewSecret(), string(body), h) == nil {
			t.Errorf("%s: another body or another secret verifies", x.what)
		}
		if h.Get("webhook-id") != "msg_1" {
			t.Errorf("the id is %q", h.Get("webhook-id"))
		}
	}
}

func TestJudge(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status   int
		retry    string
		err      error
		ok, gone bool
		after    time.Duration
	}{
		{200, "", nil, true, false, 0},
		{204, "60", nil, true, false, 0},
		{299, "", nil, true, false, 0},
		{199, "", nil, false, false, 0},
		{301, "", nil, false, false, 0},
		{400, "60", nil, false, false, 0},
		{410, "", nil, false, true, 0},
		{429, "60", nil, false, false, time.Minute},
		{503, "Sun, 01 Mar 2026 12:00:30 GMT", nil, false, false, 30 * time.Second},
		{503, "Sun, 01 Mar 2026 11:00:00 GMT", nil, false, false, 0},
		{429, "-5", nil, false, false, 0},
		{429, "99999999", nil, false, false, longest},
		{429, "soon", nil, false, false, 0},
		{0, "", errors.New("hooks.example cannot be reached"), false, false, 0},
	} {
		v := judge(c.status, c.retry, c.err, now)
		if v.ok != c.ok || v.gone != c.gone || v.after != c.after || (v.reason == "") != c.ok {
			t.Errorf("%d %q %v: %+v", c.status, c.retry, c.err, v)
		}
	}
}

// TestWaits holds the schedule to the one that the specification recommends.
func TestWaits(t *testing.T) {
	all := time.Duration(0)
	for i, want := range waits {
		for range 50 {
			if d := wait(i + 1); d < want || d > want+want/10 {
				t.Fatalf("after %d tries: %v, wanted %v and at most a tenth more", i+1, d, want)
			}
		}
		all += want
	}
	if all < 2*24*time.Hour || all > 4*24*time.Hour || Tries != 10 {
		t.Errorf("%d tries in %v", Tries, all)
	}
	if d := wait(99); d < waits[len(waits)-1] {
		t.Errorf("after 99 tries: %v", d)
	}
}

func TestWants(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	it := store.Liked{User: "anna", Service: "github", Account: "octocat", Item: item.Item{ID: "1", Title: "raft in go", Language: "Go", LikedAt: now}}
	private, removed := it, it
	private.Private = true
	removed.RemovedAt = now
	for _, c := range []struct {
		what string
		e    Endpoint
		it   store.Liked
		want bool
	}{
		{"everything", Endpoint{User: "anna"}, it, true},
		{"what matches", Endpoint{User: "anna", Query: "raft lang:go"}, it, true},
		{"what does not match", Endpoint{User: "anna", Query: "raft -lang:go"}, it, false},
		{"another user's", Endpoint{User: "bob"}, it, false},
		{"private", Endpoint{User: "anna"}, private, false},
		{"private, asked for", Endpoint{User: "anna", Private: true}, private, true},
		{"removed", Endpoint{User: "anna"}, removed, true},
		{"removed alone", Endpoint{User: "anna", Query: "is:removed"}, it, false},
		{"half a query", Endpoint{User: "anna", Query: "raft lang:"}, it, false},
	} {
		if got := c.e.wants(now).has(c.it); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

func TestCheck(t *testing.T) {
	good := Endpoint{Kinds: []string{"poll"}, Parallel: 1}
	for _, c := range []struct {
		change func(*Endpoint)
		want   string // part of the error
	}{
		{func(*Endpoint) {}, ""},
		{func(e *Endpoint) { e.Query = "lang:" }, "query"},
		{func(e *Endpoint) { e.Kinds = []string{"polls"} }, "polls"},
		{func(e *Endpoint) { e.Kinds = nil }, "no kind"},
		{func(e *Endpoint) { e.Parallel = 0 }, "at once"},
		{func(e *Endpoint) { e.Parallel = 101 }, "at once"},
		{func(e *Endpoint) { e.PerMinute = -1 }, "minute"},
	} {
		e := good
		c.change(&e)
		err := e.Check(time.Time{})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, wanted %q", e, err, c.want)
		}
	}
}

func TestHealth(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bad := verdict{reason: "it answered 500"}
	h := Health{}
	for range 2 * deadTries {
		h = h.after(bad, now)
	}
	if h.Stopped != "" {
		t.Errorf("many failures at once stopped it: %+v", h)
	}
	h = h.after(bad, now.Add(deadAfter-1))
	if h.Stopped != "" {
		t.Errorf("too early: %+v", h)
	}
	if ok := h.after(verdict{ok: true}, now.Add(deadAfter)); ok.Failures != 0 || !ok.Failing.IsZero() {
		t.Errorf("after a success: %+v", ok)
	}
	h = h.after(bad, now.Add(deadAfter))
	if h.Stopped == "" {
		t.Errorf("days of failures did not stop it: %+v", h)
	}
	if again := h.Of(Endpoint{Resumes: 1}); again.Stopped != "" || again.Failures != 0 {
		t.Errorf("after it was resumed: %+v", again)
	}
	if few := (Health{}).after(bad, now).after(bad, now.Add(2*deadAfter)); few.Stopped != "" {
		t.Errorf("two failures stopped it: %+v", few)
	}
	if gone := (Health{}).after(verdict{gone: true, reason: "gone"}, now); gone.Stopped == "" {
		t.Error("410 did not stop it")
	}
}
