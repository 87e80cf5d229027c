package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// one makes a Sim with one account of 230 likes and a fault.
func one(t *testing.T, service string, f Fault) (*Sim, Account, *frozen) {
	t.Helper()
	clock := clockAt()
	s := New(Options{Seed: 3, Now: clock.now})
	a := add(t, s, Spec{Service: service, Name: "mira", Likes: 230})
	s.AddFault(f)
	return s, a, clock
}

// TestLimitsBarAndTell: a limit is told in each form, enforced to the moment,
// and gone afterwards.
func TestLimitsBarAndTell(t *testing.T) {
	for _, c := range []struct {
		f      Fault
		status int
		retry  string
		wait   time.Duration
	}{
		{Fault{Kind: Limit, Wait: 90 * time.Second}, 429, "90", 90 * time.Second},
		{Fault{Kind: Limit, Wait: 90 * time.Second, Retry: "date"}, 429, "Mon, 04 May 2026 12:01:30 GMT", 90 * time.Second},
		{Fault{Kind: Limit, Wait: 2500 * time.Millisecond, Retry: "decimal"}, 429, "2.5", 2500 * time.Millisecond},
		{Fault{Kind: Limit, Retry: "none"}, 429, "", time.Minute},
		{Fault{Kind: Limit, Retry: "negative"}, 429, "-5", time.Minute},
		{Fault{Kind: Limit, Retry: "garbage"}, 429, "soon", time.Minute},
		{Fault{Kind: Limit, Retry: "zero"}, 429, "0", time.Minute},
		{Fault{Kind: Limit, Wait: 22 * time.Hour}, 429, "79200", 22 * time.Hour},
		{Fault{Kind: Secondary, Wait: time.Minute}, 403, "60", time.Minute},
		{Fault{Kind: Secondary, Status: 429, Retry: "none"}, 429, "", time.Minute},
	} {
		c.f.Times = 1
		s, a, clock := one(t, GitHub, c.f)
		rep := get(s, list, a.Tokens[0])
		if rep.status != c.status || rep.header.Get("Retry-After") != c.retry {
			t.Errorf("%+v: %d, Retry-After %q", c.f, rep.status, rep.header.Get("Retry-After"))
		}
		if c.f.Kind == Secondary && !strings.Contains(rep.body, "secondary rate limit") {
			t.Error(rep.body)
		}
		clock.t = clock.t.Add(c.wait - time.Millisecond)
		if got := get(s, list, a.Tokens[0]).status; got == 200 {
			t.Errorf("%+v: a call one millisecond too early was answered %d", c.f, got)
		}
		clock.t = clock.t.Add(time.Millisecond)
		if got := get(s, list, a.Tokens[0]).status; got != 200 {
			t.Errorf("%+v: a call in time was answered %d", c.f, got)
		}
		if v := s.Violations(); len(v) != 1 || v[0].Kind != Early || v[0].Since != c.wait-time.Millisecond {
			t.Errorf("%+v: %v", c.f, v)
		}
	}
}

