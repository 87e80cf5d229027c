package simulate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Gitea is a server of Gitea: git.example. It answers to code.example as well, so
// that an account may be on a server of its own, whose repositories have the same
// numbers.
const Gitea = "gitea"

const giteaHost = "git.example"

// gitea answers as Gitea 1.26.0 did when it was run (docs.gitea.com/api).
type gitea struct{}

func giteaSite() *site {
	return &site{
		name: Gitea, hosts: []string{giteaHost, "code.example"}, shape: gitea{},
		join: func(_ *Sim, a *account) {
			a.id, a.name = fmt.Sprint(2+a.index), a.spec.Name+"@"+giteaHost
		},
		issue: bare(func(r *rand.Rand) string { return hexes(r, 40) }),
		form:  form{pages: []string{"/starred"}, ids: []string{"id"}, empty: "[]", place: []string{"page"}},
		lists: []*listing{{
			name: Gitea,
			item: func(_ *Sim, _ *account, l like) string { return fmt.Sprint(giteaNumber(l.k)) },
		}},
	}
}

// giteaNumber counts on each server from the same beginning.
func giteaNumber(k uint32) uint64 { return 1 + uint64(scatter(k)) }

func (g gitea) answer(s *Sim, c *call) *reply {
	p, ok := strings.CutPrefix(c.r.URL.Path, "/api/v1")
	if !ok || c.r.Method != http.MethodGet {
		return g.message(c, http.StatusNotFound, "The target couldn't be found.")
	}
	if c.token == "" {
		return g.message(c, http.StatusUnauthorized, "token is required")
	}
	if c.cred == nil {
		return g.denied("unknown")
	}
	s.mu.Lock()
	why := c.cred.state(c.token, s.now())
	var missing string
	for _, scope := range []string{"read:user", "read:repository"} {
		if c.account.lacks(scope) && (scope == "read:user" || p != "/user") {
			missing = scope
		}
	}
	s.mu.Unlock()
	switch {
	case why != "":
		return g.denied(why)
	case missing != "":
		return g.message(c, http.StatusForbidden, "token does not have at least one of required scope(s), required=["+missing+"], token scope=read:misc")
	case p == "/user":
		return s.giteaUser(c)
	case p == "/user/starred":
		return s.giteaStarred(c)
	case strings.HasPrefix(p, "/user/starred/"):
		return s.giteaCheck(c, strings.TrimPrefix(p, "/user/starred/"))
	}
	return g.message(c, http.StatusNotFound, "The target couldn't be found.")
}

func (gitea) message(c *call, status int, text string) *reply {
	return jsonReply(status, map[string]string{"message": text, "url": originOf(c.r) + "/api/swagger"})
}

func (gitea) denied(why string) *reply {
	text := "invalid username, password or token"
	if why == "" {
		text = "token is required"
	}
	return jsonReply(http.StatusUnauthorized, map[string]string{"message": text})
}

// limited is the answer of the proxy before a server: Gitea itself has no limit.
func (gitea) limited(c *call, w *window) *reply {
	rep := page(http.StatusTooManyRequests, "")
	rep.header.Set("Retry-After", strconv.Itoa(secondsTo(c.at, w.End)))
	return rep
}

func (gitea) headers(http.Header, *window, time.Time) {}

func (s *Sim) giteaUser(c *call) *reply {
	a, origin := c.account, publicOrigin(c.r, giteaHost)
	return jsonReply(http.StatusOK, map[string]any{
		"id": number(a.id), "login": a.spec.Name, "username": a.spec.Name, "login_name": "", "source_id": 0, "full_name": "",
		"email": a.spec.Name + "@noreply." + giteaHost, "avatar_url": origin + "/avatars/" + a.id, "html_url": origin + "/" + a.spec.Name,
		"language": "en-US", "is_admin": false, "created": a.born.Format(time.RFC3339), "visibility": "public",
		"followers_count": 1, "following_count": 2, "starred_repos_count": len(a.likes),
	})
}

