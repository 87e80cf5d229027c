package simulate

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// kinds names the violations in order.
func kinds(s *Sim) string {
	var out []string
	for _, v := range s.Violations() {
		out = append(out, v.Kind)
	}
	return strings.Join(out, " ")
}

// TestViolationsBite breaks one rule after another, and each is seen as what it
// is; what is allowed is not.
func TestViolationsBite(t *testing.T) {
	for _, c := range []struct {
		what string
		do   func(s *Sim, a Account)
		want string
	}{
		{"nothing wrong", func(s *Sim, a Account) { get(s, list, a.Tokens[0]); get(s, list, a.Tokens[0]) }, ""},
		{"too early", func(s *Sim, a Account) {
			s.AddFault(Fault{Kind: Limit, Times: 1})
			get(s, list, a.Tokens[0])
			get(s, list, a.Tokens[0])
		}, "early"},
		{"another account is not barred", func(s *Sim, a Account) {
			s.AddFault(Fault{Kind: Limit, Times: 1})
			other, _ := s.AddAccount(Spec{Service: GitHub, Name: "jonas"})
			get(s, list, a.Tokens[0])
			get(s, list, other.Tokens[0])
		}, ""},
		{"another token of the account is", func(s *Sim, a Account) {
			s.AddFault(Fault{Kind: Limit, Times: 1})
			other, _ := s.Issue(a.Key)
			get(s, list, a.Tokens[0])
			get(s, list, other)
		}, "early"},
		{"a token in the address", func(s *Sim, a Account) { get(s, list+"&access_token="+a.Tokens[0], a.Tokens[0]) }, "token-in-url"},
		{"a token in the path", func(s *Sim, a Account) { get(s, api+"/user/"+a.Tokens[0], a.Tokens[0]) }, "token-in-url"},
		{"a token in the Referer", func(s *Sim, a Account) {
			get(s, list, a.Tokens[0], "Referer", "https://x.example/?t="+a.Tokens[0])
		}, "token-in-url"},
		{"a name of nobody", func(s *Sim, a Account) { get(s, "https://githubb.com/user", a.Tokens[0]) }, "origin"},
		{"the foreign server", func(s *Sim, a Account) { get(s, "https://elsewhere.example/user", a.Tokens[0]) }, "origin"},
		{"a credential at another service", func(s *Sim, a Account) {
			get(s, "https://social.example/api/v1/favourites", a.Tokens[0])
		}, "origin"},
		{"more than the cap", func(s *Sim, a Account) {
			_ = s.SetCap(a.Key, 2)
			for range 3 {
				get(s, list, a.Tokens[0])
			}
		}, "capped"},
	} {
		s := New(Options{Seed: 2, Now: clockAt().now})
		c.do(s, add(t, s, Spec{Service: GitHub, Name: "mira", Likes: 5}))
		if got := kinds(s); got != c.want {
			t.Errorf("%s: %q, want %q: %v", c.what, got, c.want, s.Violations())
		}
		for _, v := range s.Violations() {
			if s.secretIn(v.String()) != "" {
				t.Errorf("%s: a violation tells a secret: %s", c.what, v)
			}
		}
	}
}

func TestWhoReachedTheForeignServerIsTold(t *testing.T) {
	s := New(Options{Seed: 2, Now: clockAt().now})
	a := add(t, s, Spec{Service: GitHub, Name: "mira"})
	get(s, "https://elsewhere.example/x", a.Tokens[0], "Private-Token", a.Tokens[0])
	text := s.Violations()[0].Text
	if !strings.Contains(text, "github/mira#1 in Authorization") || !strings.Contains(text, "in Private-Token") {
		t.Error(text)
	}
}

// TestParallelRequestsAreSeen sends two calls on one credential at once, and
// two on two credentials.
func TestParallelRequestsAreSeen(t *testing.T) {
	for _, c := range []struct {
		service string
		at      int
		want    string
	}{{GitHub, 1, ""}, {GitHub, 2, "parallel"}, {Bluesky, 4, ""}, {Bluesky, 5, "parallel"}} {
		synctest.Test(t, func(t *testing.T) {
			s := New(Options{Seed: 2, Latency: time.Second})
			a := add(t, s, Spec{Service: c.service, Name: "mira"})
			other := add(t, s, Spec{Service: c.service, Name: "jonas"})
			token, others, url := a.Tokens[0], other.Tokens[0], list
			if c.service == Bluesky {
				token, others = session(t, s, a).Access, session(t, s, other).Access
				url = "https://bsky.social/xrpc/com.atproto.server.getSession"
			}
			done := make(chan struct{})
			for range c.at {
				go func() { get(s, url, token); done <- struct{}{} }()
			}
			go func() { get(s, url, others); done <- struct{}{} }()
			for range c.at + 1 {
				<-done
			}
			for range 3 { // one after the other is not at once
				get(s, url, token)
			}
			if got := kinds(s); got != c.want {
				t.Errorf("%d at once at %s: %q, want %q: %v", c.at, c.service, got, c.want, s.Violations())
			}
		})
	}
}

// TestGoneCallersAreNotCounted: a caller that gave up during the latency is not
// in flight any more.
func TestGoneCallersAreNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Seed: 2, Latency: time.Minute})
		a := add(t, s, Spec{Service: GitHub, Name: "mira"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+a.Tokens[0])
		if res, err := s.Transport().RoundTrip(r); err == nil {
			res.Body.Close()
			t.Error("an answer before its time")
		}
		synctest.Wait()
		get(s, list, a.Tokens[0])
		if v := s.Violations(); len(v) > 0 {
			t.Error(v)
		}
	})
}
