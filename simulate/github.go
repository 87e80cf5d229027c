package simulate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// github answers as api.github.com does for the calls around stars
// (docs.github.com/rest/activity/starring, /rest/users/users,
// /rest/using-the-rest-api/rate-limits-for-the-rest-api), and as github.com for
// the refresh of a user token.
type github struct{}

func githubSite() *site {
	return &site{
		name: GitHub, hosts: []string{"api.github.com", "github.com"}, shape: github{},
		budgets: []Budget{
			{Name: "core", Limit: 5000, Per: time.Hour, Except: "rate_limit"},
			{Name: "points", Limit: 900, Per: time.Minute, Secondary: true, Except: "rate_limit"},
		},
		join:  func(_ *Sim, a *account) { a.id, a.name = fmt.Sprint(4_000_000+7*a.index), a.spec.Name },
		issue: refreshable(func(r *rand.Rand) string { return "ghp_" + hexes(r, 36) }),
		life:  8 * time.Hour,
		pair: func(_ *credential, r *rand.Rand, _ time.Time, _ time.Duration) pair {
			return pair{"ghu_" + hexes(r, 36), "ghr_" + hexes(r, 76)}
		},
		form: form{pages: []string{"/starred"}, inner: []string{"repo"}, ids: []string{"id"}, empty: "[]", place: []string{"page"}},
		lists: []*listing{{
			name: GitHub,
			item: func(_ *Sim, a *account, l like) string { return strconv.FormatInt(repoNumber(a, l.k), 10) },
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}, gistList()},
	}
}

func (g github) answer(s *Sim, c *call) *reply {
	p := c.r.URL.Path
	if p == "/login/oauth/access_token" {
		return s.githubToken(c)
	}
	if c.r.Method != http.MethodGet {
		return g.message(http.StatusNotFound, "Not Found")
	}
	if p == "/rate_limit" {
		return g.rateLimit(s, c)
	}
	if c.token == "" {
		return g.message(http.StatusUnauthorized, "Requires authentication")
	}
	if c.cred == nil {
		return g.denied("unknown")
	}
	s.mu.Lock()
	why := c.cred.state(c.token, s.now())
	starring, user := !c.account.lacks("starring"), !c.account.lacks("user")
	s.mu.Unlock()
	if why != "" {
		return g.denied(why)
	}
	a := c.account
	switch {
	case p == "/user" && !user:
		return g.forbidden("profile=read")
	case p == "/user":
		return s.githubUser(a).tag(c, true)
	case !starring && (strings.HasPrefix(p, "/user/") || strings.HasPrefix(p, "/gists/")):
		return g.forbidden("starring=read")
	case strings.HasPrefix(p, "/gists/"):
		return s.gists(c)
	case p == "/user/starred", p == "/user/"+a.id+"/starred":
		return s.starred(c)
	case strings.HasPrefix(p, "/user/starred/"):
		return s.starCheck(a, strings.TrimPrefix(p, "/user/starred/"))
	}
	return g.message(http.StatusNotFound, "Not Found")
}

func (github) message(status int, text string) *reply {
	return jsonReply(status, map[string]string{
		"message": text, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	})
}

func (g github) forbidden(permission string) *reply {
	rep := g.message(http.StatusForbidden, "Resource not accessible by personal access token")
	rep.header.Set("X-Accepted-GitHub-Permissions", permission)
	return rep
}

// denied says "Bad credentials" of a token that is none, not any more or not
// yet; of a good one GitHub is said to answer 401 in other words, at random.
func (g github) denied(why string) *reply {
	if why == "" {
		return g.message(http.StatusUnauthorized, "Requires authentication")
	}
	return g.message(http.StatusUnauthorized, "Bad credentials")
}

