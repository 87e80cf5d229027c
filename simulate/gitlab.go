package simulate

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// GitLab is gitlab.com. It answers to lab.example as well, so that an account may be
// on a server of its own.
const GitLab = "gitlab"

const gitlabHost = "gitlab.com"

// gitlab answers as GitLab documents it for projects (docs.gitlab.com/api/projects,
// /api/rest, /rate_limits).
type gitlab struct{}

func gitlabSite() *site {
	return &site{
		name: GitLab, hosts: []string{gitlabHost, "lab.example"}, shape: gitlab{},
		budgets: []Budget{
			{Name: "api", Limit: 2000, Per: time.Minute},
			{Name: "projects", Limit: 2000, Per: 10 * time.Minute, Secondary: true, Only: "projects"},
		},
		join: func(_ *Sim, a *account) {
			a.id, a.name = fmt.Sprint(30_000+a.index), a.spec.Name+"@"+gitlabHost
		},
		issue: bare(func(r *rand.Rand) string { return "glpat-" + hexes(r, 20) }),
		form:  form{pages: []string{"/projects"}, ids: []string{"id"}, empty: "[]", place: []string{"id_after", "page"}},
		lists: []*listing{{
			name: GitLab,
			item: func(_ *Sim, _ *account, l like) string { return fmt.Sprint(gitlabNumber(l.k)) },
		}},
	}
}

// gitlabNumber is a project's: it says nothing of when it was starred.
func gitlabNumber(k uint32) int64 { return 1 + int64(scatter(k)) }

