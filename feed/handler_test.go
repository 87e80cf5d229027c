package feed

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"collector/search"
	"collector/store"
)

// shelf is a small store of likes and of tokens.
type shelf struct {
	items  []store.Liked
	grants map[string]Grant
	asked  []store.Query
	err    error
	log    bytes.Buffer
}

func (s *shelf) handler() *Handler {
	return New(Config{
		Grant: func(_ *http.Request, token string) (Grant, bool, error) {
			g, ok := s.grants[token]
			return g, ok, nil
		},
		Search: func(_ context.Context, q store.Query) ([]store.Liked, error) {
			s.asked = append(s.asked, q)
			var out []store.Liked
			for _, it := range s.items { // those of others too: the handler does not rely on who searches
				if search.Match(q.Expr, search.DocOf(it.Item, it.Service, it.Account, !it.RemovedAt.IsZero())) {
					out = append(out, it)
				}
			}
			return out, s.err
		},
		Now: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
}

const token = "t0ken-of-128-bits"

func newShelf() *shelf {
	go1, java, private, removed, hers := like("go1", noon.Add(-time.Hour)), like("java", noon.Add(-2*time.Hour)), like("private", noon), like("removed", noon), like("hers", noon)
	go1.Language, java.Language = "go", "java"
	private.Private, removed.RemovedAt, hers.User = true, noon, "anna"
	return &shelf{items: []store.Liked{private, removed, hers, go1, java}, grants: map[string]Grant{token: {User: "me"}}}
}

func (s *shelf) get(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFeedOfAToken: each format, with the query of the token and that of the reader.
func TestFeedOfAToken(t *testing.T) {
	s := newShelf()
	for format, kind := range map[string]string{"atom": "application/atom+xml; charset=utf-8", "rss": "application/rss+xml; charset=utf-8", "json": "application/feed+json"} {
		r := s.get(t, "GET", "/feed/"+token+"."+format)
		body := text(t, r)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != kind || !strings.Contains(body, "/go1") || !strings.Contains(body, "/java") {
			t.Errorf("%s: %d %s\n%s", format, r.StatusCode, r.Header, body)
		}
		for _, no := range []string{"hers", "private", "removed", token} {
			if strings.Contains(body, no) {
				t.Errorf("%s holds %q", format, no)
			}
		}
		for name, want := range map[string]string{"Cache-Control": "private, no-cache", "Content-Security-Policy": "default-src 'none'; sandbox", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
			if r.Header.Get(name) != want {
				t.Errorf("%s: %q", name, r.Header.Get(name))
			}
		}
		if head := s.get(t, "HEAD", "/feed/"+token+"."+format); head.StatusCode != 200 || text(t, head) != "" || head.Header.Get("ETag") != r.Header.Get("ETag") {
			t.Errorf("HEAD: %v", head)
		}
	}
	if q := s.asked[0]; q.User != "me" || q.Limit != entries || q.Order != store.Newest || q.Removed {
		t.Errorf("searched for %+v", q)
	}
	body := text(t, s.get(t, "GET", "/feed/"+token+".atom?q=lang:go"))
	if strings.Contains(body, "/java") || !strings.Contains(body, "/go1") || !strings.Contains(body, "http://example.com/?q=lang%3Ago") {
		t.Errorf("with a query: %s", body)
	}
	s.grants[token] = Grant{User: "me", Query: "lang:java", Private: true}
	if body = text(t, s.get(t, "GET", "/feed/"+token+".atom?q=lang:go")); strings.Contains(body, "<entry>") {
		t.Errorf("a reader has widened the query of a token: %s", body)
	}
	if body = text(t, s.get(t, "GET", "/feed/"+token+".json?q=is:removed+or+title")); strings.Contains(body, "/removed") || !strings.Contains(body, "/java") {
		t.Errorf("removed ones: %s", body)
	}
	s.grants[token] = Grant{User: "me", Private: true}
	if body = text(t, s.get(t, "GET", "/feed/"+token+".atom")); !strings.Contains(body, "/private") {
		t.Errorf("private ones, asked for: %s", body)
	}
	for _, bad := range []string{"lang:", strings.Repeat("x", longestQuery+1)} {
		if r := s.get(t, "GET", "/feed/"+token+".atom?q="+bad); r.StatusCode != 400 {
			t.Errorf("%.20s: %d", bad, r.StatusCode)
		}
	}
}

// TestRevokedIsGoneAtOnce: also for a reader that has the feed, and in the words for a
// token that never was.
func TestRevokedIsGoneAtOnce(t *testing.T) {
	s := newShelf()
	tag := s.get(t, "GET", "/feed/"+token+".atom").Header.Get("ETag")
	never := text(t, s.get(t, "GET", "/feed/never.atom"))
	delete(s.grants, token)
	asked := len(s.asked)
	for _, target := range []string{"/feed/" + token + ".atom", "/feed/" + token + ".rss", "/feed/" + token + ".json?q=lang:", "/feed/" + token + ".xml", "/feed/" + token, "/feed/.atom", "/feed/", "/feed/a/b.atom", "/feed/" + strings.Repeat("x", 300) + ".atom"} {
		r := s.get(t, "GET", target, "If-None-Match", tag, "If-Modified-Since", noon.Add(time.Hour).Format(http.TimeFormat))
		if body := text(t, r); r.StatusCode != 404 || body != never || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("ETag") != "" {
			t.Errorf("%s: %d %q %v", target, r.StatusCode, body, r.Header)
		}
	}
	s.grants["all"] = Grant{}
	if r := s.get(t, "GET", "/feed/all.atom"); r.StatusCode != 404 {
		t.Errorf("a token of nobody: %d", r.StatusCode)
	}
	if len(s.asked) != asked {
		t.Errorf("searched for a token that allows nothing")
	}
}

// TestConditionalRequests: 304 for whoever has the feed as it is, by tag or by time, and
// the whole of it once something came or went.
func TestConditionalRequests(t *testing.T) {
	s := newShelf()
	for _, format := range Formats() {
		target := "/feed/" + token + "." + format
		first := s.get(t, "GET", target)
		tag, at := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		if at != noon.Add(-time.Hour).Format(http.TimeFormat) || !strings.HasPrefix(tag, `"`) {
			t.Errorf("%s: %q %q", format, tag, at)
		}
		for _, header := range [][]string{{"If-None-Match", tag}, {"If-None-Match", `"x", W/` + tag}, {"If-Modified-Since", at}, {"If-None-Match", tag, "If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"}} {
			if r := s.get(t, "GET", target, header...); r.StatusCode != 304 || text(t, r) != "" || r.Header.Get("ETag") != tag {
				t.Errorf("%s, %q: %d %v", format, header, r.StatusCode, r.Header)
			}
		}
		if r := s.get(t, "GET", target, "If-None-Match", `"other"`, "If-Modified-Since", at); r.StatusCode != 200 {
			t.Errorf("%s with another tag and the same time: %d", format, r.StatusCode)
		}
		if again := s.get(t, "GET", target); again.Header.Get("ETag") != tag {
			t.Errorf("%s has two tags", format)
		}
		found := like("old, found now", noon.Add(-100*time.Hour))
		found.FirstSeenAt = noon.Add(-time.Second)
		kept := s.items
		s.items = append([]store.Liked{found}, kept...)
		for _, header := range [][]string{{"If-None-Match", tag}, {"If-Modified-Since", at}} {
			if r := s.get(t, "GET", target, header...); r.StatusCode != 200 {
				t.Errorf("%s after something came, %q: %d", format, header, r.StatusCode)
			}
		}
		s.items = kept[:len(kept)-1]
		if r := s.get(t, "GET", target, "If-None-Match", tag); r.StatusCode != 200 {
			t.Errorf("%s after something went: %d", format, r.StatusCode)
		}
		s.items = kept
	}
}

// TestOurFailuresTellNothing: neither the token nor the reason.
func TestOurFailuresTellNothing(t *testing.T) {
	s := newShelf()
	s.err = errors.New("the disk is gone")
	r := s.get(t, "GET", "/feed/"+token+".atom")
	if body := text(t, r); r.StatusCode != 503 || strings.Contains(body, "disk") || r.Header.Get("Retry-After") == "" || !strings.Contains(s.log.String(), "disk") || strings.Contains(s.log.String(), token) {
		t.Errorf("%d %s, logged %s", r.StatusCode, body, s.log.String())
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if r := s.get(t, method, "/feed/"+token+".atom"); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, r.StatusCode)
		}
	}
}

// TestHomeOfAFeed: its page is at the address that was set, or at the one it was asked by.
func TestHomeOfAFeed(t *testing.T) {
	s := newShelf()
	h := s.handler()
	h.c.Base = "https://likes.example/collector"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/feed/"+token+".rss", nil))
	if !strings.Contains(w.Body.String(), "<link>https://likes.example/collector/</link>") {
		t.Error(w.Body.String())
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/feed/"+token+".rss", nil)
	r.Host = `"><script>`
	w = httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "<script") {
		t.Error(w.Body.String())
	}
}