func (g github) limited(c *call, w *window) *reply {
	if w.secondary || strings.Contains(w.Key, "/points/") {
		rep := g.message(http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
		rep.header.Set("Retry-After", strconv.Itoa(secondsTo(c.at, w.End)))
		return rep
	}
	rep := g.message(http.StatusForbidden, "API rate limit exceeded for user ID "+idOf(c)+".")
	g.headers(rep.header, w, c.at)
	return rep
}

func idOf(c *call) string {
	if c.account != nil {
		return c.account.id
	}
	return "0"
}

// secondsTo is the whole number of seconds after which an end has passed.
func secondsTo(now, end time.Time) int {
	return max(1, int((end.Sub(now)+time.Second-1)/time.Second))
}

func (github) headers(h http.Header, w *window, _ time.Time) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(w.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.left()))
	h.Set("X-RateLimit-Used", strconv.Itoa(w.Used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(ceil(w.End).Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
}

func (github) rateLimit(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.budgets(GitHub) {
		if c.account == nil || b.Secondary || b.ByAddress {
			continue
		}
		w := s.windows[GitHub+"/"+b.Name+"/"+c.account.spec.Name]
		if w == nil || !s.now().Before(w.End) {
			w = &window{Window{Limit: b.Limit, End: s.now().Add(b.Per)}}
		}
		core := map[string]any{"limit": w.Limit, "used": w.Used, "remaining": w.left(), "reset": ceil(w.End).Unix()}
		return jsonReply(http.StatusOK, map[string]any{"resources": map[string]any{"core": core}, "rate": core})
	}
	return github{}.denied("unknown")
}

func (s *Sim) githubUser(a *account) *reply {
	h := s.person(uint64(a.index) << 40)
	rep := jsonReply(http.StatusOK, map[string]any{
		"login": a.name, "id": number(a.id), "node_id": "U_" + a.id, "type": "User", "site_admin": false,
		"avatar_url": "https://avatars.githubusercontent.com/u/" + a.id + "?v=4",
		"url":        "https://api.github.com/users/" + a.name, "html_url": "https://github.com/" + a.name,
		"name": h.full(), "company": nil, "blog": "", "location": nil, "email": nil, "bio": nil,
		"public_repos": 7, "public_gists": 2, "followers": 20, "following": 31,
		"created_at": a.born.Format(time.RFC3339), "updated_at": a.born.Format(time.RFC3339),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	rep.header.Set("X-OAuth-Scopes", strings.Join(a.granted("read:user"), ", "))
	return rep
}

func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64) // made by us from a number
	return n
}

// starred is a page of GET /user/starred: newest first unless asked otherwise,
// with the star's time where the media type asks for it.
func (s *Sim) starred(c *call) *reply {
	q := c.r.URL.Query()
	per := clamp(q.Get("per_page"), 30, 100)
	at := clamp(q.Get("page"), 1, 1<<30)
	s.mu.Lock()
	likes, total := s.slice(c, (at-1)*per, per, q.Get("direction") == "asc")
	s.mu.Unlock()

	accept := c.r.Header.Get("Accept")
	timed := strings.Contains(accept, "star+json")
	var b bytes.Buffer
	b.WriteByte('[')
	for i, l := range likes {
		if i > 0 {
			b.WriteByte(',')
		}
		if timed {
			fmt.Fprintf(&b, `{"starred_at":%q,"repo":`, l.time().Format(time.RFC3339))
		}
		s.writeRepo(&b, c.account, l)
		if timed {
			b.WriteByte('}')
		}
	}
	b.WriteByte(']')
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	rep.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	rep.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	s.githubLinks(c, rep, at, (total+per-1)/per)
	return rep.tag(c, true)
}

// githubLinks names the neighbours of a page. The first page has no first and
// prev, the last no next and last; a page past the end points back to the last.
func (s *Sim) githubLinks(c *call, rep *reply, at, last int) {
	var links []string
	add := func(rel string, n int) {
		links = append(links, fmt.Sprintf(`<%s>; rel="%s"`, s.githubPage(c, strconv.Itoa(n)), rel))
	}
	if at > 1 && last > 0 {
		add("prev", min(at-1, last))
	}
	if at < last {
		add("next", at+1)
		add("last", last)
	}
	if at > 1 && last > 0 {
		add("first", 1)
	}
	if len(links) > 0 {
		rep.header.Set("Link", strings.Join(links, ", "))
	}
}

// githubPage is the address of another page of the same list.
func (s *Sim) githubPage(c *call, n string) string {
	q := c.r.URL.Query()
	q.Set("page", n)
	p := c.r.URL.Path
	if s.opt.NumericLinks {
		p = "/user/" + c.account.id + "/starred"
	}
	return originOf(c.r) + p + "?" + q.Encode()
}

func (github) next(c *call, rep *reply, to string) {
	link := to
	if !strings.HasPrefix(to, "http") {
		q := c.r.URL.Query()
		q.Set("page", to)
		link = originOf(c.r) + c.r.URL.Path + "?" + q.Encode()
	}
	rep.header.Set("Link", fmt.Sprintf(`<%[1]s>; rel="prev", <%[1]s>; rel="next", <%[1]s>; rel="last"`, link))
}

// originOf is scheme and host as the caller wrote them.
func originOf(r *http.Request) string {
	u := url.URL{Scheme: r.URL.Scheme, Host: r.Host}
	if u.Scheme == "" {
		u.Scheme = "http"
	}
	return u.String()
}

// clamp reads a number from 1 to most; what is no number gives the default.
func clamp(text string, otherwise, most int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return otherwise
	}
	return min(n, most)
}
