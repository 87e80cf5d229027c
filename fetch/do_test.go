package fetch

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/fault"
)

func TestCallIsSignedAtTheWireOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			got = r
			return answer(200, `[]`, "ETag", `"x"`), nil
		})})
		b.store(t, "a1", "  "+canary+"\n")
		call := star("/user/starred?page=2")
		call.Request.Header = http.Header{"accept": {"application/json"}}
		r, err := b.Do(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != 200 || string(r.Body) != "[]" || r.Origin != "https://api.github.example" || r.Header.Get("ETag") != `"x"` {
			t.Errorf("reply %+v", r)
		}
		for name, want := range map[string]string{
			"Authorization": "Bearer " + canary, "User-Agent": "collector/1.2.3", "Accept-Encoding": "gzip", "Accept": "application/json",
		} {
			if got.Header.Get(name) != want {
				t.Errorf("header %s is %q, want %q", name, got.Header.Get(name), want)
			}
		}
		if call.Request.Header.Get("Authorization") != "" {
			t.Error("the token is in the caller's request")
		}
	})
}

func TestAnonymousCallsCarryNothing(t *testing.T) {
	var got *http.Request
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		got = r
		return answer(200, `{}`), nil
	})})
	b.store(t, "a1", canary)
	call := star("/x")
	call.Request.Anonymous = true
	if _, err := b.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Authorization") != "" {
		t.Error("an anonymous call was signed")
	}
}

func TestConditionalRequests(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") == `"v1"` || r.URL.Path == "/odd" {
			return answer(304, ""), nil
		}
		return answer(200, `[]`), nil
	})})
	b.store(t, "a1", canary)
	call := star("/user/starred")
	call.ETag = `"v1"`
	if r, err := b.Do(t.Context(), call); err != nil || r.Status != 304 {
		t.Errorf("with ETag: %v %v", r.Status, err)
	}
	if _, err := b.Do(t.Context(), star("/odd")); fault.KindOf(err) != fault.Malformed {
		t.Errorf("304 without ETag: %v", err)
	}
}

func TestHostsAreChecked(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", r.URL)
		return answer(200, `{}`), nil
	})})
	b.store(t, "a1", canary)
	for _, address := range []string{
		"http://api.github.example/x", "https://evil.example/x", "https://api.github.example.evil.example/x",
		"https://user:pw@api.github.example/x", "https://api.github.example:8443/x", "//api.github.example/x", "/x", "",
		"https://api.github.example@evil.example/", "https://evil.example\\@api.github.example/", "ftp://api.github.example/",
		"https://api.github.example./x", "https://api.github.example/x#frag", "https:api.github.example/x",
	} {
		call := star("")
		call.Request.URL = address
		if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, server := range []string{"http://social.example", "https://127.0.0.1", "https://[::1]", "https://social.example:8443", "https://10.0.0.8"} {
		call := Call{Info: social, Account: "a1", Name: "mastodon/@o@s", Server: server, Request: connectors.Request{URL: server + "/api/v1/favourites"}}
		if _, err := b.Do(t.Context(), call); err == nil {
			t.Errorf("%s was asked", server)
		}
	}
}

func TestOverriddenBase(t *testing.T) {
	var asked []string
	base, _ := url.Parse("http://127.0.0.1:8080/api/v3")
	b := newBench(t, Config{
		Base: map[string]*url.URL{"github": base, "mastodon": base},
		Transport: wire(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.String())
			return answer(200, `{}`), nil
		}),
	})
	b.store(t, "a1", canary)
	for _, address := range []string{
		"https://api.github.example/user/starred?page=2", "http://127.0.0.1:8080/api/v3/user/starred?page=3",
		"https://api.github.example/api/v3/user?x=%2F",
	} {
		call := star("")
		call.Request.URL = address
		r, err := b.Do(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if r.Origin != "http://127.0.0.1:8080" {
			t.Errorf("origin %q", r.Origin)
		}
	}
	own := Call{Info: social, Account: "a1", Server: "https://social.example", Request: connectors.Request{URL: "https://social.example/api/v1/favourites"}}
	if _, err := b.Do(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	want := "http://127.0.0.1:8080/api/v3/user/starred?page=2 http://127.0.0.1:8080/api/v3/user/starred?page=3 " +
		"http://127.0.0.1:8080/api/v3/user?x=%2F https://social.example/api/v1/favourites"
	if got := strings.Join(asked, " "); got != want {
		t.Errorf("asked\n%s, want\n%s", got, want)
	}
	call := star("")
	call.Request.URL = "http://127.0.0.1:9/x"
	if _, err := b.Do(t.Context(), call); err == nil {
		t.Error("another port than the operator's was asked")
	}
}

func TestMetLimitIsStoredBeforeItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
			calls++
			return answer(429, `{"message":"slow down, Bearer `+canary+`"}`, "Retry-After", "3600"), nil
		})})
		b.store(t, "a1", canary)
		_, err := b.Do(t.Context(), star("/x"))
		f := fault.As(err)
		if f == nil || f.Kind != fault.RateLimited || f.Busy {
			t.Fatalf("got %v", err)
		}
		if wait := time.Until(f.Until); wait < time.Hour || wait > time.Hour+5*time.Second {
			t.Errorf("waits %s, want an hour", wait)
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("the error holds the token: %v", err)
		}
		rows, _ := b.quotas.Quotas(t.Context(), "github/core/583231")
		if len(rows) != 1 || rows[0].Blocked.IsZero() {
			t.Errorf("the ledger does not know: %+v", rows)
		}
		if _, err = b.Do(t.Context(), star("/x")); fault.As(err) == nil || !fault.As(err).Busy || calls != 1 {
			t.Errorf("second call: %v, %d calls", err, calls)
		}
	})
}