// giteaStarred is a page of GET /user/starred: in order of the repositories'
// numbers, 50 at most whatever is asked.
func (s *Sim) giteaStarred(c *call) *reply {
	q := c.r.URL.Query()
	per, at := clamp(q.Get("limit"), 30, 50), clamp(q.Get("page"), 1, 1<<30)
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, total := numbered(scattered(c.account.likes), at, per)
	if c.invent > 0 {
		rows, total = s.slice(c, (at-1)*per, per, false)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	writeAll(&b, rows, func(l like) { s.writeGiteaRepo(&b, c, l) })
	b.WriteByte(']')
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json;charset=utf-8")
	rep.header.Set("Cache-Control", "max-age=0, private, must-revalidate, no-transform")
	rep.header.Set("X-Total-Count", strconv.Itoa(total))
	rep.header.Set("Access-Control-Expose-Headers", "Link, X-Total-Count")
	giteaLinks(c, rep, at, per, (total+per-1)/per)
	return rep
}

// giteaLinks names the neighbours of a page. One past the end counts as the last
// one, so its "prev" skips the page before it.
func giteaLinks(c *call, rep *reply, at, per, last int) {
	at = min(at, max(last, 1))
	var links []string
	add := func(rel string, n int) {
		links = append(links, fmt.Sprintf(`<%s%s?limit=%d&page=%d>; rel="%s"`, originOf(c.r), c.r.URL.Path, per, n, rel))
	}
	if at < last {
		add("next", at+1)
		add("last", last)
	}
	if at > 1 {
		add("first", 1)
		add("prev", at-1)
	}
	if len(links) > 0 {
		rep.header.Set("Link", strings.Join(links, ","))
	}
}

func (gitea) next(c *call, rep *reply, to string) {
	link := to
	if !strings.HasPrefix(to, "http") {
		link = originOf(c.r) + c.r.URL.Path + "?limit=50&page=" + to
	}
	rep.header.Set("Link", fmt.Sprintf(`<%s>; rel="next"`, link))
}

// giteaCheck answers whether a repository is starred: 204 or 404.
func (s *Sim) giteaCheck(c *call, fullName string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range c.account.likes {
		if t := s.repository(c.account, l.k); strings.EqualFold(t.author.login()+"/"+t.title, fullName) {
			return empty(http.StatusNoContent)
		}
	}
	return gitea{}.message(c, http.StatusNotFound, "The target couldn't be found.")
}

// writeGiteaRepo writes a repository as Gitea does.
func (s *Sim) writeGiteaRepo(b *bytes.Buffer, c *call, l like) {
	t, origin := s.repository(c.account, l.k), publicOrigin(c.r, giteaHost)
	login := t.author.login()
	full, made := login+"/"+t.title, time.UnixMilli(l.created).UTC().Format(time.RFC3339)
	id := giteaNumber(l.k)
	if c.invent > 0 {
		id = uint64(l.k)
	}
	topics := "[]"
	if len(t.tags) > 0 {
		topics = string(jsonReply(0, t.tags).body)
	}
	fmt.Fprintf(b, `{"id":%d,"owner":{"id":%d,"login":%q,"full_name":"","avatar_url":"%s/avatars/%d","html_url":"%s/%s","username":%q},"name":%s,"full_name":%s,"description":%s,"empty":false,"private":%t,"fork":false,`,
		id, 100+t.author.n, login, origin, t.author.n, origin, login, login, quote(t.title), quote(full), quote(t.text), t.private)
	fmt.Fprintf(b, `"language":%s,"html_url":"%s/%s","clone_url":"%s/%s.git","stars_count":%d,"forks_count":%d,"default_branch":"main","archived":false,"created_at":%q,"updated_at":%q,"internal":false,"topics":%s}`,
		quote(t.language), origin, full, origin, full, t.count, t.count/9, made, made, topics)
}
