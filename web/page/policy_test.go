package page_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"collector/web/page"
	"collector/web/page/pagetest"
)

// addresses are the attributes that a browser follows, loads or sends to.
var addresses = []string{"href", "src", "action", "formaction", "data-stream", "xlink:href", "srcset", "poster", "ping", "cite", "background", "data"}

// follows returns what an element leads to, and whether it only leads there when
// somebody presses it.
func follows(n *html.Node) (to []string, pressed bool) {
	for _, a := range n.Attr {
		for _, key := range addresses {
			if a.Key == key {
				to = append(to, a.Val)
			}
		}
	}
	return to, n.Data == "a"
}

// TestThePolicyHolds: no page has a style or a script of its own, a handler, or
// anything from elsewhere; links that leave do not say where from.
func TestThePolicyHolds(t *testing.T) {
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		for _, n := range d.nodes {
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "integrity" {
					t.Errorf("a %s has %s=%q", n.Data, a.Key, a.Val)
				}
			}
			switch n.Data {
			case "style", "iframe", "object", "embed", "base", "img", "video", "math", "foreignobject":
				t.Errorf("there is a %s", n.Data)
			case "audio":
				_, controls := attr(n, "controls")
				if value(n, "preload") != "none" || value(n, "aria-label") == "" || !controls {
					t.Errorf("a sound begins by itself, has no name or needs a script: %v", n.Attr)
				}
			case "script":
				if value(n, "src") == "" || strings.TrimSpace(text(n)) != "" {
					t.Errorf("a script stands in the page: %q", text(n))
				}
			}
			to, pressed := follows(n)
			for _, address := range to {
				u, err := url.Parse(address)
				if err != nil {
					t.Errorf("%q is no address: %v", address, err)
					continue
				}
				own := u.Scheme == "" && u.Host == ""
				if own && (strings.HasPrefix(address, "/") || strings.HasPrefix(address, "#")) {
					continue
				}
				if !pressed || u.Scheme != "https" || value(n, "rel") != "noopener noreferrer" {
					t.Errorf("a %s leads to %q, rel %q", n.Data, address, value(n, "rel"))
				}
			}
		}
	})
}

// TestHeaders are those of the promise on cross-site scripting and framing.
func TestHeaders(t *testing.T) {
	h := http.Header{}
	page.Headers(h)
	for key, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "same-origin",
		"X-Content-Type-Options":  "nosniff",
		"Cache-Control":           "no-store",
		"Content-Type":            "text/html; charset=utf-8",
	} {
		if got := h.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// fetch gets what a page names.
func fetch(t *testing.T, h http.Handler, address string) *httptest.ResponseRecorder {
	t.Helper()
	address, _, _ = strings.Cut(address, "#")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w
}

func zipped(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// TestPagesAreSmall weighs each page with everything it loads, compressed.
func TestPagesAreSmall(t *testing.T) {
	const most = 60_000
	static := renderer(t).Static()
	eachPage(t, func(t *testing.T, p pagetest.Page, d document) {
		sum, loaded := zipped(t, []byte(d.html)), map[string]bool{}
		for _, n := range d.all("link", "script", "use") {
			address, _, _ := strings.Cut(value(n, "href")+value(n, "src"), "#")
			if loaded[address] {
				continue
			}
			loaded[address] = true
			w := fetch(t, static, address)
			if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d, %v", address, w.Code, w.Header())
			}
			sum += zipped(t, w.Body.Bytes())
		}
		if sum > most {
			t.Errorf("%d bytes compressed, most %d", sum, most)
		}
		if p.Name == "likes-50" {
			if n := strings.Count(d.html, `class="like`); n != 50 {
				t.Errorf("%d likes, want 50", n)
			}
			t.Logf("50 likes: %d bytes compressed with everything, %d bytes of HTML", sum, len(d.html))
		}
	})
}

// TestTheStyleSheetIsSmall and asks nobody for anything.
func TestTheStyleSheetIsSmall(t *testing.T) {
	d := draw(t, renderer(t), pagetest.Likes(6))
	var sheet string
	for _, n := range d.all("link") {
		if value(n, "rel") == "stylesheet" {
			sheet = fetch(t, renderer(t).Static(), value(n, "href")).Body.String()
		}
	}
	if len(sheet) == 0 || len(sheet) >= 20_000 {
		t.Errorf("%d bytes, want less than 20,000", len(sheet))
	}
	if m := regexp.MustCompile(`url\(|@import|@font-face|https?:`).FindString(sheet); m != "" {
		t.Errorf("it has %q", m)
	}
	for _, r := range sheet {
		if r > 126 {
			t.Errorf("it has %q: a size in bytes is one in letters only without", r)
		}
	}
}

// TestScriptsMakeNoMarkupOfText: what they show they take from a page that the server
// drew, they load nothing from elsewhere, and but for how loud the sound is they keep nothing.
func TestScriptsMakeNoMarkupOfText(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("static", "*.js"))
	if err != nil || len(names) < 5 {
		t.Fatalf("%d scripts, %v", len(names), err)
	}
	barred := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|\bimport\b|https?:|\.style\b|setAttribute\("(on|style|href|src)|localStorage|document\.cookie`)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) == "listen.js" {
			text = bytes.ReplaceAll(text, []byte(`localStorage.getItem("sound")`), nil)
			text = bytes.ReplaceAll(text, []byte("localStorage.setItem(\"sound\", `${volume.value} ${muted()}`)"), nil)
		}
		if m := barred.Find(text); m != nil {
			t.Errorf("%s has %q", name, m)
		}
	}
}

// TestStaticServesNothingElse tries the ways out of the folder.
func TestStaticServesNothingElse(t *testing.T) {
	static := renderer(t).Static()
	for _, address := range []string{"/static/", "/static/x", "/static/x/", "/static/x/..", "/static/x/../assets.go", "/static/x//style.css", "/static/x/templates/likes.html", "/static/style.css", "/static/x/style.css/"} {
		w := httptest.NewRecorder()
		static.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: address}})
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	w := fetch(t, static, "/static/old/style.css")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("a page of before an update: %d %v", w.Code, w.Header())
	}
}
