package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	fed   = "https://social.example/api/v1"
	xrpc  = "https://bsky.social/xrpc/"
	views = "https://public.api.bsky.app/xrpc/app.bsky.feed.getPosts?"
)

// behaviour is one documented fact and what the simulated service does.
type behaviour struct{ fact, got, want string }

func check(t *testing.T, all []behaviour) {
	t.Helper()
	for _, b := range all {
		if b.got != b.want {
			t.Errorf("%s: %q, want %q", b.fact, b.got, b.want)
		}
	}
}

func count(body, part string) string { return fmt.Sprint(strings.Count(body, part)) }

func TestMastodonBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	clock.t = clock.t.Add(time.Minute + 875*time.Microsecond)
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Mastodon, Name: "mira", Likes: 80})
	none := add(t, s, Spec{Service: Mastodon, Name: "jonas"})
	poor := add(t, s, Spec{Service: Mastodon, Name: "lena", Missing: []string{"read:accounts"}})
	token := a.Tokens[0]

	first := get(s, fed+"/favourites?limit=40", token)
	second := get(s, links(first.header)["next"], token)
	third := get(s, links(second.header)["next"], token)
	prev := links(first.header)["prev"]
	nothing := get(s, prev, token)
	var posts []struct {
		ID, Content, URL string
		Favourited       bool
	}
	if err := json.Unmarshal([]byte(first.body), &posts); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Like(a.Key, 50); err != nil {
		t.Fatal(err)
	}
	newer := get(s, prev, token)
	newest := get(s, links(newer.header)["prev"], token)
	truth := s.Likes(a.Key)
	var ids []struct{ ID string }
	if err := json.Unmarshal([]byte(newer.body), &ids); err != nil {
		t.Fatal(err)
	}
	post, err := s.Unlike(a.Key, posts[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	one := `"favourites_count"`
	check(t, []behaviour{
		{"default page", count(get(s, fed+"/favourites", token).body, one), "20"},
		{"largest page, silently", count(get(s, fed+"/favourites?limit=80", token).body, one), "40"},
		{"an exact multiple has a next page", count(second.body, one) + " " + count(third.body, one), "40 0"},
		{"no Link on an empty list", third.body + third.header.Get("Link"), "[]"},
		{"no Link without favourites", get(s, fed+"/favourites", none.Tokens[0]).header.Get("Link"), ""},
		{"nothing newer", nothing.body + nothing.header.Get("Link"), "[]"},
		{"min_id gives the page immediately newer", ids[39].ID + " " + ids[0].ID, truth[80].ID + " " + truth[119].ID},
		{"and then the rest", count(newest.body, one), "10"},
		{"a post's id as max_id gives the first page", fmt.Sprint(get(s, fed+"/favourites?max_id="+posts[3].ID, token).body == get(s, fed+"/favourites", token).body), "true"},
		{"ids are strings, content is HTML", fmt.Sprint(strings.HasPrefix(posts[0].Content, "<p>"), posts[0].ID != ""), "true true"},
		{"favourited", fmt.Sprint(posts[0].Favourited), "true"},
		{"a post that is no favourite any more", count(get(s, fed+"/statuses/"+post, token).body, `"favourited":false`), "1"},
		{"limit", first.header.Get("X-RateLimit-Limit"), "300"},
		{"remaining", first.header.Get("X-RateLimit-Remaining"), "299"},
		{"reset is ISO 8601 with microseconds", first.header.Get("X-RateLimit-Reset"), "2026-05-04T12:05:00.000875Z"},
		{"a bad token", fmt.Sprint(get(s, fed+"/favourites", "bad").status), "401"},
		{
			"a bad token's challenge", get(s, fed+"/favourites", "bad").header.Get("WWW-Authenticate"),
			`Bearer realm="Doorkeeper", error="invalid_token", error_description="The access token is invalid"`,
		},
		{"no token", get(s, fed+"/favourites", "").body, `{"error":"This method requires an authenticated user"}`},
		{"a missing scope", fmt.Sprint(get(s, fed+"/accounts/verify_credentials", poor.Tokens[0]).status, get(s, fed+"/favourites", poor.Tokens[0]).status), "403 200"},
	})
	if err := s.Revoke(a.Key); err != nil {
		t.Fatal(err)
	}
	gone := get(s, fed+"/favourites", token)
	check(t, []behaviour{{"a revoked token", fmt.Sprint(gone.status, strings.Contains(gone.body, "revoked")), "401 true"}})
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

func TestBlueskyBehavesAsDocumented(t *testing.T) {
	clock := clockAt()
	s := New(Options{Seed: 1, Now: clock.now})
	a := add(t, s, Spec{Service: Bluesky, Name: "mira", Likes: 200})
	records := xrpc + "com.atproto.repo.listRecords?collection=app.bsky.feed.like&limit=100&repo=" + a.ID
	read := func(url string) (keys []string, cursor string, rep answer) {
		rep = get(s, url, "")
		var body struct {
			Records []likeRecord
			Cursor  string
		}
		if err := json.Unmarshal([]byte(rep.body), &body); err != nil {
			t.Fatal(url, rep.status, err)
		}
		for _, r := range body.Records {
			keys = append(keys, r.URI[strings.LastIndex(r.URI, "/")+1:])
		}
		return keys, body.Cursor, rep
	}
	k1, c1, first := read(records)
	k2, c2, _ := read(records + "&cursor=" + c1)
	k3, c3, end := read(records + "&cursor=" + c2)
	up, upCursor, _ := read(records + "&reverse=true")
	descending := true
	for i := range k1[1:] {
		descending = descending && k1[i] > k1[i+1]
	}
	p := session(t, s, a)
	post := func(method, token, body string) answer { return send(s, http.MethodPost, xrpc+method, token, body) }
	refreshed := readPair(t, post("com.atproto.server.refreshSession", p.Refresh, ""))
	again := readPair(t, post("com.atproto.server.refreshSession", p.Refresh, ""))
	likes := s.Likes(a.Key)
	if _, err := s.Relike(a.Key, likes[0].ID); err != nil {
		t.Fatal(err)
	}
	_, _, after := read(records + "&limit=1")
	signIn := post("com.atproto.server.createSession", "", `{"identifier":"mira.bsky.social","password":"wrong"}`)
	ids := ""
	for _, l := range likes[:26] {
		ids += "uris=" + l.ID + "&"
	}
	check(t, []behaviour{
		{"newest first", fmt.Sprint(descending, len(k1), len(k2)), "true 100 100"},
		{"the last page with records has a cursor", fmt.Sprint(c2 == k2[99]), "true"},
		{"and then there is an empty one without", fmt.Sprint(len(k3), c3, end.body), `0{"records":[]}`},
		{"reverse is oldest first", fmt.Sprint(up[0] == k2[99], upCursor == up[99]), "true true"},
		{"no sign-in is needed", fmt.Sprint(first.status), "200"},
		{"keys have 13 letters", fmt.Sprint(len(k1[0])), "13"},
		{"a handle names a repo too", fmt.Sprint(get(s, strings.Replace(records, a.ID, "mira.bsky.social", 1), "").status), "200"},
		{"limit 101 is a 500", fmt.Sprint(get(s, strings.Replace(records, "limit=100", "limit=101", 1), "").status), "500"},
		{"an unknown repo", get(s, strings.Replace(records, a.ID, "did:plc:x", 1), "").body, `{"error":"InvalidRequest","message":"Could not find repo: did:plc:x"}`},
		{"an odd collection", fmt.Sprint(get(s, strings.Replace(records, "app.bsky.feed.like", "likes", 1), "").status), "500"},
		{"another collection is empty", get(s, strings.Replace(records, "feed.like", "feed.post", 1), "").body, `{"records":[]}`},
		{"limit header", first.header.Get("RateLimit-Limit"), "3000"},
		{"policy header", first.header.Get("RateLimit-Policy"), "3000;w=300"},
		{"reset header", first.header.Get("RateLimit-Reset"), fmt.Sprint(clock.t.Add(5 * time.Minute).Unix())},
		{"a wrong password", fmt.Sprint(signIn.status, signIn.body), `401{"error":"AuthenticationRequired","message":"Invalid identifier or password"}`},
		{"sessions have a limit of their own", signIn.header.Get("RateLimit-Limit") + " " + signIn.header.Get("RateLimit-Remaining"), "30 28"},
		{"a rotated refresh token gives the same pair within the grace", fmt.Sprint(refreshed == again, refreshed.Access != p.Access), "true true"},
		{"a session", fmt.Sprint(get(s, xrpc+"com.atproto.server.getSession", refreshed.Access).status), "200"},
		{"a session without a token", fmt.Sprint(get(s, xrpc+"com.atproto.server.getSession", "").status), "401"},
		{"a bad token is a 400", get(s, xrpc+"com.atproto.server.getSession", "bad").body, `{"error":"InvalidToken","message":"Token could not be verified"}`},
		{"a refresh token is no access token", fmt.Sprint(get(s, xrpc+"com.atproto.server.getSession", refreshed.Refresh).status), "400"},
		{"an access token is no refresh token", fmt.Sprint(post("com.atproto.server.refreshSession", refreshed.Access, "").status), "400"},
		{"liking again replaces the record", fmt.Sprint(strings.Contains(after.body, likes[0].ID), len(s.Likes(a.Key))), "true 200"},
		{"26 posts are too many", fmt.Sprint(get(s, views+ids, "").status), "400"},
		{"25 posts", count(get(s, views+strings.Replace(ids, "uris="+likes[0].ID+"&", "", 1), "").body, `"indexedAt"`), "25"},
		{"unknown method", fmt.Sprint(get(s, xrpc+"app.bsky.feed.nothing", "").status), "501"},
	})
	clock.t = clock.t.Add(2 * time.Hour)
	old := get(s, xrpc+"com.atproto.server.getSession", refreshed.Access)
	late := post("com.atproto.server.refreshSession", p.Refresh, "")
	check(t, []behaviour{
		{"an expired token is a 400", fmt.Sprint(old.status, old.body), `400{"error":"ExpiredToken","message":"Token has expired"}`},
		{"a rotated refresh token after the grace", fmt.Sprint(late.status, strings.Contains(late.body, "ExpiredToken")), "400 true"},
	})
	if got := kinds(s); got != Reused {
		t.Error(s.Violations())
	}
}

func TestBlueskyRefreshTokensWorkOnceWithoutGrace(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now, RefreshGrace: -1})
	a := add(t, s, Spec{Service: Bluesky, Name: "mira"})
	p := session(t, s, a)
	next := readPair(t, send(s, http.MethodPost, xrpc+"com.atproto.server.refreshSession", p.Refresh, ""))
	if got := send(s, http.MethodPost, xrpc+"com.atproto.server.refreshSession", p.Refresh, ""); got.status != 400 {
		t.Errorf("a refresh token was taken twice: %d", got.status)
	}
	if got := get(s, xrpc+"com.atproto.server.getSession", next.Access).status; got != 200 {
		t.Errorf("the new pair: %d", got)
	}
	if got := kinds(s); got != Reused {
		t.Error(s.Violations())
	}
}

func TestSessionsHaveTheirLimit(t *testing.T) {
	s := New(Options{Seed: 1, Now: clockAt().now})
	add(t, s, Spec{Service: Bluesky, Name: "mira"})
	var last answer
	for range 31 {
		last = send(s, http.MethodPost, xrpc+"com.atproto.server.createSession", "", `{"identifier":"mira.bsky.social","password":"wrong"}`)
	}
	if last.status != 429 || last.body != `{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}` || last.header.Get("Retry-After") != "" {
		t.Errorf("%+v", last)
	}
}

func TestLaxServersIgnoreTokensThatNobodyNeeds(t *testing.T) {
	for _, lax := range []bool{false, true} {
		s := New(Options{Seed: 1, Now: clockAt().now, LaxTokens: lax})
		a := add(t, s, Spec{Service: Bluesky, Name: "mira"})
		url := xrpc + "com.atproto.repo.listRecords?collection=app.bsky.feed.like&repo=" + a.ID
		if got := get(s, url, "old").status; (got == 200) != lax {
			t.Errorf("lax %t: %d", lax, got)
		}
	}
}
