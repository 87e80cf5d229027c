package simulate

import (
	"fmt"
	"strings"
	"testing"
)

const hub = "https://huggingface.co/api"

func TestHuggingFaceBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: HuggingFace, Name: "mira", Likes: 130})
	none := add(t, s, Spec{Service: HuggingFace, Name: "jonas"})
	token := a.Tokens[0]
	first := get(s, hub+"/users/mira/likes", token)
	second := get(s, links(first.header)["next"], token)
	third := get(s, links(second.header)["next"], token)
	newest := s.Likes(a.Key)[129]
	const one = `"createdAt"`
	check(t, []behaviour{
		{"pages", count(first.body, one) + " " + count(second.body, one) + " " + count(third.body, one), "60 60 10"},
		{"the last names no next", links(third.header)["next"], ""},
		{"newest first, with its time", fmt.Sprint(strings.HasPrefix(first.body, `[{"createdAt":"`+newest.At.Format("2006-01-02T15:04:05.000Z"))), "true"},
		{"likes are public", get(s, hub+"/users/mira/likes", "").body, first.body},
		{"no likes", get(s, hub+"/users/jonas/likes", none.Tokens[0]).body, "[]"},
		{"nobody", fmt.Sprint(get(s, hub+"/users/nobody/likes", token).status), "404"},
		{"remaining and seconds to go", first.header.Get("RateLimit"), `"api";r=999;t=300`},
		{"policy", first.header.Get("RateLimit-Policy"), `"fixed window";"api";q=1000;w=300`},
		{"a bad token", fmt.Sprint(get(s, hub+"/users/mira/likes", "bad").status), "401"},
		{"no token says nobody", fmt.Sprint(get(s, hub+"/whoami-v2", "").status), "401"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
