package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/grant"
	"collector/search"
	"collector/store"
)

// Path is where the handler belongs.
const Path = "/feed/"

// entries is how many likes a feed has: what came in between two visits of a reader.
const entries = 50

// longest token and query that are looked at, in bytes.
const (
	longestToken = 200
	longestQuery = 2000
)

// Grant is what a token allows to read.
type Grant struct {
	User    string // whose likes
	Query   string // only those; "" for all
	Private bool   // also what is private at its service
}

// Config is what a Handler needs.
type Config struct {
	// Grant says what a token allows, false where it allows nothing: it never did, or was
	// revoked. It is asked for each request.
	Grant func(r *http.Request, token string) (Grant, bool, error)
	// Search returns the newest likes that match, at most Query.Limit.
	Search    func(ctx context.Context, q store.Query) ([]store.Liked, error)
	Base      string // http(s) address under which people reach the pages, "" for the one they ask at
	Authority string // see Options
	Simulated bool
	Now       func() time.Time
	Log       *slog.Logger
}

// Handler serves /feed/<token>.atom, .rss and .json. A query q narrows what the token allows.
type Handler struct{ c Config }

// New makes the handler.
func New(c Config) *Handler { return &Handler{c} }

// ServeHTTP answers one request. What a token allows is asked before anything else, and
// one that was revoked is answered as one that never was; nothing that lies between may
// keep an answer without asking again.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"Cache-Control":           "private, no-cache",
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
		"X-Robots-Tag":            "noindex",
	} {
		w.Header().Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "a feed can only be read", http.StatusMethodNotAllowed)
		return
	}
	token, format, ok := cut(r.URL.Path)
	if !ok {
		gone(w)
		return
	}
	allowed, ok, err := h.c.Grant(r, token)
	switch {
	case errors.Is(err, grant.ErrTooMany):
		w.Header().Set("Retry-After", strconv.Itoa(int(grant.TryAgain/time.Second)))
		http.Error(w, "too many addresses of feeds that are none came from there; try again later", http.StatusTooManyRequests)
		return
	case err != nil:
		h.failed(w, r, "asking what a feed may show", err)
		return
	case !ok || allowed.User == "": // a feed is one person's, also where a store knows several
		gone(w)
		return
	}
	expr, err := h.query(allowed, r.URL.Query().Get("q"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	items, err := h.c.Search(r.Context(), store.Query{User: allowed.User, Expr: expr, Limit: entries, Bytes: store.PageBytes, Order: store.Newest})
	if err != nil {
		h.failed(w, r, "searching for a feed", err)
		return
	}
	items = slices.DeleteFunc(items, func(it store.Liked) bool { return it.User != allowed.User })
	doc, err := Of(items, h.options(r, allowed, token)).Document(format, h.c.Now())
	if err != nil {
		h.failed(w, r, "writing a feed", err)
		return
	}
	doc.ServeHTTP(w, r)
}

// cut takes token and format out of a path.
func cut(path string) (token, format string, ok bool) {
	rest, ok := strings.CutPrefix(path, Path)
	dot := strings.LastIndexByte(rest, '.')
	if !ok || dot < 1 || dot > longestToken || strings.Contains(rest, "/") || !slices.Contains(Formats(), rest[dot+1:]) {
		return "", "", false
	}
	return rest[:dot], rest[dot+1:], true
}

// query is what both the token and the reader ask for, without what a feed does not show,
// so that a feed is not the shorter for it.
func (h *Handler) query(g Grant, q string) (search.Expr, error) {
	var all search.And
	for _, text := range []string{g.Query, q} {
		if len(text) > longestQuery {
			return nil, fmt.Errorf("the query is longer than %d bytes", longestQuery)
		}
		expr, bad := search.Parse(text, h.c.Now())
		if bad != nil {
			return nil, fmt.Errorf("the query is not understood\n%s", bad.Caret())
		}
		if expr != nil {
			all = append(all, expr)
		}
	}
	if search.AsksRemoved(all) {
		all = append(all, search.Not{Expr: search.Field{Name: "is", Value: "removed"}})
	}
	if !g.Private {
		all = append(all, search.Not{Expr: search.Field{Name: "is", Value: "private"}})
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	}
	return all, nil
}

// options describe the feed of a request. It is called by a digest of its token, which is
// as long as the token is valid and does not tell it.
func (h *Handler) options(r *http.Request, g Grant, token string) Options {
	q := r.URL.Query().Get("q")
	sum := sha256.Sum256([]byte("feed\x00" + token + "\x00" + q))
	var said []string
	for _, text := range []string{g.Query, q} {
		if text != "" {
			said = append(said, text)
		}
	}
	o := Options{
		Title: "Likes of " + g.User, Author: g.User, Name: hex.EncodeToString(sum[:16]), Authority: h.c.Authority,
		Private: g.Private, Simulated: h.c.Simulated,
	}
	home, err := url.Parse(h.c.Base)
	if err != nil || h.c.Base == "" {
		home = &url.URL{Scheme: "http", Host: r.Host}
		if r.TLS != nil {
			home.Scheme = "https"
		}
	}
	home = home.JoinPath("/")
	if len(said) > 0 {
		both := strings.Join(said, " ")
		if len(said) == 2 {
			both = "(" + said[0] + ") (" + said[1] + ")"
		}
		o.Title += ": " + both
		home.RawQuery = url.Values{"q": {both}}.Encode()
	}
	o.Home = home.String()
	return o
}

// gone answers a token that allows nothing, in the same words whatever it was.
func gone(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "there is no such feed", http.StatusNotFound)
}

// failed answers when it was our fault. The address is not logged: it holds the token.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request, what string, err error) {
	if r.Context().Err() == nil {
		h.c.Log.Warn(what, "err", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", "60")
	http.Error(w, "the feed cannot be made now; it is our fault, ask again later", http.StatusServiceUnavailable)
}
