package site

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestPagesAreCompressed for who takes it, with what they load; streams and exports are not, so that
// what they say comes as it is said.
func TestPagesAreCompressed(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.now = time.Now() // deadlines of real connections are set by it
		b := w.as("anna")
		real := httptest.NewServer(w.pages)
		defer real.Close()
		client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
		defer client.CloseIdleConnections()
		ask := func(address, takes string) *http.Response {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, real.URL+address, nil)
			w.must(err)
			r.AddCookie(&http.Cookie{Name: "collector", Value: b.cookies["collector"]})
			r.Header.Set("Accept", "text/html")
			r.Header.Set("Accept-Encoding", takes)
			got, err := client.Do(r)
			w.must(err)
			if got.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s", address, got.Status)
			}
			return got
		}
		whole := func(got *http.Response) (text string, bytes int) {
			defer got.Body.Close()
			all, err := io.ReadAll(got.Body)
			w.must(err)
			if got.Header.Get("Content-Encoding") != "gzip" {
				return string(all), len(all)
			}
			open, err := gzip.NewReader(strings.NewReader(string(all)))
			w.must(err)
			plain, err := io.ReadAll(open)
			w.must(err)
			return string(plain), len(all)
		}
		style, _, _ := strings.Cut(b.get("/").body, "style.css")
		style = style[strings.LastIndexByte(style, '"')+1:] + "style.css"
		for _, address := range []string{asks("raft"), "/accounts", style} {
			plain, large := whole(ask(address, "identity"))
			packed := ask(address, "br, gzip")
			if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: %v", address, packed.Header)
			}
			text, small := whole(packed)
			if text != plain && address == style || len(text) < 1000 || small > large/2 {
				t.Errorf("%s: %d bytes instead of %d, and says %.100s", address, small, large, text)
			}
		}
		for _, address := range []string{"/stream?of=activity", "/export?format=csv", "/stream.wav"} {
			got := ask(address, "gzip")
			if kind := got.Header.Get("Content-Encoding"); kind != "" {
				t.Errorf("%s is in %s", address, kind)
			}
			w.must(got.Body.Close())
		}
	})
}
