package simulate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"time"
)

// Gist is a further list of a GitHub account: its starred gists.
const Gist = "gist"

func gistList() *listing {
	return &listing{
		name: Gist,
		in:   func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/gists") },
		item: func(s *Sim, a *account, l like) string { return s.gistID(a, l.k) },
	}
}

// gistID is hexadecimal and says nothing of when the gist was made or starred.
func (s *Sim) gistID(a *account, k uint32) string {
	return hexes(rand.New(rand.NewPCG(s.opt.Seed^0x915, uint64(a.index)<<32|uint64(k))), 32)
}

// gists answers the calls around starred gists (docs.github.com/rest/gists/gists).
func (s *Sim) gists(c *call) *reply {
	switch p := c.r.URL.Path; {
	case p == "/gists/starred":
		return s.starredGists(c)
	case path.Base(p) == "star" && path.Dir(path.Dir(p)) == "/gists":
		return s.gistCheck(c.account, path.Base(path.Dir(p)))
	}
	return github{}.message(http.StatusNotFound, "Not Found")
}

// starredGists is a page of GET /gists/starred. Its order is not documented: here
// a new star stands anywhere.
func (s *Sim) starredGists(c *call) *reply {
	q := c.r.URL.Query()
	per, at := clamp(q.Get("per_page"), 30, 100), clamp(q.Get("page"), 1, 1<<30)
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []like
	total := 0
	switch {
	case c.invent > 0:
		page, total = s.slice(c, (at-1)*per, per, false)
	case c.account.list.name == Gist: // else the account has starred none
		page, total = numbered(scattered(c.account.likes), at, per)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	writeAll(&b, page, func(l like) { s.writeGist(&b, c.account, l) })
	b.WriteByte(']')
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	rep.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	s.githubLinks(c, rep, at, (total+per-1)/per)
	return rep.tag(c, true)
}

// gistCheck is GET /gists/{id}/star: 204, 404 with an empty object for a gist that
// is not starred, 404 with a message for one that nobody may see.
func (s *Sim) gistCheck(a *account, id string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range a.likes {
		if s.itemID(a, l) == id {
			return empty(http.StatusNoContent)
		}
	}
	for _, l := range a.old {
		if s.itemID(a, l) == id && !l.gone {
			return jsonReply(http.StatusNotFound, map[string]string{})
		}
	}
	return github{}.message(http.StatusNotFound, "Not Found")
}

// writeGist writes a gist as GitHub does, without the content of its file.
func (s *Sim) writeGist(b *bytes.Buffer, a *account, l like) {
	t, id := s.repository(a, l.k), s.gistID(a, l.k)
	login, api := t.author.login(), "https://api.github.com/gists/"+id
	stamp := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
	fmt.Fprintf(b, `{"url":%q,"forks_url":"%s/forks","commits_url":"%s/commits","id":%q,"node_id":"G_%s","git_pull_url":"https://gist.github.com/%s.git","git_push_url":"https://gist.github.com/%s.git","html_url":"https://gist.github.com/%s/%s",`,
		api, api, api, id, id[:12], id, id, login, id)
	name := t.title + ".md"
	fmt.Fprintf(b, `"files":{%s:{"filename":%s,"type":"text/markdown","language":"Markdown","raw_url":"https://gist.githubusercontent.com/%s/%s/raw/%s","size":%d}},`,
		quote(name), quote(name), login, id, name, t.count)
	fmt.Fprintf(b, `"public":%t,"created_at":%q,"updated_at":%q,"description":%s,"comments":%d,"user":null,"comments_url":"%s/comments",`,
		!t.private, stamp(l.created), stamp(l.created), quote(t.text), t.count%7, api)
	fmt.Fprintf(b, `"owner":{"login":%q,"id":%d,"avatar_url":"https://avatars.githubusercontent.com/u/%d?v=4","html_url":"https://github.com/%s","type":"User","site_admin":false},"truncated":false}`,
		login, 5_000_000+t.author.n%90_000_000, 5_000_000+t.author.n%90_000_000, login)
}
