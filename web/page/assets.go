package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// Policy is the Content-Security-Policy of every page: what is ours, and nothing
// written into the page itself.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Headers sets what a browser is to be told with every page.
func Headers(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", Policy)
	// Nothing is said to other origins. With "no-referrer" a browser would also hide from us
	// where a form comes from (Origin: null), which is the proof that it is ours where it sends
	// no Sec-Fetch-Site: without TLS, from another machine.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// assets are the files that pages name. Their addresses hold a hash of them all, so
// that a browser may keep them for ever.
type assets struct {
	files   fs.FS
	names   []string
	version string
	icons   []string
}

func newAssets() (*assets, error) {
	sub, err := fs.Sub(static, "static")
	if err != nil {
		return nil, fmt.Errorf("reading the style, icons and scripts: %w", err)
	}
	a := &assets{files: sub}
	a.names, err = fs.Glob(sub, "*.*")
	if err != nil {
		return nil, fmt.Errorf("reading the style, icons and scripts: %w", err)
	}
	h := sha256.New()
	for _, name := range a.names {
		data, err := fs.ReadFile(sub, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(data), data)
		if name == "icons.svg" {
			for _, m := range regexp.MustCompile(`<symbol id="i-(\w+)"`).FindAllSubmatch(data, -1) {
				a.icons = append(a.icons, string(m[1]))
			}
		}
	}
	a.version = hex.EncodeToString(h.Sum(nil))[:12]
	return a, nil
}

// path is the address of a file.
func (a *assets) path(name string) (string, error) {
	if !slices.Contains(a.names, name) {
		return "", fmt.Errorf("there is no file %s", name)
	}
	return "/static/" + a.version + "/" + name, nil
}

// icon is a symbol of the sprite. It stands beside a word, or before one that only
// screen readers read; no name is no icon.
func (a *assets) icon(name Icon) (template.HTML, error) {
	if name == "" {
		return "", nil
	}
	if !slices.Contains(a.icons, string(name)) {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	return template.HTML(`<svg class="i" aria-hidden="true"><use href="/static/` + a.version + `/icons.svg#i-` + string(name) + `"/></svg>`), nil
}

// kinds are the types of the files, said here since the types that the system knows
// differ from machine to machine.
var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// Static serves what pages name, below /static/. It needs no sign-in.
func (r *Renderer) Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		version, name, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/static/"), "/")
		kind := kinds[path.Ext(name)]
		data, err := fs.ReadFile(r.assets.files, name)
		if err != nil || kind == "" || !slices.Contains(r.assets.names, name) {
			http.NotFound(w, req)
			return
		}
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'")
		h.Set("Cache-Control", "no-cache")
		if version == r.assets.version {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, req, name, time.Time{}, bytes.NewReader(data))
	})
}
