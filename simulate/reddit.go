package simulate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reddit answers as oauth.reddit.com does for what a user saved and upvoted
// (www.reddit.com/dev/api/oauth; Reddit's published source for the order, the
// window and lost places), and as www.reddit.com for the refresh of a token.
type reddit struct{}

func redditSite() *site {
	item := func(_ *Sim, a *account, l like) string { return redditName(a, l) }
	return &site{
		name: Reddit, hosts: []string{"oauth.reddit.com", "www.reddit.com"}, shape: reddit{},
		budgets: []Budget{{Name: "app", Limit: 1000, Per: 10 * time.Minute, Aligned: true, ByApp: true, Except: "access_token"}},
		join:    func(_ *Sim, a *account) { a.id, a.name = a.spec.Name, a.spec.Name },
		issue:   refreshable(func(r *rand.Rand) string { return "eyJ" + hexes(r, 60) }),
		life:    time.Hour,
		pair: func(_ *credential, r *rand.Rand, _ time.Time, _ time.Duration) pair {
			return pair{"eyJ" + hexes(r, 60), hexes(r, 12) + "-" + hexes(r, 27)}
		},
		form: form{pages: []string{"/saved", "/upvoted"}, path: []string{"data", "children"}, inner: []string{"data"}, ids: []string{"id", "name"}, empty: `{"kind":"Listing","data":{"after":null,"dist":0,"children":[],"before":null}}`, place: []string{"after"}},
		lists: []*listing{
			{name: Reddit, item: item},
			{name: RedditUpvoted, item: item, in: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/upvoted") }},
		},
	}
}

// redditName is the name of a liked thing. Of what is saved every third is a comment.
func redditName(a *account, l like) string {
	kind := "t3_"
	if a.list.name == Reddit && l.k%3 == 1 {
		kind = "t1_"
	}
	return kind + short(2_000_000_000+uint64(a.index)*10_000_000+uint64(l.k))
}

func (d reddit) answer(s *Sim, c *call) *reply {
	p := c.r.URL.Path
	if p == "/api/v1/access_token" && c.r.Method == http.MethodPost {
		return s.redditToken(c)
	}
	if c.cred == nil {
		return d.denied("unknown")
	}
	s.mu.Lock()
	why := c.cred.state(c.token, s.now())
	may := func(scope string) bool { return !c.cred.account.lacks(scope) }
	history, identity := may("history"), may("identity")
	s.mu.Unlock()
	name := c.cred.account.name
	switch {
	case why != "":
		return d.denied(why)
	case c.r.Method != http.MethodGet:
		return d.message(http.StatusMethodNotAllowed, "Method Not Allowed")
	case p == "/api/v1/me" && identity:
		return jsonReply(http.StatusOK, map[string]any{"id": "4" + short(uint64(c.cred.account.index)+46656), "name": name, "created_utc": float64(c.account.born.Unix()), "total_karma": 120, "has_verified_email": true})
	case p == "/user/"+name+"/saved" && history, p == "/user/"+name+"/upvoted" && history:
		return s.redditList(c)
	case p == "/api/v1/me", strings.HasPrefix(p, "/user/"+name+"/"):
		rep := jsonReply(http.StatusForbidden, map[string]int{"error": 403})
		rep.header.Set("WWW-Authenticate", `Bearer realm="reddit", error="insufficient_scope"`)
		return rep
	case strings.HasPrefix(p, "/user/"): // somebody else's
		return jsonReply(http.StatusForbidden, map[string]int{"error": 403})
	}
	return d.message(http.StatusNotFound, "Not Found")
}

func (reddit) message(status int, text string) *reply {
	return jsonReply(status, map[string]any{"message": text, "error": status})
}

func (d reddit) denied(string) *reply {
	rep := d.message(http.StatusUnauthorized, "Unauthorized")
	rep.header.Set("WWW-Authenticate", `Bearer realm="reddit", error="invalid_token"`)
	return rep
}

// limited is a page for people, without a Retry-After.
func (d reddit) limited(c *call, w *window) *reply {
	rep := &reply{status: http.StatusTooManyRequests, header: http.Header{"Content-Type": {"text/html; charset=UTF-8"}}}
	rep.body = []byte("<!doctype html>\n<html><head><title>Too Many Requests</title></head><body><h1>whoa there, pardner!</h1><p>reddit's awesome and all, but you may have a bit of a problem.</p></body></html>")
	d.headers(rep.header, w, c.at)
	return rep
}

// headers tell what is left with a decimal, and the end in seconds to go. None
// tells the limit.
func (reddit) headers(h http.Header, w *window, now time.Time) {
	h.Set("X-Ratelimit-Used", strconv.Itoa(w.Limit-w.left()))
	h.Set("X-Ratelimit-Remaining", fmt.Sprintf("%d.0", w.left()))
	h.Set("X-Ratelimit-Reset", strconv.Itoa(int(max(0, w.End.Sub(now)).Seconds())))
}

func (reddit) next(_ *call, rep *reply, to string) {
	var body map[string]any
	if json.Unmarshal(rep.body, &body) != nil {
		return
	}
	if data, ok := body["data"].(map[string]any); ok {
		data["after"] = to
		rep.body = jsonReply(0, body).body
	}
}

// redditList is a page of a list: what is saved in the order of saving, what is
// upvoted in the order in which it was submitted; the newest first, a thousand at
// most. A full page names its last item, also when nothing follows.
func (s *Sim) redditList(c *call) *reply {
	q := c.r.URL.Query()
	limit, after := clamp(q.Get("limit"), 25, 100), q.Get("after")
	s.mu.Lock()
	var all []like
	if strings.HasSuffix(c.r.URL.Path, "/upvoted") == (c.account.list.name == RedditUpvoted) { // else the list is empty
		all = s.redditShown(c.account)
	}
	from, lost := 0, false
	if after != "" {
		from = 1 + slices.IndexFunc(all, func(l like) bool { return redditName(c.account, l) == after })
		lost = from == 0
	}
	s.mu.Unlock()
	switch {
	case lost && s.opt.LostPlace == "error":
		return reddit{}.message(http.StatusNotFound, "Not Found")
	case lost && s.opt.LostPlace == "":
		from = len(all)
	}
	rows := all[from:min(from+limit, len(all))]
	children := make([]any, len(rows))
	var next any
	for i, l := range rows {
		children[i] = s.redditThing(c.account, l)
		if i == limit-1 {
			next = redditName(c.account, l)
		}
	}
	rep := jsonReply(http.StatusOK, map[string]any{"kind": "Listing", "data": map[string]any{
		"after": next, "dist": len(rows), "modhash": nil, "geo_filter": "", "children": children, "before": nil,
	}})
	rep.list = true
	return rep
}

// redditToken is the refresh of a token. Each refresh token works once; an unknown
// one is an error inside a 200, a revoked one a 400.
func (s *Sim) redditToken(c *call) *reply {
	form, err := url.ParseQuery(string(c.body))
	user, secret, signed := c.r.BasicAuth()
	switch {
	case !signed || user == "" || secret != "simulated-client-secret":
		return reddit{}.message(http.StatusUnauthorized, "Unauthorized")
	case err != nil || form.Get("grant_type") != "refresh_token":
		return jsonReply(http.StatusOK, map[string]string{"error": "unsupported_grant_type"})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := form.Get("refresh_token")
	cred := s.byToken[token]
	switch {
	case cred == nil:
		return jsonReply(http.StatusOK, map[string]string{"error": "invalid_grant"})
	case cred.refresh != token:
		c.cred, c.account = cred, cred.account
		s.violate(c, Reused, "%s refreshed by a token that was replaced before", cred.label)
		c.cred, c.account = nil, nil
		fallthrough
	case cred.revoked:
		return reddit{}.message(http.StatusBadRequest, "Bad Request")
	}
	p := s.rotate(cred, s.now())
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": p.access, "token_type": "bearer", "expires_in": int(cred.ends[p.access].Sub(s.now()).Seconds()),
		"refresh_token": p.refresh, "scope": strings.Join(cred.account.granted("history", "identity", "read"), " "),
	})
}
