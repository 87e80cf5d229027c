package site

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/grant"
)

// TestNobodyGetsInWithoutALink: every address answers strangers with the door, in place,
// and says nothing of what is behind it.
func TestNobodyGetsInWithoutALink(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		s := &site{Config: w.config}
		paths := []string{"/nowhere", "/help?x=1", "/login"}
		for _, r := range s.routes() {
			if method, path, _ := strings.Cut(r.pattern, " "); method == "GET" {
				paths = append(paths, strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(path))
			}
		}
		for _, path := range paths {
			a := w.stranger().get(path).is(401, "Sign in with a link", "collector login-link", "!STOREPLACE", "!1.2.3", "!"+secret, "!annas")
			if len(a.all("nav")) > 0 || a.header.Get("Content-Security-Policy") == "" || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v\n%s", path, a.header, a.body)
			}
		}
		for _, bad := range []string{"collector", "__Host-collector"} {
			b := w.stranger()
			b.cookies[bad] = "cs_" + strings.Repeat("A", 43)
			b.get("/help").is(401, "Sign in with a link")
		}
	})
}

// TestALinkSignsInOnce: looking at a link uses nothing up, the button does.
func TestALinkSignsInOnce(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		link := w.link("anna")
		for range 3 {
			for _, path := range []string{"/?login=", "/login?login="} {
				a := w.stranger().get(path+link+"&back=%2Fhelp").is(200, "Sign in to collector", "The link you opened works once")
				if !strings.Contains(a.body, `value="`+link+`"`) || !strings.Contains(a.body, `name="back" value="/help"`) {
					t.Fatal(a.body)
				}
			}
		}
		b := w.stranger()
		a := b.post("/login", "login", link, "back", "/help")
		if a.status != 303 || a.header.Get("Location") != "/help" {
			t.Fatal(a.status, a.header)
		}
		cookie := a.header.Get("Set-Cookie")
		for _, want := range []string{"collector=cs_", "HttpOnly", "SameSite=Lax", "Path=/"} {
			if !strings.Contains(cookie, want) {
				t.Errorf("%q lacks %q", cookie, want)
			}
		}
		b.follow(a).is(200, "Keys and search language", "1.2.3")
		w.stranger().post("/login", "login", link).is(403, "This link does not work any more")
		w.now = w.now.Add(grant.IdleFor + time.Hour)
		b.get("/help").is(401)
	})
}

// TestALinkWithoutAToken is none, and shuts nobody out who is in.
func TestALinkWithoutAToken(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.as("anna").get("/?login=").is(200, "5 likes")
		w.stranger().get("/?login=").is(401, "Sign in with a link")
	})
}

// TestALinkLeadsNowhereElse: what a form or a link says it came from is ours, or the first page.
func TestALinkLeadsNowhereElse(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, evil := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "/\t/evil.example", "http:evil.example", "evil.example", "", "/a\r\nX: y"} {
			b := w.stranger()
			if to := b.post("/login", "login", w.link("anna"), "back", evil).header.Get("Location"); to != "/" {
				t.Errorf("%q leads to %q", evil, to)
			}
			if to := b.post("/theme", "theme", "dark", "back", evil).header.Get("Location"); to != "/" {
				t.Errorf("%q leads to %q", evil, to)
			}
		}
		if to := w.stranger().post("/theme", "back", "/?q=%22a%22&x=1").header.Get("Location"); to != "/?q=%22a%22&x=1" {
			t.Errorf("back is %q", to)
		}
	})
}

// TestTriesAreBounded: after ten wrong links from one address the door says when it opens again.
func TestTriesAreBounded(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.stranger()
		b.from = "192.0.2.9:1"
		for i := range 10 {
			b.post("/login", "login", "cl_"+strings.Repeat(string(rune('A'+i)), 43)).is(403)
		}
		a := b.post("/login", "login", w.link("anna")).is(429, "Too many tries", "in 6 s")
		if a.header.Get("Retry-After") != "6" {
			t.Error(a.header)
		}
		other := w.stranger()
		other.from = "192.0.2.10:1"
		if a := other.post("/login", "login", w.link("anna")); a.status != 303 {
			t.Errorf("a neighbour is locked out: %d", a.status)
		}
	})
}

// TestSigningOut ends the session for good, and signing in again ends the one before.
func TestSigningOut(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		stolen := w.stranger()
		stolen.cookies["collector"] = b.cookies["collector"]
		stolen.get("/help").is(200)
		b.post("/logout").is(200, "You are signed out")
		b.get("/help").is(401)
		stolen.get("/help").is(401)

		b = w.as("anna")
		stolen.cookies["collector"] = b.cookies["collector"]
		if a := b.post("/login", "login", w.link("bob")); a.status != 303 {
			t.Fatal(a.status)
		}
		stolen.get("/help").is(401)
		b.get("/help").is(200)
	})
}

// TestOverHTTPS: the cookie is one that no neighbour can set and that goes over https alone.
func TestOverHTTPS(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.secure = true
		a := w.stranger().post("/login", "login", w.link("anna"))
		if c := a.header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-collector=cs_") || !strings.Contains(c, "Secure") {
			t.Error(c)
		}
		a = w.stranger().post("/theme", "theme", "dark")
		if c := a.header.Get("Set-Cookie"); !strings.Contains(c, "Secure") || !strings.Contains(c, "HttpOnly") {
			t.Error(c)
		}
	})
}

// TestPagesElsewhereChangeNothing: a form of another site is refused, with a session and without.
func TestPagesElsewhereChangeNothing(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", ""}} {
			if a := b.ask(http.MethodPost, "/logout", "", h...); a.status != 403 {
				t.Errorf("%q: %d", h, a.status)
			}
		}
		b.get("/help").is(200)
		link := w.link("bob")
		w.stranger().ask(http.MethodPost, "/login", "login="+link, "Sec-Fetch-Site", "cross-site").is(403)
		if a := w.stranger().post("/login", "login", link); a.status != 303 {
			t.Errorf("the link was used up: %d", a.status)
		}
	})
}

func TestBrowsersHaveNames(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                         "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                   "Safari on macOS",
		"curl/8.5.0": "A browser", "": "A browser", "<script>": "A browser", "Firefox/1": "Firefox",
	} {
		if got := browser(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
