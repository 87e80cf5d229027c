package simulate

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pinboard answers as Pinboard's API does (pinboard.in/api): posts/update, posts/all,
// posts/recent and posts/get. Nothing tells of a quota.
type pinboard struct{}

func pinboardSite() *site {
	return &site{
		name: Pinboard, hosts: []string{"api.pinboard.in"}, shape: pinboard{},
		budgets: []Budget{
			{Name: "calls", Limit: 1, Per: 3 * time.Second, Secondary: true},
			{Name: "all", Limit: 1, Per: 5 * time.Minute, Secondary: true, Only: "all"},
			{Name: "recent", Limit: 1, Per: time.Minute, Secondary: true, Only: "recent"},
		},
		join: func(_ *Sim, a *account) { a.id, a.name = a.spec.Name, a.spec.Name },
		issue: func(s *Sim, c *credential, r *rand.Rand, now time.Time) {
			s.grant(c, c.account.spec.Name+":"+strings.ToUpper(hexes(r, 20)), now, 0)
		},
		secret:    func(r *http.Request) string { return r.URL.Query().Get("auth_token") },
		inAddress: []string{"auth_token"},
		form:      form{pages: []string{"/posts/all"}, ids: []string{"hash"}, empty: "[]", place: []string{"todt", "start"}},
		lists: []*listing{{
			name: Pinboard,
			item: func(s *Sim, a *account, l like) string { return hashed(s.bookmarked(a, l.k)) },
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}},
	}
}

// bookmarked is the address of a bookmark.
func (s *Sim) bookmarked(a *account, k uint32) string {
	t := s.repository(a, k)
	return "https://" + t.author.login() + ".example/" + t.title
}

func hashed(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (p pinboard) answer(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.cred == nil || c.cred.state(c.token, s.now()) != "" {
		return p.denied("unknown")
	}
	method, ok := strings.CutPrefix(c.r.URL.Path, "/v1/posts/")
	q := c.r.URL.Query()
	if q.Get("format") != "json" { // the default is XML
		return page(http.StatusNotImplemented, "")
	}
	a := c.account
	date := s.now().Format(time.RFC3339)
	switch {
	case !ok || c.r.Method != http.MethodGet:
	case method == "update":
		last := max(a.lastAt, a.born.UnixMilli())
		if ms := a.dropped.UnixMilli(); !a.dropped.IsZero() {
			last = max(last, ms)
		}
		return jsonReply(http.StatusOK, map[string]string{"update_time": time.UnixMilli(last).UTC().Format(time.RFC3339)})
	case method == "all":
		rep := &reply{status: http.StatusOK, header: http.Header{}, list: true, body: s.writeBookmarks(c, s.saved(c))}
		rep.header.Set("Content-Type", "application/json; charset=utf-8")
		return rep
	case method == "recent":
		rows := slices.Clone(a.likes[max(0, len(a.likes)-clamp(q.Get("count"), 15, 100)):])
		slices.Reverse(rows)
		return p.day(a, date, s.writeBookmarks(c, rows))
	case method == "get":
		rows := slices.DeleteFunc(slices.Clone(a.likes), func(l like) bool { return s.bookmarked(a, l.k) != q.Get("url") })
		return p.day(a, date, s.writeBookmarks(c, rows))
	}
	return page(http.StatusNotFound, "")
}

func (pinboard) day(a *account, date string, posts []byte) *reply {
	return jsonReply(http.StatusOK, map[string]any{"date": date, "user": a.name, "posts": json.RawMessage(posts)})
}

// saved picks the bookmarks of posts/all, newest first: those saved before todt,
// not before fromdt.
func (s *Sim) saved(c *call) []like {
	q := c.r.URL.Query()
	start, _ := strconv.Atoi(q.Get("start")) // what is no number counts as absent
	results, err := strconv.Atoi(q.Get("results"))
	if err != nil || results < 0 {
		results = 1 << 30
	}
	if c.invent > 0 {
		rows, _ := s.slice(c, 0, min(results, 100), false)
		return rows
	}
	from, _ := time.Parse(time.RFC3339, q.Get("fromdt"))
	to, toErr := time.Parse(time.RFC3339, q.Get("todt"))
	var out []like
	for _, l := range slices.Backward(c.account.likes) {
		if at := l.time(); at.Before(from) || toErr == nil && !at.Before(to) {
			continue
		}
		if start--; start >= 0 {
			continue
		}
		if out = append(out, l); len(out) == results {
			break
		}
	}
	return out
}

// writeBookmarks writes bookmarks as Pinboard does: an empty title is false.
func (s *Sim) writeBookmarks(c *call, rows []like) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, l := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		t, href := s.repository(c.account, l.k), s.bookmarked(c.account, l.k)
		name, shared := quote(t.title), "yes"
		if l.k%16 == 5 {
			name = "false"
		}
		if t.private {
			shared = "no"
		}
		b.WriteString(`{"href":` + quote(href) + `,"description":` + name + `,"extended":` + quote(t.text) +
			`,"meta":"` + hashed(t.text+shared) + `","hash":"` + hashed(href) + `","time":"` + l.time().Format(time.RFC3339) +
			`","shared":"` + shared + `","toread":"no","tags":` + quote(strings.Join(t.tags, " ")) + `}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func (pinboard) limited(*call, *window) *reply { return page(http.StatusTooManyRequests, "") }

func (pinboard) denied(string) *reply {
	rep := page(http.StatusUnauthorized, "")
	rep.header.Set("WWW-Authenticate", `Basic realm="Pinboard API"`)
	return rep
}

func (pinboard) headers(http.Header, *window, time.Time) {}

// next has nothing to write: the list goes on where the caller thinks.
func (pinboard) next(*call, *reply, string) {}
