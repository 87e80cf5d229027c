package pushtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestServers: they keep what they are sent, tell whose fault it is, and count what a guest
// does to what is there.
func TestServers(t *testing.T) {
	l, k := &Linkding{}, &Karakeep{}
	l.Token, k.Token = "a", "b"
	for _, c := range []struct {
		h            http.Handler
		auth, method string
		target, body string
		want         int
	}{
		{l, "Token x", "GET", "/api/bookmarks/", "", 401},
		{l, "Token a", "POST", "/api/bookmarks/?disable_scraping", `{"url":"https://example.org/1","title":"one","tag_names":[]}`, 201},
		{l, "Token a", "POST", "/api/bookmarks/?disable_scraping", `{"url":"https://example.org/1/","title":"two","tag_names":[]}`, 201},
		{l, "Token a", "POST", "/api/bookmarks/", `{"url":"ftp://example.org/1"}`, 400},
		{l, "Token a", "POST", "/api/bookmarks/", `{"adress":"https://example.org/1"}`, 400},
		{l, "Token a", "GET", "/api/bookmarks/check/?url=https://example.org/none", "", 200},
		{k, "Bearer x", "GET", "/api/v1/users/me", "", 401},
		{k, "Bearer b", "POST", "/api/v1/bookmarks", `{"type":"link","url":"https://example.org/1"}`, 201},
		{k, "Bearer b", "POST", "/api/v1/bookmarks", `{"type":"link","url":"https://example.org/1"}`, 200},
		{k, "Bearer b", "POST", "/api/v1/bookmarks/b%2F1/tags", `{"tags":[{"tagName":"x"}]}`, 200},
		{k, "Bearer b", "POST", "/api/v1/bookmarks/none/tags", `{"tags":[{"tagName":"x"}]}`, 404},
		{k, "Bearer b", "GET", "/", "", 404},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.target, strings.NewReader(c.body))
		r.Header.Set("Authorization", c.auth)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Body)
		}
	}
	if len(l.Kept()) != 1 || l.Touched != 1 || l.Read != 1 || len(k.Kept()) != 1 || k.Touched != 2 || len(k.Calls()) != 6 {
		t.Errorf("%+v %d %d, %+v %d", l.Kept(), l.Touched, l.Read, k.Kept(), k.Touched)
	}
}