func (g gitlab) answer(s *Sim, c *call) *reply {
	p, ok := strings.CutPrefix(c.r.URL.Path, "/api/v4")
	if !ok || c.r.Method != http.MethodGet {
		return jsonReply(http.StatusNotFound, map[string]string{"error": "404 Not Found"})
	}
	if c.cred == nil {
		return g.denied("unknown")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch why := c.cred.state(c.token, s.now()); {
	case why != "":
		return g.denied(why)
	case p == "/personal_access_tokens/self":
		return jsonReply(http.StatusOK, map[string]any{
			"id": 4, "name": "collector", "revoked": false, "created_at": c.account.born.Format(time.RFC3339), "scopes": c.account.granted("read_api"),
			"user_id": number(c.account.id), "last_used_at": nil, "active": true, "expires_at": s.now().Add(90 * 24 * time.Hour).Format(time.DateOnly),
		})
	case c.account.lacks("read_api"):
		return jsonReply(http.StatusForbidden, map[string]string{
			"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api read_api",
		})
	case p == "/user":
		origin := publicOrigin(c.r, gitlabHost)
		return jsonReply(http.StatusOK, map[string]any{
			"id": number(c.account.id), "username": c.account.spec.Name, "name": title(c.account.spec.Name), "state": "active", "locked": false,
			"avatar_url": nil, "web_url": origin + "/" + c.account.spec.Name, "created_at": c.account.born.Format(time.RFC3339), "followers": 0, "external": false,
		})
	case p == "/projects":
		return s.gitlabProjects(c)
	}
	return jsonReply(http.StatusNotFound, map[string]string{"error": "404 Not Found"})
}

// denied is RFC 6750's code for a token that was known once, else a plain refusal.
func (gitlab) denied(why string) *reply {
	switch why {
	case "revoked", "expired":
		return jsonReply(http.StatusUnauthorized, map[string]string{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."})
	}
	return jsonReply(http.StatusUnauthorized, map[string]string{"message": "401 Unauthorized"})
}

func (g gitlab) limited(c *call, w *window) *reply {
	rep := jsonReply(http.StatusTooManyRequests, map[string]any{"message": map[string]string{"error": "This endpoint has been requested too many times. Try again later."}})
	rep.header.Set("Retry-After", strconv.Itoa(secondsTo(c.at, w.End)))
	g.headers(rep.header, w, c.at)
	return rep
}

func (gitlab) headers(h http.Header, w *window, _ time.Time) {
	h.Set("RateLimit-Limit", strconv.Itoa(w.Limit))
	h.Set("RateLimit-Observed", strconv.Itoa(w.Used))
	h.Set("RateLimit-Remaining", strconv.Itoa(w.left()))
	h.Set("RateLimit-Reset", strconv.FormatInt(w.End.Unix(), 10))
}

// gitlabProjects is a page of GET /projects?starred=true: newest project first
// unless it is ordered by number, between two numbers where they are given. The lock
// is held.
func (s *Sim) gitlabProjects(c *call) *reply {
	q := c.r.URL.Query()
	per, at := clamp(q.Get("per_page"), 20, 100), clamp(q.Get("page"), 1, 1<<30)
	after, before := number(q.Get("id_after")), number(q.Get("id_before"))
	var all []like
	for _, l := range c.account.likes {
		if n := gitlabNumber(l.k); q.Get("starred") == "true" && n > after && (before == 0 || n < before) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(x, y like) int {
		if q.Get("order_by") == "id" {
			return cmp.Compare(gitlabNumber(x.k), gitlabNumber(y.k))
		}
		return cmp.Compare(x.created, y.created)
	})
	if q.Get("sort") != "asc" {
		slices.Reverse(all)
	}
	rows, total := numbered(all, at, per)
	if c.invent > 0 {
		rows, total = s.slice(c, (at-1)*per, per, false)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	writeAll(&b, rows, func(l like) { s.writeProject(&b, c, l) })
	b.WriteByte(']')
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json")
	gitlabPages(c, rep, at, per, total)
	return rep.tag(c, false)
}

// gitlabPages tells of the pages of a list in both ways that GitLab has.
func gitlabPages(c *call, rep *reply, at, per, total int) {
	last := max(1, (total+per-1)/per)
	links := []string{gitlabLink(c.r, strconv.Itoa(1), "first"), gitlabLink(c.r, strconv.Itoa(last), "last")}
	next := ""
	if at < last {
		next = strconv.Itoa(at + 1)
		links = append([]string{gitlabLink(c.r, next, "next")}, links...)
	}
	rep.header.Set("Link", strings.Join(links, ", "))
	for name, value := range map[string]string{
		"X-Next-Page": next, "X-Page": strconv.Itoa(at), "X-Per-Page": strconv.Itoa(per), "X-Total": strconv.Itoa(total), "X-Total-Pages": strconv.Itoa(last),
	} {
		rep.header.Set(name, value)
	}
}

func gitlabLink(r *http.Request, page, rel string) string {
	q := url.Values{}
	for name, values := range r.URL.Query() {
		q[name] = values
	}
	q.Set("page", page)
	return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, originOf(r), r.URL.Path, q.Encode(), rel)
}

func (gitlab) next(c *call, rep *reply, to string) {
	link := gitlabLink(c.r, to, "next")
	if strings.HasPrefix(to, "http") {
		link = fmt.Sprintf(`<%s>; rel="next"`, to)
	}
	rep.header.Set("Link", link)
}

// writeProject writes a project as GitLab does.
func (s *Sim) writeProject(b *bytes.Buffer, c *call, l like) {
	t, origin := s.repository(c.account, l.k), publicOrigin(c.r, gitlabHost)
	login, id := t.author.login(), gitlabNumber(l.k)
	if c.invent > 0 {
		id = int64(l.k)
	}
	full, made := login+"/"+t.title, time.UnixMilli(l.created).UTC().Format("2006-01-02T15:04:05.000Z")
	topics, visibility := "[]", "public"
	if len(t.tags) > 0 {
		topics = string(jsonReply(0, t.tags).body)
	}
	if t.private {
		visibility = "private"
	}
	fmt.Fprintf(b, `{"id":%d,"description":%s,"name":%s,"path":%s,"path_with_namespace":%s,"created_at":%q,"default_branch":"main","tag_list":%s,"topics":%s,"web_url":"%s/%s","avatar_url":null,"star_count":%d,"forks_count":%d,"last_activity_at":%q,`,
		id, quote(t.text), quote(t.title), quote(t.title), quote(full), made, topics, topics, origin, full, t.count, t.count/9, made)
	fmt.Fprintf(b, `"namespace":{"id":%d,"name":%s,"path":%q,"kind":"user","full_path":%q,"parent_id":null,"avatar_url":null,"web_url":"%s/%s"},"archived":false,"visibility":%q}`,
		100+t.author.n, quote(t.author.full()), login, login, origin, login, visibility)
}
