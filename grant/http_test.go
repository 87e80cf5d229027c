package grant

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTheCookie: no script reads it, other sites do not send it, and over https it is
// https's alone.
func TestTheCookie(t *testing.T) {
	for _, secure := range []bool{true, false} {
		w := httptest.NewRecorder()
		SetSession(w, secure, "cs_text", noon)
		c := w.Result().Cookies()[0]
		if c.Value != "cs_text" || c.Path != "/" || c.Domain != "" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || !c.Expires.Equal(noon) {
			t.Errorf("secure %v: %s", secure, c)
		}
		if strings.HasPrefix(c.Name, "__Host-") != secure {
			t.Errorf("secure %v: it is called %s", secure, c.Name)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(c)
		if k, text, ok := Shown(r, secure); k != Session || text != "cs_text" || !ok {
			t.Errorf("shown is %s %q, %v", k, text, ok)
		}
		// One that came by the other scheme is another's.
		if k, text, ok := Shown(r, !secure); ok {
			t.Errorf("secure %v: shown is %s %q", !secure, k, text)
		}
		w = httptest.NewRecorder()
		EndSession(w, secure)
		if e := w.Result().Cookies()[0]; e.Name != c.Name || e.Value != "" || e.MaxAge >= 0 || e.Path != c.Path || e.Secure != c.Secure {
			t.Errorf("ended by %s", e)
		}
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct {
		header, address string
		kind            Kind
		text            string
	}{
		{"Bearer ck_a", "/", Token, "ck_a"},
		{"bearer  ck_a ", "/", Token, "ck_a"},
		{"Bearer", "/", Token, ""},
		{"Basic YTpi", "/", Session, "cs_a"}, // of a proxy in front
		{"ck_a", "/", Session, "cs_a"},
		{"", "/?token=ck_a&access_token=ck_a&login=cl_a", Session, "cs_a"}, // the cookie
	} {
		r := httptest.NewRequest(http.MethodGet, c.address, nil)
		r.AddCookie(&http.Cookie{Name: cookieName(false), Value: "cs_a"})
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		if k, text, ok := Shown(r, false); k != c.kind || text != c.text || ok != (c.kind != "") {
			t.Errorf("%+v: %s %q, %v", c, k, text, ok)
		}
	}
	if _, _, ok := Shown(httptest.NewRequest(http.MethodGet, "/?token=ck_a", nil), false); ok {
		t.Error("a token in the address was taken")
	}
}

// TestOf: who is let in by the header or the cookie, and the header counts.
func TestOf(t *testing.T) {
	w := newWorld(t)
	session, _ := w.signedIn("anna", Read, Write)
	token, _ := w.made(Operator(), Ask{Kind: Token, User: "bob", Scopes: []Scope{Read}})
	for _, c := range []struct {
		cookie, header, user string
		why                  error
	}{
		{"", "", "", ErrNone},
		{session, "", "anna", nil},
		{"", token, "bob", nil},
		{session, token, "bob", nil},
		{session, "ck_wrong", "", ErrVoid}, // not by the cookie, which a program did not mean
		{token, "", "", ErrVoid},
		{"", session, "", ErrVoid},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: cookieName(false), Value: c.cookie})
		}
		if c.header != "" {
			r.Header.Set("Authorization", "Bearer "+c.header)
		}
		who, err := w.Of(r, noon, home, false)
		if !errors.Is(err, c.why) || who.User != c.user || (err == nil) != (who.Kind != "") {
			t.Errorf("%+v: %+v, %v", c, who, err)
		}
	}
}

// TestOtherSitesChangeNothing sends what browsers send for pages of other sites, and what
// programs send.
func TestOtherSitesChangeNothing(t *testing.T) {
	for _, c := range []struct {
		method, site, origin string
		cookie, passes       bool
	}{
		{"POST", "same-origin", "http://collector.lan:8765", true, true},
		{"POST", "same-origin", "", true, true},
		{"POST", "none", "", true, true},
		{"POST", "", "http://collector.lan:8765", true, true},
		{"POST", "cross-site", "https://evil.example", true, false},
		{"POST", "same-site", "http://other.lan", true, false},
		{"POST", "cross-site", "", true, false},
		{"POST", "cross-site", "https://evil.example", false, false},
		{"POST", "", "https://evil.example", true, false},
		{"POST", "", "http://collector.lan:9999", true, false},
		{"POST", "", "null", true, false},
		{"PUT", "cross-site", "", true, false},
		{"PATCH", "cross-site", "", true, false},
		{"DELETE", "same-site", "", true, false},
		{"QUERY", "cross-site", "", true, false},
		{"POST", "", "", true, false}, // a cookie and no browser
		{"DELETE", "", "", true, false},
		{"POST", "", "", false, true}, // a program
		{"GET", "cross-site", "", true, true},
		{"HEAD", "cross-site", "", true, true},
		{"GET", "", "", true, true},
	} {
		reached := false
		h := OwnPages(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		r := httptest.NewRequest(c.method, "http://collector.lan:8765/accounts", nil)
		for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if c.cookie {
			r.AddCookie(&http.Cookie{Name: cookieName(false), Value: "cs_a"})
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if reached != c.passes || c.passes != (w.Code == http.StatusOK) || !c.passes && w.Code != http.StatusForbidden {
			t.Errorf("%+v: reached %v, %d", c, reached, w.Code)
		}
	}
}

func TestWhoIsInAContext(t *testing.T) {
	if w, ok := From(t.Context()); ok || w.Sees("") || w.Sees("me") || w.May(Read) {
		t.Errorf("nobody is %+v, %v", w, ok)
	}
	if w, ok := From(With(t.Context(), Operator())); !ok || w.Kind != Local || !w.May(Admin) || !w.Sees("anybody") {
		t.Errorf("the operator is %+v, %v", w, ok)
	}
}

func TestLoginAddress(t *testing.T) {
	if got := LoginAddress("https://c.example/", "cl_a-b_c"); got != "https://c.example/?login=cl_a-b_c" {
		t.Error(got)
	}
}
