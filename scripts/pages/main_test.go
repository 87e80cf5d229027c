package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/web/page"
	"collector/web/page/pagetest"
)

func TestWritesEveryPageWithWhatItNames(t *testing.T) {
	dir := t.TempDir()
	if err := run(t.Context(), []string{"-out", dir}, io.Discard); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(pages) != 3*len(pagetest.All()) {
		t.Errorf("%d pages, %v", len(pages), err)
	}
	static, err := filepath.Glob(filepath.Join(dir, "static", "*", "*"))
	if err != nil || len(static) != 9 {
		t.Errorf("%q, %v", static, err)
	}
	dark, err := os.ReadFile(filepath.Join(dir, "accounts-dark.html"))
	if err != nil || !strings.Contains(string(dark), `data-theme="dark"`) {
		t.Errorf("the dark page is not dark: %v", err)
	}
}

func TestServesThemWithTheHeadersOfTheProduct(t *testing.T) {
	r, err := page.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/accounts": 200, "/accounts?theme=dark": 200, "/": 200, "/nothing": 404} {
		w := httptest.NewRecorder()
		handler(r).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if strings.HasPrefix(path, "/accounts") && w.Header().Get("Content-Security-Policy") != page.Policy {
			t.Errorf("%s: no policy", path)
		}
	}
	if err := run(t.Context(), nil, io.Discard); err == nil {
		t.Error("neither -listen nor -out, and no error")
	}
}
