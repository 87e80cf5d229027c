package simulate

import (
	"fmt"
	"strings"
	"testing"
)

const git = "https://git.example/api/v1"

func TestGiteaBehavesAsSeen(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: Gitea, Name: "mira", Likes: 121})
	none := add(t, s, Spec{Service: Gitea, Name: "jonas"})
	poor := add(t, s, Spec{Service: Gitea, Name: "lena", Missing: []string{"read:repository"}})
	token := a.Tokens[0]
	list := func(query string) answer { return get(s, git+"/user/starred?"+query, token) }
	const one = `"clone_url"`

	first, third, past := list("limit=50"), list("limit=50&page=3"), list("limit=50&page=4")
	before := list("limit=50").body
	relike := s.Likes(a.Key)[60].ID
	if _, err := s.Relike(a.Key, relike); err != nil {
		t.Fatal(err)
	}
	again := list("limit=50").body
	var name string
	if _, rest, ok := strings.Cut(first.body, `"full_name":"","avatar`); ok {
		_, rest, _ = strings.Cut(rest, `"full_name":"`)
		name, _, _ = strings.Cut(rest, `"`)
	}
	star := get(s, git+"/user/starred/"+name, token)
	check(t, []behaviour{
		{"default page", count(list("").body, one), "30"},
		{"largest page, silently", count(list("limit=1000").body, one), "50"},
		{"the rest", count(third.body, one), "21"},
		{"how many there are", first.header.Get("X-Total-Count"), "121"},
		{"where the list goes on", links(first.header)["next"], git + "/user/starred?limit=50&page=2"},
		{"the last page names none", links(third.header)["next"], ""},
		{"past the end", past.body + links(past.header)["next"], "[]"},
		{"and its prev is wrong", links(past.header)["prev"], git + "/user/starred?limit=50&page=2"},
		{"a star given again moves nothing", fmt.Sprint(before == again), "true"},
		{"no ETag, no limits", first.header.Get("ETag") + first.header.Get("X-RateLimit-Limit"), ""},
		{"no star time", count(first.body, "starred_at"), "0"},
		{"a starred repository", fmt.Sprint(name != "", star.status), "true 204"},
		{"another one", fmt.Sprint(get(s, git+"/user/starred/no/thing", token).status), "404"},
		{"no stars", get(s, git+"/user/starred", none.Tokens[0]).body, "[]"},
		{"a missing permission is named", fmt.Sprint(strings.Contains(get(s, git+"/user/starred", poor.Tokens[0]).body, "required=[read:repository]")), "true"},
		{"which the name does not need", fmt.Sprint(get(s, git+"/user", poor.Tokens[0]).status), "200"},
		{"no token", get(s, git+"/user/starred", "").body, `{"message":"token is required","url":"https://git.example/api/swagger"}`},
		{"a bad token", get(s, git+"/user/starred", "bad").body, `{"message":"invalid username, password or token"}`},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

// TestOneUnstarHidesOneRepository: between two pages of a list that is read by
// numbers, one star taken back moves exactly one repository out of sight.
func TestOneUnstarHidesOneRepository(t *testing.T) {
	s := New(Options{Seed: 4, Now: clockAt().now})
	a := add(t, s, Spec{Service: Gitea, Name: "mira", Likes: 125})
	first := get(s, git+"/user/starred?limit=50", a.Tokens[0]).body
	taken := ""
	for _, l := range s.Likes(a.Key) {
		if strings.Contains(first, `{"id":`+l.ID+`,`) {
			taken = l.ID
		}
	}
	if _, err := s.Unlike(a.Key, taken); err != nil {
		t.Fatal(err)
	}
	rest := get(s, git+"/user/starred?limit=50&page=2", a.Tokens[0]).body + get(s, git+"/user/starred?limit=50&page=3", a.Tokens[0]).body
	hidden := 0
	for _, l := range s.Likes(a.Key) {
		if !strings.Contains(first+rest, `{"id":`+l.ID+`,`) {
			hidden++
		}
	}
	if taken == "" || hidden != 1 {
		t.Errorf("%d repositories are hidden, want 1", hidden)
	}
}
