package simulate

import (
	"fmt"
	"strings"
	"testing"
)

func TestVimeoBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Vimeo, Name: "mira", Likes: 130})
	none := add(t, s, Spec{Service: Vimeo, Name: "jonas"})
	asked := func(path, token string) answer {
		return get(s, "https://api.vimeo.com"+path, token, "Accept", "application/vnd.vimeo.*+json;version=3.4")
	}
	ask := func(path string) answer { return asked(path, a.Tokens[0]) }
	const one = `"added_time"`
	first, id := ask("/me/likes"), s.Likes(a.Key)[0].ID
	check(t, []behaviour{
		{"twenty-five a page", count(first.body, one), "25"},
		{"a hundred at most", count(ask("/me/likes?per_page=500").body, one), "100"},
		{"the last names no next", count(ask("/me/likes?page=2&per_page=100").body, `"next":null`) + count(ask("/me/likes?page=2&per_page=100").body, one), "130"},
		{"behind the end", fmt.Sprint(ask("/me/likes?page=9&per_page=100").status) + count(ask("/me/likes?page=9&per_page=100").body, "2969"), "4001"},
		{"the newest first", fmt.Sprint(strings.Contains(ask("/me/likes?per_page=1").body, `"uri":"/videos/`+s.Likes(a.Key)[129].ID)), "true"},
		{"nobody turns it round", fmt.Sprint(ask("/me/likes?sort=oldest").status), "400"},
		{"no likes", count(asked("/me/likes", none.Tokens[0]).body, `"data":[]`), "1"},
		{"what is asked for", ask("/me?fields=uri,metadata.connections.likes.total").body, `{"metadata":{"connections":{"likes":{"total":130}}},"uri":"/users/` + a.ID + `"}`},
		{"of each video", count(ask("/me/likes?fields=uri,user.name").body, one) + count(ask("/me/likes?fields=uri,user.name").body, `"user":{"name":`), "025"},
		{"one that is liked", fmt.Sprint(ask("/me/likes/" + id).status), "204"},
		{"one that is not", fmt.Sprint(ask("/me/likes/7").status), "404"},
		{"a bad token", fmt.Sprint(asked("/me", "bad").status), "401"},
		{"the limit and its end", first.header.Get("X-RateLimit-Limit") + " " + first.header.Get("X-RateLimit-Reset"), "50 2026-05-04T12:01:00+00:00"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