// TestFaultsSpoilAnswers shows what reaches the caller of each fault.
func TestFaultsSpoilAnswers(t *testing.T) {
	valid := func(body string) bool { return json.Valid([]byte(body)) }
	for _, c := range []struct {
		f    Fault
		want func(a answer) bool
	}{
		{Fault{Kind: Status}, func(a answer) bool { return a.status == 503 && strings.HasPrefix(a.body, "<html>") }},
		{Fault{Kind: Status, Status: 500}, func(a answer) bool { return a.status == 500 }},
		{Fault{Kind: Reset}, func(a answer) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) }},
		{Fault{Kind: Unauthorized}, func(a answer) bool { return a.status == 401 && !strings.Contains(a.body, "Bad credentials") }},
		{Fault{Kind: Revoked}, func(a answer) bool { return a.status == 401 && strings.Contains(a.body, "Bad credentials") }},
		{Fault{Kind: Redirect}, func(a answer) bool {
			return a.status == 302 && a.header.Get("Location") == "https://elsewhere.example/user/starred"
		}},
		{Fault{Kind: Redirect, Status: 307, To: "http://api.github.com/"}, func(a answer) bool { return a.status == 307 }},
		{Fault{Kind: EndlessHeaders}, func(a answer) bool { return len(a.header) > 1000 }},
		{Fault{Kind: Cut}, func(a answer) bool { return errors.Is(a.err, io.ErrUnexpectedEOF) && a.body != "" && !valid(a.body) }},
		{Fault{Kind: CutJSON}, func(a answer) bool { return a.err == nil && a.body != "" && !valid(a.body) }},
		{Fault{Kind: Empty}, func(a answer) bool { return a.status == 200 && a.body == "" }},
		{Fault{Kind: Null}, func(a answer) bool { return a.status == 200 && a.body == "null" }},
		{Fault{Kind: HTML}, func(a answer) bool { return a.status == 200 && strings.HasPrefix(a.body, "<!DOCTYPE") }},
		{Fault{Kind: EndlessBody}, func(a answer) bool { return len(a.body) == 4<<20 }}, // what get reads at most
		{Fault{Kind: Deep, Bytes: 1000}, func(a answer) bool { return strings.HasPrefix(a.body, strings.Repeat("[", 1000)) && valid(a.body) }},
		{Fault{Kind: Big, Bytes: 500}, func(a answer) bool { return strings.Count(a.body, `"starred_at"`) == 500 }},
		{Fault{Kind: Nul}, func(a answer) bool { return strings.Count(a.body, "\\u0000\\u0007\xff\xfe") == 100 }},
		{Fault{Kind: BadObject}, func(a answer) bool { return strings.Count(a.body, `"id":`)-strings.Count(a.body, `"owner":`) == 99 }},
		{Fault{Kind: WrongType}, func(a answer) bool { return strings.Count(a.body, `"id":[1,"two"]`) == 1 }},
		{Fault{Kind: Drift}, func(a answer) bool { return strings.Count(a.body, `"id":`)-strings.Count(a.body, `"owner":`) == 20 }},
		{Fault{Kind: Skew, Wait: 26 * time.Hour}, func(a answer) bool { return a.header.Get("Date") == "Tue, 05 May 2026 14:00:00 GMT" }},
	} {
		s, a, _ := one(t, GitHub, c.f)
		got := get(s, list, a.Tokens[0], "Accept", timd)
		if !c.want(got) {
			t.Errorf("%s: status %d, %v, %d headers, %.200s", c.f.Kind, got.status, got.err, len(got.header), got.body)
		}
		if s.Struck(c.f.Kind) != 1 {
			t.Errorf("%s struck %d times", c.f.Kind, s.Struck(c.f.Kind))
		}
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("%s: %v", c.f.Kind, v)
		}
	}
}

func TestEchoRepeatsTheSecretEverywhere(t *testing.T) {
	s, a, _ := one(t, GitHub, Fault{Kind: Echo})
	got := get(s, list, a.Tokens[0])
	for where, text := range map[string]string{"body": got.body, "header": got.header.Get("X-Debug-Token"), "redirect": got.header.Get("Location")} {
		if !strings.Contains(text, a.Tokens[0]) {
			t.Errorf("the %s does not repeat the token: %s", where, text)
		}
	}
}

func TestBombIsSmallOnTheWire(t *testing.T) {
	s, a, _ := one(t, GitHub, Fault{Kind: Bomb, Bytes: 8 << 20})
	got := get(s, list, a.Tokens[0])
	if got.header.Get("Content-Encoding") != "gzip" || len(got.body) > 64<<10 {
		t.Errorf("%s, %d bytes", got.header.Get("Content-Encoding"), len(got.body))
	}
}

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

// TestWaitsPassInVirtualTime: hang, drip and latency take their time and not
// ours.
func TestWaitsPassInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Seed: 3, Latency: 2 * time.Second})
		a := add(t, s, Spec{Service: GitHub, Likes: 3})
		start := time.Now()
		if get(s, list, a.Tokens[0]).status != 200 || time.Since(start) != 2*time.Second {
			t.Errorf("an answer after %s, want 2 s", time.Since(start))
		}
		s.SetLatency(0, 0)
		s.AddFault(Fault{Kind: Drip, Times: 1})
		start = time.Now()
		if body := get(s, list, a.Tokens[0]).body; time.Since(start) < time.Duration(len(body)-1)*time.Second {
			t.Errorf("%d bytes in %s, want a second each", len(body), time.Since(start))
		}
		s.AddFault(Fault{Kind: Hang, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		res, err := s.Transport().RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("a hanging call ended with %v after %s", err, time.Since(start))
		}
	})
}
