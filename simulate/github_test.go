package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// frozen is a clock that stands where a test puts it.
type frozen struct{ t time.Time }

func (f *frozen) now() time.Time { return f.t }

func clockAt() *frozen { return &frozen{time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)} }

// add adds an account or ends the test.
func add(t *testing.T, s *Sim, sp Spec) Account {
	t.Helper()
	a, err := s.AddAccount(sp)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// answer is a reply that was read.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

// get asks a Sim in the process. Headers are name, value, name, value.
func get(s *Sim, url, token string, headers ...string) answer {
	return send(s, http.MethodGet, url, token, "", headers...)
}

func send(s *Sim, method, url, token, body string, headers ...string) answer {
	r, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.Transport().RoundTrip(r)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	return answer{res.StatusCode, res.Header, string(b), err}
}

// links reads a Link header: rel -> address.
func links(h http.Header) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`<([^>]*)>; rel="(\w+)"`).FindAllStringSubmatch(h.Get("Link"), -1) {
		out[m[2]] = m[1]
	}
	return out
}

type star struct {
	At   time.Time `json:"starred_at"`
	Repo struct {
		ID       int64  `json:"id"`
		FullName string `json:"full_name"`
		HTMLURL  string `json:"html_url"`
		Private  *bool  `json:"private"`
		Owner    struct{ Login string }
		Topics   []string
	} `json:"repo"`
}

func stars(t *testing.T, a answer) []star {
	t.Helper()
	var out []star
	if a.err != nil || a.status != 200 {
		t.Fatalf("status %d, %v: %s", a.status, a.err, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatal(err, a.body)
	}
	return out
}

const (
	api  = "https://api.github.com"
	list = api + "/user/starred?sort=created&per_page=100"
	timd = "application/vnd.github.star+json"
)

// TestGitHubListWalksToTheTruth follows rel=next through the whole list, both
// ways, and finds exactly the likes that the oracle knows, with their times.
func TestGitHubListWalksToTheTruth(t *testing.T) {
	for _, direction := range []string{"asc", "desc"} {
		for _, n := range []int{1, 99, 100, 101, 230, 300} {
			s := New(Options{Seed: 7, Now: clockAt().now})
			a := add(t, s, Spec{Service: GitHub, Name: "mira", Likes: n})
			got := map[string]time.Time{}
			url, pages := list+"&direction="+direction, 0
			var last time.Time
			for url != "" {
				rep := get(s, url, a.Tokens[0], "Accept", timd)
				for i, st := range stars(t, rep) {
					if before := st.At.Before(last); i+pages > 0 && before == (direction == "asc") && !st.At.Equal(last) {
						t.Fatalf("%s: %s after %s", direction, st.At, last)
					}
					last = st.At
					got[fmt.Sprint(st.Repo.ID)] = st.At
				}
				pages++
				url = links(rep.header)["next"]
			}
			if d := s.Compare(a.Key, got); !d.OK() || len(d.Extra) > 0 || len(got) != n {
				t.Errorf("%s, %d likes: %d collected, %s", direction, n, len(got), d)
			}
			if want := (n + 99) / 100; pages != want {
				t.Errorf("%d likes took %d pages, want %d", n, pages, want)
			}
			if v := s.Violations(); len(v) > 0 {
				t.Error(v)
			}
		}
	}
}

// TestGitHubBehavesAsDocumented holds the shape to what the service's documents
// and recordings say.
func TestGitHubBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: GitHub, Name: "mira", Likes: 230})
	token := a.Tokens[0]

	first := get(s, list+"&page=1", token, "Accept", timd)
	middle, last, past := get(s, list+"&page=2", token), get(s, list+"&page=3", token), get(s, list+"&page=9", token)
	rels := func(a answer) string {
		return strings.Join(regexp.MustCompile(`rel="\w+"`).FindAllString(a.header.Get("Link"), -1), " ")
	}
	for _, c := range []struct{ what, got, want string }{
		{"links of the first page", rels(first), `rel="next" rel="last"`},
		{"links of a middle page", rels(middle), `rel="prev" rel="next" rel="last" rel="first"`},
		{"links of the last page", rels(last), `rel="prev" rel="first"`},
		{"a page past the end", past.body, "[]"},
		{"last", links(first.header)["last"], "https://api.github.com/user/starred?page=3&per_page=100&sort=created"},
		{"limit", first.header.Get("x-ratelimit-limit"), "5000"},
		{"remaining", first.header.Get("x-ratelimit-remaining"), "4999"},
		{"used", first.header.Get("x-ratelimit-used"), "1"},
		{"resource", first.header.Get("x-ratelimit-resource"), "core"},
		{"reset", first.header.Get("x-ratelimit-reset"), fmt.Sprint(clock.t.Add(time.Hour).Unix())},
		{"default page size", fmt.Sprint(strings.Count(get(s, api+"/user/starred", token).body, `"full_name"`)), "30"},
		{"largest page size", fmt.Sprint(strings.Count(get(s, api+"/user/starred?per_page=500", token).body, `"full_name"`)), "100"},
		{"bare media type has no time", fmt.Sprint(strings.Contains(middle.body, "starred_at")), "false"},
		{"no token", fmt.Sprint(get(s, api+"/user", "").status), "401"},
		{"bad token", get(s, api+"/user", "ghp_wrong").body, `{"documentation_url":"https://docs.github.com/rest","message":"Bad credentials","status":"401"}`},
		{"unknown path", fmt.Sprint(get(s, api+"/user/nothing", token).status), "404"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}

	one := stars(t, first)[0]
	if got := get(s, api+"/user/starred/"+one.Repo.FullName, token).status; got != 204 {
		t.Errorf("a starred repository: %d", got)
	}
	if _, err := s.Unlike(a.Key, fmt.Sprint(one.Repo.ID)); err != nil {
		t.Fatal(err)
	}
	if got := get(s, api+"/user/starred/"+one.Repo.FullName, token).status; got != 404 {
		t.Errorf("a repository that is starred no more: %d", got)
	}
	if one.Repo.HTMLURL != "https://github.com/"+one.Repo.FullName || one.Repo.Private == nil {
		t.Errorf("%+v", one)
	}
}

