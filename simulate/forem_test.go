package simulate

import (
	"fmt"
	"strings"
	"testing"
)

func TestForemBehavesAsDocumented(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: Forem, Name: "mira", Likes: 130})
	none := add(t, s, Spec{Service: Forem, Name: "jonas"})
	ask := func(path, key string) answer { return get(s, "https://dev.to/api/"+path, "", "Api-Key", key) }
	list := func(query string) answer { return ask("readinglist?"+query, a.Tokens[0]) }
	newest := s.Likes(a.Key)[129]
	const one = `"type_of":"readinglist"`
	check(t, []behaviour{
		{"default page", count(list("").body, one), "30"},
		{"fewer than asked for, silently", count(list("per_page=100").body, one), "60"},
		{"the rest", count(list("per_page=100&page=3").body, one), "10"},
		{"past the end", list("per_page=100&page=4").body, "[]"},
		{"newest save first, with its time", fmt.Sprint(strings.Contains(list("per_page=1").body, `"created_at":"`+newest.Told.Format("2006-01-02T15:04:05Z"))), "true"},
		{"the article is inside", fmt.Sprint(strings.Contains(list("per_page=1").body, `"article":{"type_of":"article","id":`+newest.ID+",")), "true"},
		{"no saves", ask("readinglist", none.Tokens[0]).body, "[]"},
		{"a bad key", ask("readinglist", "bad").body, `{"error":"unauthorized","status":401}`},
		{"a key as a bearer token", fmt.Sprint(get(s, "https://dev.to/api/readinglist", a.Tokens[0]).status), "401"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
