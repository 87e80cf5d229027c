package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestSpotifyBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Spotify, Name: "mira", Likes: 70})
	var cred struct{ Access, Refresh string }
	if err := json.Unmarshal([]byte(a.Tokens[0]), &cred); err != nil {
		t.Fatal(err)
	}
	ask := func(path string) answer { return get(s, "https://api.spotify.com/v1/"+path, cred.Access) }
	one := `"added_at"`
	check(t, []behaviour{
		{"twenty a page", count(ask("me/tracks").body, one), "20"},
		{"more than fifty is an error", fmt.Sprint(ask("me/tracks?limit=51").status), "400"},
		{"the last part", count(ask("me/tracks?limit=50&offset=50").body, one) + count(ask("me/tracks?limit=50&offset=50").body, `"next":null`), "201"},
		{"behind the end", count(ask("me/tracks?limit=50&offset=90").body, `"items":[]`), "1"},
		{"whether one is saved", ask("me/tracks/contains?ids="+s.Likes(a.Key)[0].ID).body + ask("me/tracks/contains?ids=x").body, "[true][false]"},
	})
	clock.t = clock.t.Add(time.Hour)
	form := "grant_type=refresh_token&client_id=x&refresh_token=" + cred.Refresh
	refresh := func() answer {
		return send(s, http.MethodPost, "https://accounts.spotify.com/api/token", "", form, "Content-Type", "application/x-www-form-urlencoded")
	}
	check(t, []behaviour{
		{"an access token lives an hour", fmt.Sprint(ask("me").status), "401"},
		{"a refresh", fmt.Sprint(refresh().status), "200"},
		{"a refresh token that was replaced", fmt.Sprint(refresh().status), "400"},
	})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}