func TestGitHubAnswers304Free(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: GitHub, Likes: 30})
	first := get(s, list, a.Tokens[0])
	again := get(s, list, a.Tokens[0], "If-None-Match", first.header.Get("ETag"))
	if again.status != 304 || again.body != "" || again.header.Get("x-ratelimit-remaining") != "4999" {
		t.Errorf("nothing new: %d, %d bytes, remaining %s", again.status, len(again.body), again.header.Get("x-ratelimit-remaining"))
	}
	if _, err := s.Like(a.Key, 1); err != nil {
		t.Fatal(err)
	}
	changed := get(s, list, a.Tokens[0], "If-None-Match", first.header.Get("ETag"))
	if changed.status != 200 || changed.header.Get("x-ratelimit-remaining") != "4998" {
		t.Errorf("something new: %d, remaining %s", changed.status, changed.header.Get("x-ratelimit-remaining"))
	}
}

func TestGitHubNamesUsersByNumber(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now, NumericLinks: true})
	a := add(t, s, Spec{Service: GitHub, Likes: 150})
	next := links(get(s, list, a.Tokens[0]).header)["next"]
	if !strings.HasPrefix(next, api+"/user/"+a.ID+"/starred?") {
		t.Fatal(next)
	}
	if got := strings.Count(get(s, next, a.Tokens[0]).body, `"full_name"`); got != 50 {
		t.Errorf("the second page has %d repositories", got)
	}
}

func TestGitHubRefreshesOnce(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: GitHub, Likes: 3, Expiring: true})
	var cred struct{ Access, Refresh, ClientID string }
	if err := json.Unmarshal([]byte(a.Tokens[0]), &cred); err != nil {
		t.Fatal(err)
	}
	if got := get(s, list, cred.Access).status; got != 200 {
		t.Fatal(got)
	}
	clock.t = clock.t.Add(8 * time.Hour)
	if got := get(s, list, cred.Access).status; got != 401 {
		t.Errorf("after 8 hours: %d", got)
	}
	form := "grant_type=refresh_token&client_id=x&refresh_token=" + cred.Refresh
	refresh := func() answer {
		return send(s, http.MethodPost, "https://github.com/login/oauth/access_token", "", form, "Content-Type", "application/x-www-form-urlencoded")
	}
	var got struct {
		Access string `json:"access_token"`
		Error  string
	}
	if err := json.Unmarshal([]byte(refresh().body), &got); err != nil || get(s, list, got.Access).status != 200 {
		t.Errorf("refreshed: %+v, %v", got, err)
	}
	if second := refresh(); second.status != 200 || !strings.Contains(second.body, "bad_refresh_token") {
		t.Errorf("the same refresh token again: %d %s", second.status, second.body)
	}
	if v := s.Violations(); len(v) != 1 || v[0].Kind != Reused {
		t.Error(v)
	}
}
