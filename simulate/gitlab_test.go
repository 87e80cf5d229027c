package simulate

import (
	"fmt"
	"strings"
	"testing"
)

func TestGitLabBehavesAsDocumented(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: GitLab, Name: "mira", Likes: 130})
	none := add(t, s, Spec{Service: GitLab, Name: "jonas"})
	poor := add(t, s, Spec{Service: GitLab, Name: "lena", Missing: []string{"read_api"}})
	const lab, one = "https://gitlab.com/api/v4", `"path_with_namespace"`
	list := func(query string) answer { return get(s, lab+"/projects?starred=true&"+query, a.Tokens[0]) }
	numbers := func(body string) (out []string) {
		for _, part := range strings.Split(body, `{"id":`)[1:] {
			if n, _, ok := strings.Cut(part, `,"description"`); ok {
				out = append(out, n)
			}
		}
		return out
	}
	const walk = "order_by=id&sort=asc&per_page=100"
	first := list(walk)
	read := numbers(first.body)
	if len(read) != 100 {
		t.Fatalf("%d projects on the first page", len(read))
	}
	rest := list(walk + "&id_after=" + read[99])
	between := list("id_after=" + read[6] + "&id_before=" + read[8])
	check(t, []behaviour{
		{"default page", count(list("").body, one), "20"},
		{"largest page, silently", count(list("per_page=1000").body, one), "100"},
		{"how many there are", first.header.Get("X-Total"), "130"},
		{"and from a place", rest.header.Get("X-Total"), "30"},
		{"where the list goes on", links(first.header)["next"], lab + "/projects?order_by=id&page=2&per_page=100&sort=asc&starred=true"},
		{"the last page names none", links(rest.header)["next"], ""},
		{"nothing twice, nothing left out", fmt.Sprint(len(numbers(rest.body))), "30"},
		{"between two numbers", strings.Join(numbers(between.body), " "), read[7]},
		{"past the end", list("id_after=9999999999").body, "[]"},
		{"no star time", count(first.body, "starred_at"), "0"},
		{"no stars", get(s, lab+"/projects?starred=true", none.Tokens[0]).body, "[]"},
		{"a missing scope is named", count(get(s, lab+"/projects?starred=true", poor.Tokens[0]).body, "insufficient_scope"), "1"},
		{"no token", get(s, lab+"/projects?starred=true", "").body, `{"message":"401 Unauthorized"}`},
		{"quota", first.header.Get("RateLimit-Limit"), "2000"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
