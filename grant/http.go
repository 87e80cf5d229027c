package grant

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// cookieName is that of a session's cookie. The prefix has browsers take it from https
// alone, for this host alone, so that no neighbour can set one in its place.
func cookieName(secure bool) string {
	if secure {
		return "__Host-collector"
	}
	return "collector"
}

// SetSession gives a browser its session. secure says that it came over https, be it to a
// proxy in front: the caller knows. No script reads the cookie, and other sites' forms do
// not send it.
func SetSession(w http.ResponseWriter, secure bool, secret string, until time.Time) {
	http.SetCookie(w, cookie(secure, secret, until))
}

// EndSession has a browser forget its session.
func EndSession(w http.ResponseWriter, secure bool) {
	c := cookie(secure, "", time.Time{})
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func cookie(secure bool, value string, until time.Time) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(secure), Value: value, Path: "/", Expires: until,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}

// Shown returns what a request shows: a token in the header Authorization, or else the
// session of its cookie. ok is false where there is neither. What Authorization says in
// another scheme is for a proxy in front, to which a browser shows it with each request. A
// token in the address is none, since addresses stand in logs.
func Shown(r *http.Request, secure bool) (k Kind, secret string, ok bool) {
	if scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return Token, strings.TrimSpace(text), true
	}
	if c, err := r.Cookie(cookieName(secure)); err == nil && c.Value != "" {
		return Session, c.Value, true
	}
	return "", "", false
}

// Of says who sends a request, by what it shows. from is the address that it comes from,
// and secure as for SetSession. The error is ErrNone where it shows nothing, ErrVoid or
// ErrTooMany unless the store fails.
func (s *Service) Of(r *http.Request, now time.Time, from netip.Addr, secure bool) (Who, error) {
	k, secret, ok := Shown(r, secure)
	if !ok {
		return Who{}, ErrNone
	}
	return s.Who(r.Context(), now, from, k, secret)
}

// OwnPages refuses requests that other sites' pages have a browser send, where they could
// change something: by Sec-Fetch-Site, or by Origin where the browser is older. Programs
// send neither and are let through, unless they show the cookie of a session, as only a
// browser does. What is refused reaches no handler behind it.
//
// It does not look at the name that the server was called by: who listens holds that to a
// list.
func OwnPages(next http.Handler) http.Handler {
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "This was sent by a page of another site, so nothing was done. Open collector itself and do it there.", http.StatusForbidden)
	})
	std := http.NewCrossOriginProtection()
	std.SetDenyHandler(deny)
	guarded := std.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" && changes(r.Method) && hasSession(r) {
			deny.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

func hasSession(r *http.Request) bool {
	for _, secure := range []bool{true, false} {
		if _, err := r.Cookie(cookieName(secure)); err == nil {
			return true
		}
	}
	return false
}

// whoKey is the key of a Who in a context.
type whoKey struct{}

// With is a context in which From finds somebody.
func With(ctx context.Context, w Who) context.Context { return context.WithValue(ctx, whoKey{}, w) }

// From returns who sent the request that a context is of. ok is false where nobody was let
// in; then the Who sees and may nothing.
func From(ctx context.Context) (w Who, ok bool) {
	w, ok = ctx.Value(whoKey{}).(Who)
	return w, ok
}

// LoginAddress is where a browser uses up a login link. base is how the pages are reached,
// such as http://127.0.0.1:8765.
func LoginAddress(base, secret string) string {
	return strings.TrimSuffix(base, "/") + "/?" + url.Values{"login": {secret}}.Encode()
}
