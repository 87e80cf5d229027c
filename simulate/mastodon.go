package simulate

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mastodon answers as a Mastodon server does (docs.joinmastodon.org:
// methods/favourites, methods/bookmarks, methods/accounts#verify_credentials,
// api/rate-limits, api/guidelines#pagination). It is the server of all its accounts.
type mastodon struct{}

func mastodonSite() *site {
	return &site{
		name: Mastodon, hosts: []string{"social.example"}, shape: mastodon{},
		budgets: []Budget{
			{Name: "account", Limit: 300, Per: 5 * time.Minute, Aligned: true},
			{Name: "address", Limit: 300, Per: 5 * time.Minute, Aligned: true, ByAddress: true},
		},
		join: func(_ *Sim, a *account) {
			a.id, a.name = fmt.Sprint(snowflake(a.born.UnixMilli(), a.index)), "@"+a.spec.Name+"@social.example"
		},
		issue: bare(func(r *rand.Rand) string { return strings.ToUpper(hexes(r, 4)) + hexes(r, 39) }),
		form:  form{pages: []string{"/favourites", "/bookmarks"}, ids: []string{"id"}, empty: "[]", place: []string{"max_id", "min_id", "since_id"}},
		lists: []*listing{
			mastodonList(Mastodon, nil),
			mastodonList(MastodonBookmarks, func(r *http.Request) bool { return r.URL.Path == "/api/v1/bookmarks" }),
		},
	}
}

func mastodonList(name string, in func(*http.Request) bool) *listing {
	return &listing{
		name: name, in: in,
		item: func(_ *Sim, _ *account, l like) string { return strconv.FormatInt(snowflake(l.created, int(l.k)), 10) },
		key: func(a *account, l *like) { // a number of the whole server's table: other people's entries lie between
			a.seq += 1 + uint64(a.chance.IntN(90))
			l.key = a.seq
		},
	}
}

func (m mastodon) answer(s *Sim, c *call) *reply {
	p := c.r.URL.Path
	if c.r.Method != http.MethodGet || !strings.HasPrefix(p, "/api/v1/") {
		return m.message(http.StatusNotFound, "Not Found")
	}
	if c.token == "" {
		return m.message(http.StatusUnauthorized, "This method requires an authenticated user")
	}
	if c.cred == nil {
		return m.denied("unknown")
	}
	s.mu.Lock()
	why := c.cred.state(c.token, s.now())
	may := func(scope string) bool { return !c.cred.account.lacks(scope) }
	lists, bookmarks, accounts := may("read:favourites"), may("read:bookmarks"), may("read:accounts")
	s.mu.Unlock()
	if why != "" {
		return m.denied(why)
	}
	switch {
	case p == "/api/v1/accounts/verify_credentials" && accounts:
		return s.mastodonAccount(c)
	case p == "/api/v1/apps/verify_credentials": // any token will do
		return s.mastodonApp(c.account)
	case p == "/api/v1/favourites" && lists, p == "/api/v1/bookmarks" && bookmarks:
		return s.statuses(c)
	case strings.HasPrefix(p, "/api/v1/statuses/") && lists:
		return s.status(c, strings.TrimPrefix(p, "/api/v1/statuses/"))
	case p == "/api/v1/accounts/verify_credentials", p == "/api/v1/favourites", p == "/api/v1/bookmarks", strings.HasPrefix(p, "/api/v1/statuses/"):
		return m.message(http.StatusForbidden, "This action is outside the authorized scopes")
	}
	return m.message(http.StatusNotFound, "Record not found")
}

func (mastodon) message(status int, text string) *reply {
	return jsonReply(status, map[string]string{"error": text})
}

func (m mastodon) denied(why string) *reply {
	if why == "" {
		return m.message(http.StatusUnauthorized, "This method requires an authenticated user")
	}
	text := "The access token is invalid"
	switch why {
	case "revoked":
		text = "The access token was revoked"
	case "expired":
		text = "The access token expired"
	}
	rep := m.message(http.StatusUnauthorized, text)
	rep.header.Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="Doorkeeper", error="invalid_token", error_description=%q`, text))
	return rep
}

func (m mastodon) limited(c *call, w *window) *reply {
	rep := m.message(http.StatusTooManyRequests, "Too many requests")
	m.headers(rep.header, w, c.at)
	return rep
}

// headers tell the end of the window as a point of time with microseconds, a
// little after the true end, as the server adds its own fraction of a second.
func (mastodon) headers(h http.Header, w *window, now time.Time) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(w.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.left()))
	reset := w.End.Add(time.Duration(now.UnixMicro()%1000) * time.Microsecond)
	h.Set("X-RateLimit-Reset", reset.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

func (s *Sim) mastodonAccount(c *call) *reply {
	a := c.account
	h, origin := s.person(uint64(a.index)<<40), publicOrigin(c.r, "social.example")
	user := a.spec.Name
	return jsonReply(http.StatusOK, map[string]any{
		"id": a.id, "username": user, "acct": user, "display_name": h.full(), "locked": false, "bot": false,
		"discoverable": true, "group": false, "created_at": a.born.Truncate(24 * time.Hour).Format("2006-01-02T15:04:05.000Z"),
		"note": "<p>I like things.</p>", "url": origin + "/@" + user, "uri": origin + "/users/" + user,
		"avatar": origin + "/avatars/original/missing.png", "avatar_static": origin + "/avatars/original/missing.png",
		"header": origin + "/headers/original/missing.png", "header_static": origin + "/headers/original/missing.png",
		"followers_count": 12, "following_count": 31, "statuses_count": 80, "last_status_at": s.Now().Format(time.DateOnly),
		"emojis": []any{}, "fields": []any{}, "roles": []any{},
		"source": map[string]any{"privacy": "public", "sensitive": false, "language": "en", "note": "I like things.", "fields": []any{}, "follow_requests_count": 0},
	}).tag(c, false)
}

// mastodonApp is the application behind a token, with its scopes, as servers answer from 4.3 on.
func (s *Sim) mastodonApp(a *account) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return jsonReply(http.StatusOK, map[string]any{
		"id": "12", "name": "collector", "website": nil, "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "redirect_uris": []string{"urn:ietf:wg:oauth:2.0:oob"},
		"scopes": a.granted("read:favourites", "read:bookmarks", "read:accounts"),
	})
}

// statuses is a page of GET /api/v1/favourites or /api/v1/bookmarks, newest entry
// first. The ids of max_id, min_id and since_id are those of the entries, which no
// body shows; a post's id is much larger, so max_id with one gives the first page.
func (s *Sim) statuses(c *call) *reply {
	q := c.r.URL.Query()
	limit := clamp(q.Get("limit"), 20, 40)
	maxID, minID, sinceID := key(q.Get("max_id")), key(q.Get("min_id")), key(q.Get("since_id"))

	s.mu.Lock()
	var rows []like
	if c.invent > 0 {
		rows, _ = s.slice(c, 0, limit, false)
	} else {
		all := c.account.likes
		above := func(id uint64) int { // how many likes have a key up to id
			n, _ := slices.BinarySearchFunc(all, id+1, func(l like, k uint64) int { return cmp.Compare(l.key, k) })
			return n
		}
		from, to := 0, len(all)
		if maxID > 0 {
			to = above(maxID - 1)
		}
		if minID > 0 {
			from = above(minID)
			to = min(to, from+limit) // the page immediately newer
		} else {
			if sinceID > 0 {
				from = above(sinceID)
			}
			from = max(from, to-limit)
		}
		if from < to {
			rows = slices.Clone(all[from:to])
			slices.Reverse(rows)
		}
	}
	s.mu.Unlock()

	rep := &reply{status: http.StatusOK, header: http.Header{}, list: true}
	var b bytes.Buffer
	b.WriteByte('[')
	for i, l := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		s.writeStatus(&b, c, l, c.account.list.name)
	}
	b.WriteByte(']')
	rep.body = b.Bytes()
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	rep.header.Set("Cache-Control", "private, no-store")
	if len(rows) > 0 {
		base := originOf(c.r) + c.r.URL.Path + "?"
		if l := q.Get("limit"); l != "" {
			base += "limit=" + l + "&"
		}
		prev := fmt.Sprintf(`<%smin_id=%d>; rel="prev"`, base, rows[0].key)
		if len(rows) == limit { // also when nothing follows: then the next page is empty
			prev = fmt.Sprintf(`<%smax_id=%d>; rel="next", `, base, rows[len(rows)-1].key) + prev
		}
		rep.header.Set("Link", prev)
	}
	return rep.tag(c, false)
}

// key reads an id; what is none counts as absent, as the server does.
func key(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (mastodon) next(c *call, rep *reply, to string) {
	q := c.r.URL.Query()
	address := func(name string) string {
		if strings.HasPrefix(to, "http") {
			return to
		}
		for _, other := range []string{"max_id", "min_id", "since_id"} {
			q.Del(other)
		}
		q.Set(name, to)
		return originOf(c.r) + c.r.URL.Path + "?" + q.Encode()
	}
	rep.header.Set("Link", fmt.Sprintf(`<%s>; rel="next", <%s>; rel="prev"`, address("max_id"), address("min_id")))
}
