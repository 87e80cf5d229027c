package simulate

import (
	"fmt"
	"testing"
)

func TestLastFMBehavesAsDocumented(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: LastFM, Name: "mira", Likes: 101})
	none := add(t, s, Spec{Service: LastFM, Name: "jonas"})
	ask := func(key, more string) answer {
		return get(s, "https://ws.audioscrobbler.com/2.0/?format=json&api_key="+key+"&method=user.getlovedtracks&"+more, "")
	}
	key, one := a.Tokens[0], `"uts"`
	last := ask(key, "user=mira&page=3").body
	check(t, []behaviour{
		{"fifty a page", count(ask(key, "user=mira").body, one), "50"},
		{"a thousand at most", count(ask(key, "user=mira&limit=5000").body, `"perPage":"1000"`), "1"},
		{"numbers are texts", count(last, `"total":"101","totalPages":"3"`), "1"},
		{"a list of one is its element", count(last, `"track":{`), "1"},
		{"an empty list is missing", ask(key, "user=jonas").body, `{"lovedtracks":{"@attr":{"page":"1","perPage":"50","total":"0","totalPages":"0","user":"jonas"}}}`},
		{"past the end", count(ask(key, "user=mira&page=4").body, `"track"`), "0"},
		{"any key reads any user", count(ask(none.Tokens[0], "user=mira").body, one), "50"},
		{"no such user", fmt.Sprint(ask(key, "user=nobody").status) + count(ask(key, "user=nobody").body, `"error":6`), "4041"},
		{"a wrong key", fmt.Sprint(ask("00", "user=mira").status) + count(ask("00", "user=mira").body, `"error":10`), "4031"},
		{"no key", count(get(s, "https://ws.audioscrobbler.com/2.0/?format=json&method=user.getinfo&user=mira", "").body, `"error":10`), "1"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	for range 400 {
		ask(key, "user=mira&limit=1")
	}
	late := ask(key, "user=mira&limit=1")
	check(t, []behaviour{{"a limit is a 200", fmt.Sprint(late.status) + count(late.body, `"error":29`), "2001"}})
}
