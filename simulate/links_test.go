package simulate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestLinksLeadAstray: each kind of bad link, in each service's own form.
func TestLinksLeadAstray(t *testing.T) {
	start := map[string]string{
		GitHub:   list + "&direction=asc",
		Mastodon: "https://social.example/api/v1/favourites?limit=40",
		Bluesky:  "https://bsky.social/xrpc/com.atproto.repo.listRecords?collection=app.bsky.feed.like&limit=100",
	}
	for service, url := range start {
		for _, kind := range []string{SelfNext, CycleNext, EndlessNext, EmptyNext, Growing, ForeignNext} {
			s, a, _ := one(t, service, Fault{Kind: kind})
			token := a.Tokens[0]
			if service == Bluesky {
				token = ""
				if !strings.Contains(url, "&repo=") {
					url += "&repo=" + a.ID
				}
			}
			places, sizes, at := map[string]int{}, map[int]int{}, url
			for range 8 {
				rep := get(s, at, token)
				if rep.status != 200 {
					t.Fatalf("%s %s: %d %s", service, kind, rep.status, rep.body)
				}
				next := links(rep.header)["next"]
				sizes[strings.Count(rep.body, `"created_at"`)+strings.Count(rep.body, `"createdAt"`)]++
				if service == Bluesky {
					var body struct{ Cursor string }
					if err := json.Unmarshal([]byte(rep.body), &body); err != nil {
						t.Fatal(err)
					}
					next = url + "&cursor=" + body.Cursor
				}
				places[next]++
				at = next
				if kind == ForeignNext {
					break
				}
			}
			want := map[string]int{SelfNext: 1, CycleNext: 2, EndlessNext: 8, EmptyNext: 8, Growing: 8, ForeignNext: 1}[kind]
			if len(places) != want {
				t.Errorf("%s %s: %d places in 8 pages, want %d: %v", service, kind, len(places), want, places)
			}
			if (kind == EmptyNext) != (sizes[0] > 0) {
				t.Errorf("%s %s: page sizes %v", service, kind, sizes)
			}
			if kind == ForeignNext && service != Bluesky && !strings.HasPrefix(at, "https://elsewhere.example/") {
				t.Errorf("%s %s leads to %s", service, kind, at)
			}
			if v := s.Violations(); len(v) > 0 {
				t.Errorf("%s %s: %v", service, kind, v)
			}
		}
	}
}

// TestFaultsAreChosen: by number, by chance with a seed, by time, by account,
// by path and by function.
func TestFaultsAreChosen(t *testing.T) {
	at := clockAt().t
	for _, c := range []struct {
		f    Fault
		want string // x is struck, of twelve calls a second apart
	}{
		{Fault{}, "xxxxxxxxxxxx"},
		{Fault{From: 3}, "..xxxxxxxxxx"},
		{Fault{From: 2, Every: 3}, ".x..x..x..x."},
		{Fault{Times: 2}, "xx.........."},
		{Fault{After: at.Add(2 * time.Second), Until: at.Add(5 * time.Second)}, "..xxx......."},
		{Fault{Account: "github/nobody"}, "............"},
		{Fault{Account: "github/mira"}, "xxxxxxxxxxxx"},
		{Fault{Service: Mastodon}, "............"},
		{Fault{Path: "page=3"}, "..x........."},
		{Fault{Match: func(r *http.Request) bool { return r.URL.Query().Get("page") == "5" }}, "....x......."},
	} {
		c.f.Kind = Null
		s, a, clock := one(t, GitHub, c.f)
		got := ""
		for n := range 12 {
			if get(s, fmt.Sprintf("%s/user/starred?per_page=2&page=%d", api, n+1), a.Tokens[0]).body == "null" {
				got += "x"
			} else {
				got += "."
			}
			clock.t = clock.t.Add(time.Second)
		}
		if got != c.want {
			t.Errorf("%+v: %s, want %s", c.f, got, c.want)
		}
	}
	count := func() (out string) {
		s, a, _ := one(t, GitHub, Fault{Kind: Null, Chance: 0.3})
		for range 200 {
			out += get(s, api+"/user/starred?per_page=1", a.Tokens[0]).body[:1]
		}
		return out
	}
	first := count()
	if n := strings.Count(first, "n"); n < 35 || n > 85 {
		t.Errorf("%d of 200 struck at a chance of 0.3", n)
	}
	if first != count() {
		t.Error("the same seed struck other calls")
	}
}