// TestMetLimitOutlastsAFailover: a limit that is met while the database elects another
// primary is stored, and nobody asks before its time.
func TestMetLimitOutlastsAFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *bench
		calls := 0
		b = newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) {
			calls++
			b.quotas.away = time.Now().Add(20 * time.Second) // 15 are promised of a failover
			return answer(429, "", "Retry-After", "3600"), nil
		})})
		b.store(t, "a1", canary)
		if _, err := b.Do(t.Context(), star("/x")); fault.KindOf(err) != fault.RateLimited {
			t.Errorf("got %v", err)
		}
		if _, err := b.Do(t.Context(), star("/x")); fault.As(err) == nil || !fault.As(err).Busy || calls != 1 {
			t.Errorf("second call: %v, %d calls", err, calls)
		}
	})
}

// TestUnavailableUntil: a 503 that names a time is a wish to wait.
func TestUnavailableUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := "120"
		b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) {
			return answer(503, "", "Retry-After", wait), nil
		})})
		b.store(t, "a1", canary)
		_, err := b.Do(t.Context(), star("/x"))
		if f := fault.As(err); f == nil || f.Kind != fault.RateLimited || time.Until(f.Until) < 2*time.Minute {
			t.Errorf("got %v", err)
		}
		wait = "soon"
		call := star("/x")
		call.Remote = "another"
		if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.Temporary {
			t.Errorf("without a usable time: %v", err)
		}
	})
}

func TestBeforeIsAskedLast(t *testing.T) {
	lost := errors.New("lease lost")
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return answer(200, `{}`), nil
	})})
	b.store(t, "a1", canary)
	call := star("/x")
	call.Before = func() error { return lost }
	if _, err := b.Do(t.Context(), call); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	rows, _ := b.quotas.Quotas(t.Context(), "")
	if len(rows) != 1 || rows[0].Out != 0 || rows[0].Used != 0 {
		t.Errorf("the unsent call was counted: %+v", rows)
	}
}

func TestFaulterComesFirst(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		return answer(403, `secondary limit for `+canary), nil
	})})
	b.store(t, "a1", canary)
	call := star("/x")
	call.Fault = func(r connectors.Reply) error {
		if strings.Contains(string(r.Body), canary) {
			t.Error("the connector sees the token that the service repeated")
		}
		e := fault.New(fault.RateLimited, "secondary limit")
		e.Wait = time.Minute
		return e
	}
	_, err := b.Do(t.Context(), call)
	if f := fault.As(err); f == nil || f.Kind != fault.RateLimited || f.Status != 403 || f.Until.IsZero() {
		t.Errorf("got %+v", f)
	}
}

func TestCheckersSeeEveryStatusButLimitsAndRefusals(t *testing.T) {
	status := 404
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) { return answer(status, ``), nil })})
	b.store(t, "a1", canary)
	call := star("/user/starred/o/r")
	call.Any = true
	for s, want := range map[int]fault.Kind{204: fault.Unknown, 404: fault.Unknown, 500: fault.Unknown, 302: fault.Unknown, 401: fault.Unauthorized} {
		status = s
		if r, err := b.Do(t.Context(), call); fault.KindOf(err) != want || err == nil && r.Status != s {
			t.Errorf("status %d: %v %v", s, r.Status, err)
		}
	}
	status = 429
	if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.RateLimited {
		t.Errorf("429: %v", err)
	}
}

func TestTrialSignsWithoutTheStore(t *testing.T) {
	var signed string
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		signed = r.Header.Get("Authorization")
		return answer(200, `{"id":1}`), nil
	})})
	b.store(t, "a1", "the-old-one")
	c, err := auth.ParseCredential(canary)
	if err != nil {
		t.Fatal(err)
	}
	call := star("/user")
	call.Trial = &c
	if _, err := b.Do(t.Context(), call); err != nil || signed != "Bearer "+canary {
		t.Errorf("signed %q, %v", signed, err)
	}
}

func TestAccountWithoutCredential(t *testing.T) {
	b := newBench(t, Config{Transport: wire(func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return nil, errors.New("no")
	})})
	_, err := b.Do(t.Context(), star("/x"))
	f := fault.As(err)
	if f == nil || f.Kind != fault.Unauthorized || f.Next != "collector connect github --name octocat" {
		t.Errorf("got %v", err)
	}
}

// TestNothingIsRetried: what fails is the scheduler's to repeat, whose next time
// outlives the process.
func TestNothingIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		result := func() (*http.Response, error) { return nil, errors.New("broken pipe") }
		b := newBench(t, Config{Transport: wire(func(*http.Request) (*http.Response, error) {
			calls++
			return result()
		})})
		b.store(t, "a1", canary)
		for range 2 {
			for _, method := range []string{"GET", "POST"} {
				calls = 0
				call := star("/x")
				call.Request.Method = method
				if _, err := b.Do(t.Context(), call); fault.KindOf(err) != fault.Temporary || calls != 1 {
					t.Errorf("%s: %d calls, %v", method, calls, err)
				}
			}
			result = func() (*http.Response, error) { return answer(503, ""), nil }
		}
	})
}
