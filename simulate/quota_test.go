package simulate

import (
	"fmt"
	"testing"
	"time"
)

// TestQuotasAreCounted spends whole windows and looks at the answer to each
// call and at the service's own count.
func TestQuotasAreCounted(t *testing.T) {
	urls := map[string]string{
		GitHub:   api + "/user/starred?per_page=1",
		Mastodon: "https://social.example/api/v1/favourites?limit=1",
		Bluesky:  "https://bsky.social/xrpc/com.atproto.server.getSession",
	}
	for service, budget := range map[string]Budget{
		GitHub:   {Name: "core", Limit: 10, Per: 10 * time.Second},
		Mastodon: {Name: "account", Limit: 10, Per: 10 * time.Second, Aligned: true},
		Bluesky:  {Name: "pds", Limit: 10, Per: 10 * time.Second, ByAddress: true},
	} {
		clock := clockAt()
		clock.t = clock.t.Add(3 * time.Second)
		s := New(Options{Seed: 1, Now: clock.now, Budgets: map[string][]Budget{service: {budget}}})
		a := add(t, s, Spec{Service: service, Name: "mira", Likes: 3, Tokens: 2})
		tokens, first := a.Tokens, 0
		if service == Bluesky {
			tokens, first = []string{session(t, s, a).Access, session(t, s, a).Access}, 2
		}
		for i := first; i < 10; i++ {
			if got := get(s, urls[service], tokens[i%2]).status; got != 200 {
				t.Fatalf("%s: call %d of 10: %d", service, i+1, got)
			}
		}
		refused := get(s, urls[service], tokens[0])
		want := map[string]int{GitHub: 403, Mastodon: 429, Bluesky: 429}[service]
		if refused.status != want {
			t.Errorf("%s: call 11 of 10: %d, want %d", service, refused.status, want)
		}
		end := clockAt().t.Add(13 * time.Second)
		if service == Mastodon {
			end = clockAt().t.Add(10 * time.Second)
		}
		headers := map[string][2]string{
			GitHub:   {"X-RateLimit-Reset", fmt.Sprint(end.Unix())},
			Mastodon: {"X-RateLimit-Reset", end.Format("2006-01-02T15:04:05.000000Z")},
			Bluesky:  {"RateLimit-Reset", fmt.Sprint(end.Unix())},
		}
		if h := headers[service]; refused.header.Get(h[0]) != h[1] {
			t.Errorf("%s: %s is %q, want %q", service, h[0], refused.header.Get(h[0]), h[1])
		}
		clock.t = end.Add(-time.Millisecond)
		get(s, urls[service], tokens[1]) // still too early, told by the refusal
		clock.t = end
		if got := get(s, urls[service], tokens[1]).status; got != 200 {
			t.Errorf("%s: in the next window: %d", service, got)
		}
		if got := kinds(s); got != "overrun early" {
			t.Errorf("%s: violations %q: %v", service, got, s.Violations())
		}
		w := s.Windows(service + "/" + budget.Name)
		if len(w) != 2 || w[0].Used != 10 || w[0].Refused != 1 || w[1].Used != 1 || !w[0].End.Equal(end) {
			t.Errorf("%s: %+v", service, w)
		}
		if s.Refused() != 1 {
			t.Errorf("%s: %d calls over the quota, want 1", service, s.Refused())
		}
	}
}

// TestStrangersSpendToo: somebody else's calls are taken from the same budget,
// and a refusal that they caused is nobody's violation.
func TestStrangersSpendToo(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now, Budgets: map[string][]Budget{GitHub: {{Name: "core", Limit: 100, Per: time.Hour}}}})
	a := add(t, s, Spec{Service: GitHub, Name: "mira", Stranger: 90})
	url := api + "/user/starred?per_page=1"
	get(s, url, a.Tokens[0])
	clock.t = clock.t.Add(30 * time.Minute)
	if left := get(s, url, a.Tokens[0]).header.Get("X-RateLimit-Remaining"); left != "53" { // 100 - 2 - 45
		t.Errorf("%s left", left)
	}
	clock.t = clock.t.Add(29 * time.Minute)
	for i := 0; get(s, url, a.Tokens[0]).status == 200; i++ {
		if i > 100 {
			t.Fatal("the budget does not end")
		}
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	if w := s.Windows("github/core/mira"); len(w) != 1 || w[0].Stranger < 85 || w[0].Refused != 1 {
		t.Errorf("%+v", w)
	}
}

// TestSecondaryLimit: 900 calls a minute and no more, told by no header.
func TestSecondaryLimit(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now, KeepRequests: 10})
	a := add(t, s, Spec{Service: GitHub, Name: "mira"})
	url := api + "/user/starred?per_page=1"
	for range 900 {
		if rep := get(s, url, a.Tokens[0]); rep.status != 200 {
			t.Fatal(rep)
		}
	}
	rep := get(s, url, a.Tokens[0])
	if rep.status != 403 || rep.header.Get("Retry-After") != "60" || rep.header.Get("X-RateLimit-Remaining") != "4100" {
		t.Errorf("%d, Retry-After %s, remaining %s", rep.status, rep.header.Get("Retry-After"), rep.header.Get("X-RateLimit-Remaining"))
	}
	if n := len(s.Requests(a.Key)); n > 20 {
		t.Errorf("%d requests are remembered, asked for were 10", n)
	}
}
