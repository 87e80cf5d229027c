package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// sky is a fake Bluesky server: sessions of two hours, refresh tokens that work
// once, app passwords that can be taken back.
type sky struct {
	t                *testing.T
	session          int
	password         string
	refreshDead      bool
	created, renewed int
	lists            int
	echo             bool
}

func (s *sky) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme+"://"+r.URL.Host != "https://pds.example" {
		s.t.Errorf("asked %s", r.URL)
	}
	body := []byte{}
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	say := func(status int, name string) (*http.Response, error) {
		text := name
		if s.echo {
			text += " for " + r.Header.Get("Authorization") + string(body)
		}
		out, _ := json.Marshal(map[string]string{"error": name, "message": text})
		return answer(status, string(out)), nil
	}
	pair := func() (*http.Response, error) {
		s.session++
		return answer(200, fmt.Sprintf(`{"accessJwt":"access-CANARY-%d","refreshJwt":"refresh-CANARY-%d","did":"did:plc:x","handle":"o.example"}`, s.session, s.session)), nil
	}
	switch r.URL.Path {
	case "/xrpc/com.atproto.server.createSession":
		s.created++
		var in map[string]string
		if err := json.Unmarshal(body, &in); err != nil || r.Header.Get("Authorization") != "" {
			s.t.Errorf("createSession got %s, %v", body, err)
		}
		if in["identifier"] != "o.example" || in["password"] != s.password {
			return say(401, "AuthenticationRequired")
		}
		return pair()
	case "/xrpc/com.atproto.server.refreshSession":
		s.renewed++
		if s.refreshDead || r.Header.Get("Authorization") != fmt.Sprint("Bearer refresh-CANARY-", s.session) {
			return say(400, "ExpiredToken")
		}
		return pair()
	}
	s.lists++
	if r.Header.Get("Authorization") != fmt.Sprint("Bearer access-CANARY-", s.session) || s.session == 0 {
		return say(400, "ExpiredToken")
	}
	return answer(200, `{"records":[]}`), nil
}

var bluesky = connectors.Info{
	Name: "bluesky", Provider: "bluesky", Title: "Bluesky likes", Server: "https://bsky.example", Servers: true,
	Auth:   connectors.Auth{Header: "Authorization", Prefix: "Bearer ", Session: true},
	Quotas: []connectors.Quota{{Name: "pds", Scope: connectors.PerAddress, Unit: "calls", N: 3000, Per: 5 * time.Minute, Parallel: 4}},
}

func likes() Call {
	return Call{
		Info: bluesky, Account: "a1", Name: "bluesky/o.example", User: "me", Server: "https://pds.example", Class: limit.Poll,
		Request: connectors.Request{URL: "https://pds.example/xrpc/com.atproto.repo.listRecords?limit=100"},
		Fault: func(r connectors.Reply) error {
			if r.Status == 400 && strings.Contains(string(r.Body), "ExpiredToken") {
				return &fault.Error{Kind: fault.Unauthorized, Reason: string(r.Body)}
			}
			return nil
		},
	}
}

func TestSessionsOpenAndRenewThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sky{t: t, password: `pass "CANARY" word`}
		b := newBench(t, Config{Transport: s})
		b.store(t, "a1", `{"identifier":"o.example","appPassword":"pass \"CANARY\" word"}`)
		list := func() {
			t.Helper()
			if r, err := b.Do(t.Context(), likes()); err != nil || string(r.Body) != `{"records":[]}` {
				t.Fatalf("%s %v", r.Body, err)
			}
		}
		list() // opens a session with the password
		list() // uses it
		if s.created != 1 || s.renewed != 0 || s.lists != 2 {
			t.Errorf("created %d, renewed %d, listed %d", s.created, s.renewed, s.lists)
		}
		s.session = 0 // the server forgets the session, and then takes our refresh token for session 1
		_, err := b.Do(t.Context(), likes())
		if err != nil {
			t.Fatal(err)
		}
		if s.renewed != 1 || s.created != 2 {
			t.Errorf("refused refresh, then the password: created %d, renewed %d", s.created, s.renewed)
		}
		before := s.lists
		s.session++ // our access token is worthless, our refresh token too
		s.refreshDead = true
		list()
		if s.created != 3 || s.lists != before+2 {
			t.Errorf("created %d, listed %d", s.created, s.lists-before)
		}
	})
}

func TestExpiredSessionIsRenewedOnceAndSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sky{t: t, session: 7}
		b := newBench(t, Config{Transport: s})
		b.store(t, "a1", `{"access":"access-CANARY-old","refresh":"refresh-CANARY-7"}`)
		asked := 0
		call := likes()
		call.Before = func() error { asked++; return nil }
		if _, err := b.Do(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		if asked != 2 || s.lists != 2 || s.renewed != 1 {
			t.Errorf("Before asked %d times, %d calls, %d refreshes", asked, s.lists, s.renewed)
		}
		lost := errors.New("lease lost")
		s.session += 1
		s.lists = 0
		n := 0
		call.Before = func() error {
			if n++; n == 2 {
				return lost
			}
			return nil
		}
		b.store(t, "a1", fmt.Sprintf(`{"access":"access-CANARY-old","refresh":"refresh-CANARY-%d"}`, s.session))
		if _, err := b.Do(t.Context(), call); !errors.Is(err, lost) || s.lists != 1 {
			t.Errorf("the second send does not ask: %v, %d calls", err, s.lists)
		}
	})
}

func TestDeadSignInSaysWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sky{t: t, password: "another", echo: true}
		b := newBench(t, Config{Transport: s})
		b.store(t, "a1", `{"access":"access-CANARY-old","refresh":"refresh-CANARY-9","identifier":"o.example","appPassword":"CANARY-wrong"}`)
		_, err := b.Do(t.Context(), likes())
		f := fault.As(err)
		if f == nil || f.Kind != fault.Unauthorized || !f.Revoked || f.Next != "collector connect bluesky --name o.example" {
			t.Fatalf("got %+v", f)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, f), "CANARY") {
			t.Errorf("the error repeats a secret: %v", err)
		}
		if s.renewed != 1 || s.created != 1 {
			t.Errorf("renewed %d, created %d", s.renewed, s.created)
		}
	})
}

func TestTrialOpensASession(t *testing.T) {
	s := &sky{t: t, password: "CANARY-right"}
	b := newBench(t, Config{Transport: s})
	c, err := auth.ParseCredential(`{"identifier":"o.example","appPassword":"CANARY-right"}`)
	if err != nil {
		t.Fatal(err)
	}
	call := likes()
	call.Account, call.Trial = "", &c
	if _, err := b.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if c.Access.Empty() || c.Refresh.Empty() || c.AppPassword.Empty() {
		t.Error("the session was not written back")
	}
	if len(b.vault.records) != 0 {
		t.Error("a trial was stored")
	}
	s.session++ // a session of which the refresh token is dead: the password must do
	if _, err := b.Do(t.Context(), call); err != nil || s.created != 2 {
		t.Errorf("%v, created %d", err, s.created)
	}
}

func TestSessionLimitIsALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			return answer(429, `{"error":"RateLimitExceeded"}`, "Retry-After", "120"), nil
		})})
		b.store(t, "a1", `{"identifier":"o.example","appPassword":"x-y-z"}`)
		_, err := b.Do(t.Context(), likes())
		f := fault.As(err)
		if f == nil || f.Kind != fault.RateLimited || time.Until(f.Until) < 2*time.Minute {
			t.Fatalf("got %v", err)
		}
		if _, err := b.Do(t.Context(), likes()); fault.As(err) == nil || !fault.As(err).Busy {
			t.Errorf("asked again: %v", err)
		}
	})
}

// TestGitHubRefreshStandsAtTheRoot: with GitHub Enterprise the API is below
// /api/v3 and the sign-in is not.
func TestGitHubRefreshStandsAtTheRoot(t *testing.T) {
	base, _ := url.Parse("https://ghe.example/api/v3")
	var asked []string
	b := newBench(t, Config{
		Base: map[string]*url.URL{"github": base},
		Transport: wire(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String())
			if r.Method == http.MethodPost {
				body, _ := io.ReadAll(r.Body)
				form, err := url.ParseQuery(string(body))
				if err != nil || form.Get("refresh_token") != "ghr_a+b/c&d=e" || form.Get("client_id") != "Iv1" || r.ContentLength != int64(len(body)) {
					t.Errorf("form %q", body)
				}
				return answer(200, `{"access_token":"ghu_new","expires_in":28800,"refresh_token":"ghr_new"}`), nil
			}
			if r.Header.Get("Authorization") != "Bearer ghu_new" {
				return answer(401, `{"message":"Bad credentials"}`), nil
			}
			return answer(200, `[]`), nil
		}),
	})
	b.store(t, "a1", `{"access":"ghu_old","refresh":"ghr_a+b/c&d=e","clientId":"Iv1"}`)
	if _, err := b.Do(t.Context(), star("/user/starred")); err != nil {
		t.Fatal(err)
	}
	want := "https://ghe.example/api/v3/user/starred https://ghe.example/login/oauth/access_token https://ghe.example/api/v3/user/starred"
	if got := strings.Join(asked, " "); got != want {
		t.Errorf("asked %s", got)
	}
}
