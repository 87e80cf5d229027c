package simulate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serve starts a Sim on loopback.
func serve(t *testing.T, o Options) *Running {
	t.Helper()
	r, err := Serve(t.Context(), New(o), Listen{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// fetch gets an address over a socket.
func fetch(t *testing.T, url, token string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	return answer{res.StatusCode, res.Header, string(b), err}
}

func TestServeIsOnLoopbackAndWalks(t *testing.T) {
	r := serve(t, Options{Seed: 11})
	a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 130})
	for name, origin := range r.URLs {
		host, _, err := net.SplitHostPort(strings.TrimPrefix(origin, "http://"))
		if err != nil || host != "127.0.0.1" {
			t.Errorf("%s listens on %s", name, origin)
		}
	}
	got := map[string]time.Time{}
	for url := r.URLs[GitHub] + "/user/starred?per_page=100&direction=asc"; url != ""; {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+a.Tokens[0])
		r.Header.Set("Accept", timd)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range stars(t, answer{status: res.StatusCode, body: string(body)}) {
			got[fmt.Sprint(st.Repo.ID)] = st.At
		}
		url = links(res.Header)["next"]
	}
	if d := r.Compare(a.Key, got); !d.OK() || len(got) != 130 {
		t.Errorf("%d collected: %s", len(got), d)
	}
	if v := r.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

// TestFaultsOverSockets: what needs a connection to go wrong.
func TestFaultsOverSockets(t *testing.T) {
	for _, c := range []struct {
		f    Fault
		want func(a answer) bool
	}{
		{Fault{Kind: Reset}, func(a answer) bool { return a.err != nil && strings.Contains(a.err.Error(), "EOF") }},
		{Fault{Kind: Cut}, func(a answer) bool { return a.err != nil && a.body != "" }},
		{Fault{Kind: EndlessHeaders}, func(a answer) bool { return a.err != nil && strings.Contains(a.err.Error(), "header") }},
		{Fault{Kind: EndlessBody}, func(a answer) bool { return len(a.body) == 4<<20 }},
		{Fault{Kind: Bomb, Bytes: 8 << 20}, func(a answer) bool { return len(a.body) == 4<<20 && strings.Trim(a.body, "0") == "" }},
		{Fault{Kind: Drip, Wait: time.Microsecond}, func(a answer) bool { return a.err == nil && json.Valid([]byte(a.body)) }},
	} {
		r := serve(t, Options{Seed: 11})
		a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 1})
		r.AddFault(c.f)
		if got := fetch(t, r.URLs[GitHub]+"/user/starred", a.Tokens[0]); !c.want(got) {
			t.Errorf("%s: status %d, %v, %d bytes", c.f.Kind, got.status, got.err, len(got.body))
		}
		r.Close()
	}
}

func TestBombUnpacks(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(bomb(1 << 20)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, z); n != 1<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestGzip: a client that accepts it gets less, and the same.
func TestGzip(t *testing.T) {
	s := New(Options{Seed: 3, Now: clockAt().now, Gzip: true})
	a := add(t, s, Spec{Service: GitHub, Likes: 20})
	plain, packed := get(s, list, a.Tokens[0]), get(s, list, a.Tokens[0], "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil || plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "gzip" {
		t.Fatal(err, plain.header, packed.header)
	}
	if body, err := io.ReadAll(z); err != nil || string(body) != plain.body || len(packed.body) > len(plain.body)/4 {
		t.Errorf("%d bytes of %d packed in %d, %v", len(body), len(plain.body), len(packed.body), err)
	}
}

// TestForeignServerListens: what follows a foreign link is caught.
func TestForeignServerListens(t *testing.T) {
	r := serve(t, Options{Seed: 11})
	a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 1})
	r.AddFault(Fault{Kind: Redirect, Times: 1})
	to := fetch(t, r.URLs[GitHub]+"/user/starred", a.Tokens[0]).header.Get("Location")
	if got := fetch(t, to, a.Tokens[0]); got.status != 404 {
		t.Errorf("%+v", got)
	}
	if got := kinds(r.Sim); got != Origin {
		t.Errorf("%q: %v", got, r.Violations())
	}
}

func TestServeNamesTheTakenPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, err = Serve(t.Context(), New(Options{}), Listen{Sites: map[string]int{Mastodon: ln.Addr().(*net.TCPAddr).Port}})
	if err == nil || !strings.Contains(err.Error(), "mastodon") {
		t.Error(err)
	}
}
