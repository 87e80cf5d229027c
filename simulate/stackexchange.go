package simulate

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// StackExchange is api.stackexchange.com. Likes are favourites at its site
// stackoverflow; at every other site an account has none.
const StackExchange = "stackexchange"

// stackexchange answers as version 2.3 of the API does (api.stackexchange.com/docs)
// and, for an account that lacks "favorites", as it has done since favourites
// became Saves: with an empty list.
type stackexchange struct{}

func stackexchangeSite() *site {
	return &site{
		name: StackExchange, hosts: []string{"api.stackexchange.com"}, shape: stackexchange{}, packs: true,
		budgets: []Budget{{Name: "day", Limit: 10_000, Per: 24 * time.Hour, Aligned: true}},
		join:    func(_ *Sim, a *account) { a.id = fmt.Sprint(1_000_000 + a.index); a.name = a.id },
		issue: func(s *Sim, c *credential, r *rand.Rand, now time.Time) {
			s.grant(c, hexes(r, 24)+"))", now, 0)
			c.key = hexes(r, 22) + "(("
		},
		secret:    func(r *http.Request) string { return r.URL.Query().Get("access_token") },
		inAddress: []string{"access_token", "key"},
		form:      form{pages: []string{"/me/favorites"}, path: []string{"items"}, ids: []string{"question_id"}, empty: `{"items":[],"has_more":true,"quota_max":10000,"quota_remaining":9000}`, place: []string{"page"}},
		lists: []*listing{{
			name: StackExchange,
			item: func(_ *Sim, a *account, l like) string { return fmt.Sprint(questionNumber(a, l.k)) },
		}},
	}
}

func questionNumber(a *account, k uint32) uint64 {
	return 60_000_000 + uint64(a.index)*10_000_000 + uint64(k)
}

func (e stackexchange) answer(s *Sim, c *call) *reply {
	q := c.r.URL.Query()
	switch {
	case c.token == "":
		return e.refusal(http.StatusBadRequest, 401, "access_token_required", "This method requires an access_token")
	case c.cred == nil:
		return e.denied("unknown")
	case q.Get("key") != c.cred.key:
		return e.refusal(http.StatusBadRequest, 405, "key_required", "`key` is required when `access_token` is passed")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if why := c.cred.state(c.token, s.now()); why != "" {
		return e.denied(why)
	}
	switch c.r.URL.Path {
	case "/2.3/me/associated":
		return e.wrap(s, c, fmt.Sprintf(`{"account_id":%s,"user_id":12,"reputation":101,"site_name":"Stack Overflow","site_url":"https://stackoverflow.com"}`, c.account.id), false)
	case "/2.3/me/favorites":
		if q.Get("site") == "" {
			return e.refusal(http.StatusBadRequest, 400, "bad_parameter", "site is required")
		}
		return s.favorites(c)
	}
	return e.refusal(http.StatusBadRequest, 404, "no_method", "no method found with this name")
}

func (stackexchange) refusal(status, id int, name, text string) *reply {
	return jsonReply(status, map[string]any{"error_id": id, "error_name": name, "error_message": text})
}

func (e stackexchange) denied(why string) *reply {
	if why == "" {
		return e.refusal(http.StatusBadRequest, 401, "access_token_required", "This method requires an access_token")
	}
	return e.refusal(http.StatusBadRequest, 402, "invalid_access_token", "The access_token is invalid, or has expired")
}

func (e stackexchange) limited(c *call, w *window) *reply {
	return e.refusal(http.StatusBadRequest, 502, "throttle_violation", fmt.Sprintf("too many requests from this IP, more requests available in %d seconds", secondsTo(c.at, w.End)))
}

// headers tell nothing: the body does.
func (stackexchange) headers(http.Header, *window, time.Time) {}

// wrap puts objects into what is around all answers. Options.Backoff asks for a
// pause after every fourth call. The lock is held.
func (stackexchange) wrap(s *Sim, c *call, objects string, more bool) *reply {
	most, left := 10_000, 9_999
	if w := tightest(c.windows); w != nil {
		most, left = w.Limit, w.left()
	}
	pause := ""
	if wait := s.opt.Backoff; wait > 0 && c.nth%4 == 0 {
		s.block(c.callerKey(), s.now().Add(wait), "the body of an answer asked to back off")
		pause = fmt.Sprintf(`,"backoff":%d`, int(wait.Seconds()))
	}
	rep := &reply{status: http.StatusOK, header: http.Header{}}
	rep.body = fmt.Appendf(nil, `{"items":[%s],"has_more":%t,"quota_max":%d,"quota_remaining":%d%s}`, objects, more, most, left, pause)
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	return rep
}

// favorites is a page of the list, by the time of the favourite. The lock is held.
func (s *Sim) favorites(c *call) *reply {
	q := c.r.URL.Query()
	per, at := clamp(q.Get("pagesize"), 30, 100), clamp(q.Get("page"), 1, 1<<30)
	all := c.account.likes
	if q.Get("site") != "stackoverflow" || c.account.lacks("favorites") {
		all = nil
	}
	rows, total := numbered(newestFirst(all), at, per)
	if c.invent > 0 {
		rows, total = s.slice(c, (at-1)*per, per, false)
	}
	var b bytes.Buffer
	writeAll(&b, rows, func(l like) { s.writeQuestion(&b, c.account, l) })
	rep := stackexchange{}.wrap(s, c, b.String(), at*per < total)
	rep.list = true
	return rep
}

// writeQuestion writes a question as the API does, its texts as HTML.
func (s *Sim) writeQuestion(b *bytes.Buffer, a *account, l like) {
	t, id := s.repository(a, l.k), questionNumber(a, l.k)
	tags := "[]"
	if len(t.tags) > 0 {
		tags = string(jsonReply(0, t.tags).body)
	}
	fmt.Fprintf(b, `{"tags":%s,"owner":{"account_id":%d,"reputation":101,"user_id":%d,"user_type":"registered","profile_image":"https://i.example/%d.png","display_name":%s,"link":"https://stackoverflow.com/users/%d/x"},"is_answered":true,"view_count":%d,"answer_count":2,"score":%d,"last_activity_date":%d,"creation_date":%d,"question_id":%d,"link":"https://stackoverflow.com/questions/%d/%s","title":%s}`,
		tags, 5000+t.author.n, 100+t.author.n, t.author.n, quote(html.EscapeString(t.author.full())), 100+t.author.n, t.count, t.count/5, l.at/1000, l.created/1000, id, id, t.title,
		quote(html.EscapeString("Why does "+strings.ReplaceAll(t.title, "-", " ")+" matter?")))
}

// next says in a list's reply that the list goes on: by has_more alone.
func (stackexchange) next(_ *call, rep *reply, _ string) {
	rep.body = bytes.Replace(rep.body, []byte(`"has_more":false`), []byte(`"has_more":true`), 1)
}
