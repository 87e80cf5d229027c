package simulate

import (
	"fmt"
	"strings"
	"testing"
)

func TestGistsBehaveAsDocumented(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	stars := add(t, s, Spec{Service: GitHub, Name: "mira", Likes: 3})
	a := add(t, s, Spec{Service: Gist, Name: "mira", Likes: 110})
	none := add(t, s, Spec{Service: GitHub, Name: "jonas"})
	poor := add(t, s, Spec{Service: GitHub, Name: "lena"})
	add(t, s, Spec{Service: Gist, Name: "lena", Missing: []string{"starring"}})
	token := a.Tokens[0]
	list := func(query string) answer { return get(s, api+"/gists/starred?"+query, token) }
	star := func(id string) answer { return get(s, api+"/gists/"+id+"/star", token) }

	first, last := list("per_page=100"), list("per_page=100&page=2")
	past := list("per_page=100&page=3")
	starred := s.Likes(a.Key)[0].ID
	taken, err := s.Unlike(a.Key, "")
	if err != nil {
		t.Fatal(err)
	}
	gone, err := s.Vanish(a.Key, "")
	if err != nil {
		t.Fatal(err)
	}
	const one = `"git_pull_url"`
	check(t, []behaviour{
		{"one token for both lists", fmt.Sprint(token == stars.Tokens[0], get(s, api+"/user/starred", token).status), "true 200"},
		{"default page", count(list("").body, one), "30"},
		{"largest page, silently", count(list("per_page=500").body, one), "100"},
		{"pages", count(first.body, one) + " " + count(last.body, one), "100 10"},
		{"where the list goes on", links(first.header)["next"], api + "/gists/starred?page=2&per_page=100"},
		{"the last page names none", links(last.header)["next"], ""},
		{"past the end", past.body + links(past.header)["next"], "[]"},
		{"no star time", count(first.body, "starred_at"), "0"},
		{"a starred gist", fmt.Sprint(star(starred).status, star(starred).body), "204"},
		{"one that is not starred any more", fmt.Sprint(star(taken).status, star(taken).body), "404{}"},
		{"one that is gone", fmt.Sprint(star(gone).status, strings.Contains(star(gone).body, "Not Found")), "404 true"},
		{"an account without starred gists", get(s, api+"/gists/starred", none.Tokens[0]).body, "[]"},
		{"a missing permission", get(s, api+"/gists/starred", poor.Tokens[0]).header.Get("X-Accepted-GitHub-Permissions"), "starring=read"},
		{"no token", fmt.Sprint(get(s, api+"/gists/starred", "").status), "401"},
		{"no change is free", fmt.Sprint(get(s, api+"/gists/starred", token, "If-None-Match", list("").header.Get("ETag")).status), "304"},
	})
	if w := s.Windows("github/core/mira"); len(w) != 1 || w[0].Used < 10 || list("").header.Get("X-RateLimit-Used") != fmt.Sprint(w[0].Used+1) {
		t.Errorf("the budget of both lists is not one: %+v", w)
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
