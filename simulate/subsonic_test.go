package simulate

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestSubsonicBehavesAsDocumented(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	a := add(t, s, Spec{Service: Subsonic, Name: "mira", Likes: 9})
	none := add(t, s, Spec{Service: Subsonic, Name: "jonas"})
	password := s.accounts[a.Key].tokens[0].password
	ask := func(method, user, how string, more ...string) answer {
		return get(s, "https://music.example/rest/"+method+".view?v=1.13.0&c=test&f=json&u="+user+how+strings.Join(more, ""), "")
	}
	salted := "&s=c0ffee&t=" + hashed(password+"c0ffee")
	list := ask("getStarred2", "mira", salted)
	songs := count(list.body, `"title"`)
	song := strings.TrimPrefix(s.Likes(a.Key)[0].ID, "song/")
	before := ask("getSong", "mira", salted, "&id=", song)
	if _, err := s.Unlike(a.Key, "song/"+song); err != nil {
		t.Fatal(err)
	}
	check(t, []behaviour{
		{"everything at once", songs + count(list.body, `"songCount"`) + count(list.body, `"albumCount"`), "711"},
		{"a list of one is its element", fmt.Sprint(strings.Contains(list.body, `"album":{`), strings.Contains(list.body, `"song":[`)), "true true"},
		{"empty lists are left out", get(s, "https://music.example"+placed("/rest/getStarred2.view?v=1.13.0&c=x&f=json&u=jonas&t="+url.QueryEscape("{{secret:salted}}")+"&s="+url.QueryEscape("{{secret:salt}}"), none.Tokens[0]), "").body, `{"subsonic-response":{"starred2":{},"status":"ok","version":"1.16.1"}}`},
		{"the password as it is", count(ask("ping", "mira", "&p="+url.QueryEscape(password)).body, `"ok"`), "1"},
		{"a salt that is too short", count(ask("ping", "mira", "&s=c0f&t="+hashed(password+"c0f")).body, `"code":40`), "1"},
		{"a wrong password is a 200", fmt.Sprint(ask("ping", "mira", "&p=x").status) + count(ask("ping", "mira", "&p=x").body, `"code":40`), "2001"},
		{"no version", count(get(s, "https://music.example/rest/ping.view?f=json&u=mira"+salted, "").body, `"code":10`), "1"},
		{"somebody else", count(ask("getUser", "mira", salted, "&username=jonas").body, `"code":50`), "1"},
		{"a song", count(before.body, `"starred"`), "1"},
		{"a song that is starred no more", count(ask("getSong", "mira", salted, "&id=", song).body, `"starred"`), "0"},
		{"no such song", count(ask("getSong", "mira", salted, "&id=9999").body, `"code":70`), "1"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
