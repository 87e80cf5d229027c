package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// redditPage is what a listing says.
type redditPage struct {
	Data struct {
		After    *string
		Children []struct {
			Data struct {
				Name    string
				Created float64 `json:"created_utc"`
			}
		}
	}
}

func readReddit(t *testing.T, a answer) (names []string, times []float64, after string) {
	t.Helper()
	var p redditPage
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	for _, c := range p.Data.Children {
		names, times = append(names, c.Data.Name), append(times, c.Data.Created)
	}
	if p.Data.After != nil {
		after = *p.Data.After
	}
	return names, times, after
}

func TestRedditBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Reddit, Name: "mira", Likes: 1150})
	up := add(t, s, Spec{Service: RedditUpvoted, Name: "mira", Likes: 120})
	poor := add(t, s, Spec{Service: Reddit, Name: "lena", Missing: []string{"history"}})
	token, saved, upvoted := a.Tokens[0], "https://oauth.reddit.com/user/mira/saved?limit=100", "https://oauth.reddit.com/user/mira/upvoted?limit=100"

	first := get(s, saved, token)
	names, times, after := readReddit(t, first)
	likes := s.Likes(a.Key)
	pages, shown, last := 1, len(names), after
	for at := after; at != ""; pages++ {
		n, _, next := readReddit(t, get(s, saved+"&after="+at, token))
		shown += len(n)
		at, last = next, at
	}
	_, upTimes, _ := readReddit(t, get(s, upvoted, token))
	descending := func(all []float64) bool {
		return slices.IsSortedFunc(all, func(x, y float64) int { return int(y - x) })
	}
	past, _, _ := readReddit(t, get(s, saved+"&after="+last, token))
	if _, err := s.Unlike(a.Key, after); err != nil {
		t.Fatal(err)
	}
	lost, _, goesOn := readReddit(t, get(s, saved+"&after="+after, token))
	denied := get(s, saved, "nobody")
	check(t, []behaviour{
		{"a hundred a page", fmt.Sprint(len(names)), "100"},
		{"newest saved first", names[0], likes[len(likes)-1].ID},
		{"what is saved is not in the order of submission", fmt.Sprint(descending(times)), "false"},
		{"what is upvoted is", fmt.Sprint(descending(upTimes), len(upTimes)), "true 100"},
		{"a thousand are shown, and a full last page names its last item", fmt.Sprint(shown, pages, len(past)), "1000 11 0"},
		{"after an item that is un-saved comes nothing", fmt.Sprint(len(lost)) + goesOn, "0"},
		{"remaining has a decimal, reset counts down", first.header.Get("X-Ratelimit-Used") + " " + first.header.Get("X-Ratelimit-Remaining"), "1 999.0"},
		{"only the own list", fmt.Sprint(get(s, strings.Replace(upvoted, "mira", "lena", 1), token).status), "403"},
		{"a missing scope", get(s, strings.Replace(saved, "mira", "lena", 1), poor.Tokens[0]).header.Get("WWW-Authenticate"), `Bearer realm="reddit", error="insufficient_scope"`},
		{"a bad token", fmt.Sprint(denied.status, " ", denied.header.Get("WWW-Authenticate")), `401 Bearer realm="reddit", error="invalid_token"`},
		{"the list of a user who upvoted", fmt.Sprint(len(s.Likes(up.Key))), "120"},
	})
	for mode, want := range map[string]string{"first": "200 100", "error": "404 0"} {
		s.opt.LostPlace = mode
		if got := get(s, saved+"&after="+after, token); fmt.Sprint(got.status, strings.Count(got.body, `"created_utc"`)) != want {
			t.Errorf("a lost place answered by %s: %d %.100s", mode, got.status, got.body)
		}
	}
}

// TestRedditLimits: the application's calls are counted together, and a refusal is a
// page for people.
func TestRedditLimits(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now, Budgets: map[string][]Budget{Reddit: {{Name: "app", Limit: 3, Per: 10 * time.Minute, Aligned: true, ByApp: true}}}})
	a, b := add(t, s, Spec{Service: Reddit, Name: "mira", Likes: 3}), add(t, s, Spec{Service: Reddit, Name: "lena", Likes: 3})
	me := "https://oauth.reddit.com/api/v1/me"
	for i, token := range []string{a.Tokens[0], b.Tokens[0], a.Tokens[0]} {
		if r := get(s, me, token); r.status != http.StatusOK || r.header.Get("X-Ratelimit-Remaining") != fmt.Sprintf("%d.0", 2-i) {
			t.Errorf("call %d: %d, %s left", i+1, r.status, r.header.Get("X-Ratelimit-Remaining"))
		}
	}
	r := get(s, me, b.Tokens[0])
	if r.status != http.StatusTooManyRequests || !strings.Contains(r.body, "<html>") || r.header.Get("Retry-After") != "" || r.header.Get("X-Ratelimit-Remaining") != "0.0" {
		t.Errorf("%d %v %s", r.status, r.header, r.body)
	}
}

// TestRedditRefresh: Basic for the application, one use of a refresh token, errors
// with 400, 401 and inside a 200.
func TestRedditRefresh(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: Reddit, Name: "mira", Likes: 3, Expiring: true})
	var given struct{ Refresh, ClientID, ClientSecret string }
	if err := json.Unmarshal([]byte(a.Tokens[0]), &given); err != nil {
		t.Fatal(err)
	}
	refresh := func(token, secret string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://www.reddit.com/api/v1/access_token", strings.NewReader("grant_type=refresh_token&refresh_token="+token))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(given.ClientID, secret)
		reply, err := s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		var body struct {
			Access string `json:"access_token"`
			Error  any    `json:"error"`
		}
		if err := json.NewDecoder(reply.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		if body.Access != "" {
			return reply.StatusCode, "a token"
		}
		return reply.StatusCode, fmt.Sprint(body.Error)
	}
	for _, c := range []struct{ what, token, secret, want string }{
		{"another application", given.Refresh, "guess", "401 401"},
		{"an unknown token", "guess", given.ClientSecret, "200 invalid_grant"},
		{"the refresh", given.Refresh, given.ClientSecret, "200 a token"},
		{"the same token again", given.Refresh, given.ClientSecret, "400 400"},
	} {
		if status, said := refresh(c.token, c.secret); fmt.Sprint(status, " ", said) != c.want {
			t.Errorf("%s: %d %s, want %s", c.what, status, said, c.want)
		}
	}
	if v := s.Violations(); len(v) != 1 || v[0].Kind != Reused {
		t.Errorf("%v", v)
	}
}
