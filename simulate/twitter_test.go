package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// xPage is what a list of posts says.
type xPage struct {
	Data []struct{ ID string }
	Meta struct {
		Count int    `json:"result_count"`
		Next  string `json:"next_token"`
	}
}

func readX(t *testing.T, a answer) xPage {
	t.Helper()
	var p xPage
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return p
}

// walkX reads a list to its end and returns how many posts and pages there are, and
// how many pages before the last are shorter than asked for.
func walkX(t *testing.T, s *Sim, list, token string, size int) (posts, pages, short int) {
	t.Helper()
	for at := ""; ; {
		address := fmt.Sprintf("%s?max_results=%d", list, size)
		if at != "" {
			address += "&pagination_token=" + at
		}
		p := readX(t, get(s, address, token))
		posts, pages = posts+len(p.Data), pages+1
		if at = p.Meta.Next; at == "" {
			return posts, pages, short
		}
		if len(p.Data) < size {
			short++
		}
	}
}

func TestXBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Twitter, Name: "mira", Likes: 250})
	add(t, s, Spec{Service: TwitterBookmarks, Name: "mira", Likes: 1120})
	none := add(t, s, Spec{Service: Twitter, Name: "jonas"})
	poor := add(t, s, Spec{Service: Twitter, Name: "lena", Missing: []string{"like.read"}})
	token, api := a.Tokens[0], "https://api.x.com/2/users/"
	likes, marks := api+a.ID+"/liked_tweets", api+a.ID+"/bookmarks"

	first := get(s, likes, token)
	page := readX(t, first)
	newest := s.Likes(a.Key)[249].ID
	posts, _, short := walkX(t, s, likes, token, 100)
	hundred, pages, _ := walkX(t, s, marks, token, 100)
	ninety, thirteen, _ := walkX(t, s, marks, token, 90)
	before := s.Billed(clock.now())
	fields := get(s, likes+"?max_results=5&post.fields=created_at,lang&expansions=author_id&user.fields=username", token)
	check(t, []behaviour{
		{"newest like first", page.Data[0].ID, newest},
		{"a page says how many it has", fmt.Sprint(page.Meta.Count == len(page.Data)), "true"},
		{"short pages are not the end", fmt.Sprint(posts, short > 0), "250 true"},
		{"a hundred bookmarks a page end early", fmt.Sprint(hundred < 100, pages), "true 1"},
		{"ninety do not", fmt.Sprint(ninety, thirteen), "1120 13"},
		{"an empty list has no data", get(s, api+none.ID+"/liked_tweets", none.Tokens[0]).body, `{"meta":{"result_count":0}}`},
		{"each post that is returned is charged for", fmt.Sprint(s.Billed(clock.now()) - before), fmt.Sprint(readX(t, fields).Meta.Count)},
		{"authors stand beside", count(fields.body, `"username"`) + " " + fmt.Sprint(strings.Contains(fields.body, `"includes"`)), fmt.Sprint(strings.Count(fields.body, `"username"`), " true")},
		{"the quota of a user", first.header.Get("X-Rate-Limit-Limit") + " " + first.header.Get("X-Rate-Limit-Remaining"), "75 74"},
		{"that of bookmarks is another", get(s, marks, token).header.Get("X-Rate-Limit-Limit"), "180"},
		{"old names of parameters are refused", fmt.Sprint(get(s, likes+"?tweet.fields=created_at", token).status), "400"},
		{"fewer than five likes are", fmt.Sprint(get(s, likes+"?max_results=4", token).status), "400"},
		{"one bookmark is not", fmt.Sprint(readX(t, get(s, marks+"?max_results=1", token)).Meta.Count), "1"},
		{"somebody else's list", fmt.Sprint(get(s, api+none.ID+"/liked_tweets", token).status), "403"},
		{"a missing scope", fmt.Sprint(get(s, api+poor.ID+"/liked_tweets", poor.Tokens[0]).status), "403"},
		{"a bad token", get(s, likes, "nobody").header.Get("Content-Type"), "application/problem+json"},
		{"how many likes there are", count(get(s, api+"me?user.fields=public_metrics", token).body, `"like_count":250`), "1"},
	})
}

// TestXRefresh: a refresh token works once.
func TestXRefresh(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: Twitter, Name: "mira", Likes: 3, Expiring: true})
	var given struct{ Access, Refresh, ClientID string }
	if err := json.Unmarshal([]byte(a.Tokens[0]), &given); err != nil {
		t.Fatal(err)
	}
	refresh := func(with string) answer {
		return send(s, http.MethodPost, "https://api.x.com/2/oauth2/token", "", "grant_type=refresh_token&refresh_token="+given.Refresh+with, "Content-Type", "application/x-www-form-urlencoded")
	}
	if r := refresh(""); r.status != http.StatusUnauthorized {
		t.Errorf("without an application: %d %s", r.status, r.body)
	}
	if r := refresh("&client_id=" + given.ClientID); r.status != http.StatusOK || !strings.Contains(r.body, `"expires_in":7200`) {
		t.Errorf("the refresh: %d %s", r.status, r.body)
	}
	if r := refresh("&client_id=" + given.ClientID); r.status != http.StatusBadRequest || !strings.Contains(r.body, "invalid_request") {
		t.Errorf("the same token again: %d %s", r.status, r.body)
	}
	if v := s.Violations(); len(v) != 1 || v[0].Kind != Reused {
		t.Errorf("%v", v)
	}
}

// TestXLimits: the quota of the application is told by no header.
func TestXLimits(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now, Budgets: map[string][]Budget{Twitter: {
		{Name: "likes", Limit: 5, Per: 15 * time.Minute, Only: "liked_tweets"},
		{Name: "likes-app", Limit: 3, Per: 15 * time.Minute, Only: "liked_tweets", ByApp: true, Secondary: true},
	}}})
	a := add(t, s, Spec{Service: Twitter, Name: "mira", Likes: 3})
	list := "https://api.x.com/2/users/" + a.ID + "/liked_tweets"
	for i := range 3 {
		if r := get(s, list, a.Tokens[0]); r.status != http.StatusOK || r.header.Get("X-Rate-Limit-Remaining") != fmt.Sprint(4-i) {
			t.Errorf("call %d: %d, %v", i+1, r.status, r.header)
		}
	}
	if r := get(s, list, a.Tokens[0]); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "" {
		t.Errorf("a fourth call: %d %v", r.status, r.header)
	}
}
