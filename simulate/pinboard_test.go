package simulate

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPinboardBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Pinboard, Name: "mira", Likes: 80})
	none := add(t, s, Spec{Service: Pinboard, Name: "jonas"})
	ask := func(who Account, method string, more ...string) answer {
		clock.t = clock.t.Add(5 * time.Minute)
		return get(s, "https://api.pinboard.in/v1/posts/"+method+"?format=json&auth_token="+url.QueryEscape(who.Tokens[0])+strings.Join(more, ""), "")
	}
	read := func(rep answer) (rows []struct{ Href, Hash, Time string }) {
		t.Helper()
		if err := json.Unmarshal([]byte(rep.body), &rows); err != nil {
			t.Fatal(err, rep.body)
		}
		return rows
	}
	one := `"href"`
	all := read(ask(a, "all"))
	boundary := all[39].Time
	before := ask(a, "update").body
	if _, err := s.Unlike(a.Key, all[5].Hash); err != nil {
		t.Fatal(err)
	}
	gone := ask(a, "get", "&url=", url.QueryEscape(all[5].Href)).body
	check(t, []behaviour{
		{"all of them at once", fmt.Sprint(len(all)), "80"},
		{"newest first", fmt.Sprint(all[0].Time > all[79].Time), "true"},
		{"results and start", read(ask(a, "all", "&results=2&start=10"))[0].Hash, all[11].Hash}, // one is gone by now
		{"todt is before", read(ask(a, "all", "&todt=", boundary))[0].Hash, all[40].Hash},
		{"fromdt", fmt.Sprint(len(read(ask(a, "all", "&fromdt=", boundary)))), "39"},
		{"beyond the end", ask(a, "all", "&start=900").body, "[]"},
		{"without bookmarks", ask(none, "all").body, "[]"},
		{"recent names the user", fmt.Sprint(strings.Contains(ask(a, "recent", "&count=3").body, `"user":"mira"`), count(ask(a, "recent", "&count=3").body, one)), "true3"},
		{"one that was removed", count(gone, one), "0"},
		{"one that is there", count(ask(a, "get", "&url=", url.QueryEscape(all[6].Href)).body, one), "1"},
		{"a removal is a change", fmt.Sprint(ask(a, "update").body > before), "true"},
		{"another token", fmt.Sprint(get(s, "https://api.pinboard.in/v1/posts/all?format=json&auth_token=mira:00", "").status), "401"},
		{"a header is no sign-in", fmt.Sprint(get(s, "https://api.pinboard.in/v1/posts/all?format=json", a.Tokens[0]).status), "401"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	clock.t = clock.t.Add(5 * time.Minute)
	address := "https://api.pinboard.in/v1/posts/all?format=json&auth_token=" + url.QueryEscape(a.Tokens[0])
	first := get(s, address, "")
	clock.t = clock.t.Add(5*time.Minute - time.Millisecond)
	early := get(s, address, "")
	check(t, []behaviour{{"once in five minutes", fmt.Sprint(first.status, early.status), "200 429"}})
	for _, r := range s.Requests(a.Key) {
		if strings.Contains(r.String(), "auth_token") {
			t.Fatalf("the token is kept in %s", r)
		}
	}
}
