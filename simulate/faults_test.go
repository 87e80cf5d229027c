package simulate

import (
	"context"
	"encoding/json"
	"errors"
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
		{Fault{Kind: Status, Status: 451, Body: `{"message":"Blocked"}`}, func(a answer) bool {
			return a.status == 451 && a.body == `{"message":"Blocked"}` && strings.HasPrefix(a.header.Get("Content-Type"), "application/json")
		}},
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
		{Fault{Kind: Charset}, func(a answer) bool {
			return strings.HasPrefix(a.body, "\xff\xfe[\x00") && strings.HasSuffix(a.header.Get("Content-Type"), "utf-16")
		}},
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

// TestEveryFaultHasAnEffect holds the list of kinds to the code: each of them
// changes what a caller gets, or what the service holds of it.
func TestEveryFaultHasAnEffect(t *testing.T) {
	for _, kind := range Kinds() {
		if kind == Hang || kind == Slow || kind == Drip {
			continue // they take time: TestWaitsPassInVirtualTime
		}
		clock := clockAt()
		s := New(Options{Seed: 3, Now: clock.now})
		a := add(t, s, Spec{Service: GitHub, Name: "mira", Likes: 130})
		right := get(s, list, a.Tokens[0])
		s.AddFault(Fault{Kind: kind, Wait: time.Hour, Bytes: 1000})
		wrong := get(s, list, a.Tokens[0])
		same := wrong.err == nil && wrong.status == right.status && wrong.body == right.body &&
			wrong.header.Get("Link") == right.header.Get("Link") && wrong.header.Get("Date") == right.header.Get("Date")
		if same {
			t.Errorf("%s changes nothing", kind)
		}
	}
}
