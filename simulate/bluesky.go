package simulate

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bluesky answers as a personal data server does for the records and sessions
// of its accounts, and as the AppView for the posts they like (docs.bsky.app;
// the behaviour of the reference server where the documents are silent).
type bluesky struct{}

func blueskySite() *site {
	return &site{
		name: Bluesky, hosts: []string{"bsky.social", "public.api.bsky.app", "api.bsky.app"}, shape: bluesky{}, parallel: 4,
		budgets: []Budget{
			{Name: "pds", Limit: 3000, Per: 5 * time.Minute, ByAddress: true, Except: "app.bsky.feed.getPosts"},
			{Name: "appview", Limit: 3000, Per: 5 * time.Minute, ByAddress: true, Only: "app.bsky.feed.getPosts"},
			{Name: "sessions", Limit: 30, Per: 5 * time.Minute, Only: "com.atproto.server.createSession"},
			{Name: "sessions-day", Limit: 300, Per: 24 * time.Hour, Only: "com.atproto.server.createSession"},
		},
		join: func(s *Sim, a *account) {
			a.name = a.spec.Name
			if !strings.Contains(a.name, ".") {
				a.name += ".bsky.social"
			}
			a.id = did(s.opt.Seed, uint64(a.index)<<40|1)
		},
		issue: func(s *Sim, c *credential, r *rand.Rand, _ time.Time) {
			c.password = strings.Join([]string{letters(r, 4), letters(r, 4), letters(r, 4), letters(r, 4)}, "-")
			s.byToken[c.password] = c
		},
		life: 2 * time.Hour,
		pair: func(c *credential, r *rand.Rand, now time.Time, life time.Duration) pair {
			return pair{
				jwt(r, "at+jwt", strings.Join(c.account.granted("com.atproto.appPass"), " "), c.account.id, now, life),
				jwt(r, "refresh+jwt", "com.atproto.refresh", c.account.id, now, 60*24*time.Hour),
			}
		},
		owner: func(s *Sim, r *http.Request, body []byte) *account {
			if strings.HasSuffix(r.URL.Path, "createSession") {
				return s.signingIn(body)
			}
			return nil
		},
		form: form{pages: []string{"listRecords", "getBookmarks"}, path: []string{"records"}, inner: []string{"value"}, ids: []string{"id", "subject"}, empty: `{"records":[]}`, place: []string{"cursor"}},
		lists: []*listing{
			blueskyList(Bluesky, nil),
			blueskyList(BlueskyBookmarks, func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "app.bsky.bookmark.getBookmarks") }),
		},
	}
}

func blueskyList(name string, in func(*http.Request) bool) *listing {
	return &listing{
		name: name, in: in,
		item: func(s *Sim, a *account, l like) string { return s.postURI(a, l) },
		key:  func(_ *account, l *like) { l.key = uint64(l.at)*1000<<10 | 0x1A },
		told: like.time,
	}
}

func (b bluesky) answer(s *Sim, c *call) *reply {
	method, isXRPC := strings.CutPrefix(c.r.URL.Path, "/xrpc/")
	if !isXRPC {
		return b.fail(http.StatusNotFound, "NotFound", "Not Found")
	}
	get := c.r.Method == http.MethodGet
	switch {
	case method == "com.atproto.server.createSession" && !get:
		return s.createSession(c)
	case method == "com.atproto.server.refreshSession" && !get:
		return s.refreshSession(c)
	case method == "com.atproto.server.getSession" && get:
		if bad := s.unsigned(c); bad != nil {
			return bad
		}
		return jsonReply(http.StatusOK, sessionOf(c.account)).tag(c, false)
	case method == "com.atproto.repo.listRecords" && get:
		return s.listRecords(c)
	case method == "com.atproto.repo.getRecord" && get:
		return s.getRecord(c)
	case method == "com.atproto.identity.resolveHandle" && get:
		return s.resolveHandle(c)
	case method == "app.bsky.bookmark.getBookmarks" && get:
		return s.getBookmarks(c)
	case method == "app.bsky.feed.getPosts" && get:
		return s.getPosts(c)
	}
	return b.fail(http.StatusNotImplemented, "MethodNotImplemented", "Method Not Implemented")
}

// sessionOf is what sessions say of their account.
func sessionOf(a *account) map[string]any {
	return map[string]any{"did": a.id, "handle": a.name, "email": a.spec.Name + "@mail.example", "emailConfirmed": true, "active": true}
}

func (bluesky) fail(status int, name, message string) *reply {
	return jsonReply(status, map[string]string{"error": name, "message": message})
}

// denied is 400 for a token that ran out or is none, and 401 only for a caller
// without one: so answers the reference server.
func (b bluesky) denied(why string) *reply {
	if why == "" {
		return b.fail(http.StatusUnauthorized, "AuthMissing", "Authentication Required")
	}
	if why == "expired" || why == "revoked" {
		return b.fail(http.StatusBadRequest, "ExpiredToken", "Token has expired")
	}
	return b.fail(http.StatusBadRequest, "InvalidToken", "Token could not be verified")
}

func (b bluesky) limited(c *call, w *window) *reply {
	rep := b.fail(http.StatusTooManyRequests, "RateLimitExceeded", "Rate Limit Exceeded")
	b.headers(rep.header, w, c.at)
	return rep
}

func (bluesky) headers(h http.Header, w *window, _ time.Time) {
	h.Set("RateLimit-Limit", strconv.Itoa(w.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(w.left()))
	h.Set("RateLimit-Reset", strconv.FormatInt(ceil(w.End).Unix(), 10))
	h.Set("RateLimit-Policy", strconv.Itoa(w.Limit)+";w="+strconv.Itoa(int(w.End.Sub(w.Start).Round(time.Second).Seconds())))
}

// unsigned returns the refusal of a call that needs an access token.
func (s *Sim) unsigned(c *call) *reply {
	if c.token == "" {
		return bluesky{}.fail(http.StatusUnauthorized, "AuthMissing", "Authentication Required")
	}
	if c.cred == nil {
		return bluesky{}.denied("unknown")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if why := c.cred.state(c.token, s.now()); why != "" {
		return bluesky{}.denied(why)
	}
	return nil
}

// repo finds the account of a DID or handle.
func (s *Sim) repo(name string) *account {
	for _, a := range s.order {
		if a.spec.Service == Bluesky && (a.id == name || strings.EqualFold(a.name, name)) {
			return a
		}
	}
	return nil
}

func (s *Sim) resolveHandle(c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.repo(c.r.URL.Query().Get("handle"))
	if a == nil {
		return bluesky{}.fail(http.StatusBadRequest, "InvalidRequest", "Unable to resolve handle")
	}
	return jsonReply(http.StatusOK, map[string]string{"did": a.id})
}
