package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestYouTubeBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: YouTube, Name: "mira", Likes: 120})
	var cred struct{ Access, Refresh string }
	if err := json.Unmarshal([]byte(a.Tokens[0]), &cred); err != nil {
		t.Fatal(err)
	}
	const api = "https://www.googleapis.com/youtube/v3/"
	ask := func(what string) answer { return get(s, api+what, cred.Access) }
	one := `"youtube#playlistItem"`
	first := ask("playlistItems?playlistId=LL&maxResults=500")
	check(t, []behaviour{
		{"five a page", count(ask("playlistItems?playlistId=LL").body, one), "5"},
		{"fifty at most", count(first.body, one), "50"},
		{"tokens name a place", pageToken(10), "CAoQAA"},
		{"the next page's token", count(first.body, `"nextPageToken":"`+pageToken(50)+`"`), "1"},
		{"the last page has none", count(ask("playlistItems?playlistId=LL&maxResults=50&pageToken="+pageToken(100)).body, "nextPageToken"), "0"},
		{"a broken token", fmt.Sprint(ask("playlistItems?playlistId=LL&pageToken=x").status), "400"},
		{"another list", count(ask("playlistItems?playlistId=PLx").body, "playlistNotFound"), "1"},
		{"a bad token", count(get(s, api+"channels?mine=true", "bad").body, "authError"), "1"},
		{"a rating", count(ask("videos/getRating?id="+s.Likes(a.Key)[0].ID).body, `"like"`), "1"},
	})
	clock.t = clock.t.Add(time.Hour)
	form := "grant_type=refresh_token&client_id=x&refresh_token=" + cred.Refresh
	fresh := send(s, http.MethodPost, "https://oauth2.googleapis.com/token", "", form, "Content-Type", "application/x-www-form-urlencoded")
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(fresh.body), &got); err != nil {
		t.Fatal(err)
	}
	check(t, []behaviour{
		{"an access token lives an hour", fmt.Sprint(ask("channels?mine=true").status, get(s, api+"channels?mine=true", got.Access).status), "401 200"},
		{"a refresh token stays", got.Refresh, ""},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	for _, w := range s.Windows(YouTube + "/units") {
		if !strings.HasSuffix(w.End.UTC().Format(time.TimeOnly), "7:00:00") && !strings.HasSuffix(w.End.UTC().Format(time.TimeOnly), "8:00:00") {
			t.Errorf("a day ends at %v", w.End)
		}
	}
}
