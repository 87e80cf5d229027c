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

// Forem is dev.to, a server of Forem.
const Forem = "forem"

// forem answers as Forem does for the reading list (developers.forem.com/api/v1,
// and its code where the two differ).
type forem struct{}

func foremSite() *site {
	return &site{
		name: Forem, hosts: []string{"dev.to"}, shape: forem{},
		budgets: []Budget{{Name: "address", Limit: 30, Per: 10 * time.Second, ByAddress: true}},
		join:    func(_ *Sim, a *account) { a.id, a.name = fmt.Sprint(1400+a.index), a.spec.Name },
		issue:   bare(func(r *rand.Rand) string { return hexes(r, 24) }),
		secret:  func(r *http.Request) string { return r.Header.Get("Api-Key") },
		form:    form{pages: []string{"/readinglist"}, inner: []string{"article"}, ids: []string{"id"}, empty: "[]", place: []string{"page"}},
		lists: []*listing{{
			name: Forem,
			item: func(_ *Sim, a *account, l like) string { return fmt.Sprint(articleNumber(a, l.k)) },
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}},
	}
}

// foremPage is the most entries of a page: fewer than the description allows, so
// that a page is short and not the last.
const foremPage = 60

func articleNumber(a *account, k uint32) uint64 {
	return 300_000 + uint64(a.index)*10_000_000 + uint64(k)
}

func (f forem) answer(s *Sim, c *call) *reply {
	if c.cred == nil {
		return f.denied("unknown")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch p := c.r.URL.Path; {
	case c.cred.state(c.token, s.now()) != "":
		return f.denied("revoked")
	case p == "/api/users/me":
		return jsonReply(http.StatusOK, map[string]any{
			"type_of": "user", "id": number(c.account.id), "username": c.account.name, "name": title(c.account.name),
			"joined_at": c.account.born.Format("Jan 2, 2006"), "profile_image": "/uploads/user/profile_image/" + c.account.id + "/0.jpeg",
		})
	case p == "/api/readinglist":
		return s.readingList(c)
	}
	return jsonReply(http.StatusNotFound, map[string]any{"error": "not found", "status": http.StatusNotFound})
}

func (forem) denied(string) *reply {
	return jsonReply(http.StatusUnauthorized, map[string]any{"error": "unauthorized", "status": http.StatusUnauthorized})
}

func (forem) limited(c *call, w *window) *reply {
	rep := jsonReply(http.StatusTooManyRequests, map[string]any{"error": "Rate limit reached", "status": http.StatusTooManyRequests})
	rep.header.Set("Retry-After", strconv.Itoa(secondsTo(c.at, w.End)))
	return rep
}

func (forem) headers(http.Header, *window, time.Time) {}

// next changes nothing: a page names no other.
func (forem) next(*call, *reply, string) {}

// readingList is a page of the saved articles, newest save first. The lock is held.
func (s *Sim) readingList(c *call) *reply {
	q := c.r.URL.Query()
	per, at := clamp(q.Get("per_page"), 30, foremPage), clamp(q.Get("page"), 1, 1<<30)
	rows, _ := numbered(newestFirst(c.account.likes), at, per)
	if c.invent > 0 {
		rows, _ = s.slice(c, (at-1)*per, per, false)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	writeAll(&b, rows, func(l like) { s.writeSave(&b, c.account, l) })
	b.WriteByte(']')
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	return rep.tag(c, false)
}

// writeSave writes an entry of the list as Forem does.
func (s *Sim) writeSave(b *bytes.Buffer, a *account, l like) {
	t := s.repository(a, l.k)
	id, login := articleNumber(a, l.k), t.author.login()
	where := fmt.Sprintf("https://dev.to/%s/%s-%d", login, t.title, id)
	stamp := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
	tags := "[]"
	if len(t.tags) > 0 {
		tags = string(jsonReply(0, t.tags).body)
	}
	fmt.Fprintf(b, `{"type_of":"readinglist","id":%d,"status":"valid","created_at":%q,"article":{"type_of":"article","id":%d,"title":%s,"description":%s,"url":%q,"cover_image":null,"social_image":"https://media.example/%d.png","published_at":%q,"published_timestamp":%q,"tag_list":%s,"tags":%q,"user":{"name":%s,"username":%q,"profile_image":"https://media.example/%s.png"}}}`,
		uint64(l.at)%1_000_000_000, stamp(l.at), id, quote(title(strings.ReplaceAll(t.title, "-", " "))), quote(t.text), where, id, stamp(l.created), stamp(l.created),
		tags, strings.Join(t.tags, ", "), quote(t.author.full()), login, login)
}
