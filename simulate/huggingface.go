package simulate

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HuggingFace is huggingface.co.
const HuggingFace = "huggingface"

// huggingface answers as the hub does for likes (huggingface.co/docs/hub/api and
// /docs/hub/rate-limits).
type huggingface struct{}

func huggingfaceSite() *site {
	return &site{
		name: HuggingFace, hosts: []string{"huggingface.co"}, shape: huggingface{},
		budgets: []Budget{{Name: "api", Limit: 1000, Per: 5 * time.Minute, Aligned: true}},
		join:    func(_ *Sim, a *account) { a.id, a.name = a.spec.Name, a.spec.Name },
		issue:   bare(func(r *rand.Rand) string { return "hf_" + hexes(r, 34) }),
		form:    form{pages: []string{"/likes"}, inner: []string{"repo"}, ids: []string{"name"}, empty: "[]", place: []string{"cursor"}},
		lists: []*listing{{
			name: HuggingFace,
			item: func(s *Sim, a *account, l like) string { return hubKind(l.k) + "/" + s.hubName(a, l.k) },
			told: func(l like) time.Time { return l.time() },
		}},
	}
}

// hubPage is how many likes a page has: the call has no word on it.
const hubPage = 60

func hubKind(k uint32) string { return []string{"model", "dataset", "space", "kernel"}[k%4] }

func (s *Sim) hubName(a *account, k uint32) string {
	t := s.repository(a, k)
	return t.author.login() + "/" + t.title
}

func (h huggingface) answer(s *Sim, c *call) *reply {
	if c.token != "" && c.cred == nil {
		return h.denied("unknown")
	}
	if c.cred != nil {
		s.mu.Lock()
		why := c.cred.state(c.token, s.now())
		s.mu.Unlock()
		if why != "" {
			return h.denied(why)
		}
	}
	name, likes := strings.CutSuffix(strings.TrimPrefix(c.r.URL.Path, "/api/users/"), "/likes")
	switch {
	case c.r.URL.Path == "/api/whoami-v2" && c.cred == nil:
		return h.denied("")
	case c.r.URL.Path == "/api/whoami-v2":
		s.mu.Lock()
		defer s.mu.Unlock()
		return jsonReply(http.StatusOK, map[string]any{
			"type": "user", "id": fmt.Sprintf("5f0c%020x", c.account.index), "name": c.account.name, "fullname": c.account.name, "isPro": false, "orgs": []any{},
			"auth": map[string]any{"type": "access_token", "accessToken": map[string]string{"displayName": "collector", "role": strings.Join(c.account.granted("read"), " ")}},
		}).tag(c, false)
	case likes:
		return s.hubLikes(c, name)
	}
	return jsonReply(http.StatusNotFound, map[string]string{"error": "Sorry, we can't find the page you are looking for."})
}

func (huggingface) denied(why string) *reply {
	text := "Invalid credentials in Authorization header"
	if why == "" {
		text = "Invalid username or password."
	}
	return jsonReply(http.StatusUnauthorized, map[string]string{"error": text})
}

func (h huggingface) limited(c *call, w *window) *reply {
	rep := jsonReply(http.StatusTooManyRequests, map[string]string{"error": "We had to rate limit you. Please retry later."})
	h.headers(rep.header, w, c.at)
	return rep
}

// headers are those of draft-ietf-httpapi-ratelimit-headers: t is in seconds to go.
func (huggingface) headers(h http.Header, w *window, now time.Time) {
	h.Set("RateLimit", fmt.Sprintf(`"api";r=%d;t=%d`, w.left(), secondsTo(now, w.End)))
	h.Set("RateLimit-Policy", fmt.Sprintf(`"fixed window";"api";q=%d;w=300`, w.Limit))
}

// hubLikes is a page of a person's likes, newest first. Anybody may read it.
func (s *Sim) hubLikes(c *call, name string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[HuggingFace+"/"+name]
	if a == nil {
		return jsonReply(http.StatusNotFound, map[string]string{"error": "This user does not exist"})
	}
	size := clamp(c.r.URL.Query().Get("limit"), hubPage, hubPage)
	var before int64
	if raw, err := base64.RawURLEncoding.DecodeString(c.r.URL.Query().Get("cursor")); err == nil {
		before, _ = strconv.ParseInt(string(raw), 10, 64) // made by us; what is none is the start
	}
	var rows []like
	more := false
	for i := len(a.likes) - 1; i >= 0; i-- {
		if l := a.likes[i]; before == 0 || l.at < before {
			if more = len(rows) == size; more {
				break
			}
			rows = append(rows, l)
		}
	}
	if c.invent > 0 {
		rows, _ = s.slice(c, 0, size, false)
	}
	var b bytes.Buffer
	b.WriteByte('[')
	writeAll(&b, rows, func(l like) {
		fmt.Fprintf(&b, `{"createdAt":%q,"repo":{"name":%s,"type":%q}}`, l.time().Format("2006-01-02T15:04:05.000Z"), quote(s.hubName(a, l.k)), hubKind(l.k))
	})
	b.WriteByte(']')
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	if more {
		huggingface{}.next(c, rep, base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint(rows[len(rows)-1].at))))
	}
	return rep.tag(c, false)
}

func (huggingface) next(c *call, rep *reply, to string) {
	link := to
	if !strings.HasPrefix(to, "http") {
		link = originOf(c.r) + c.r.URL.Path + "?limit=" + fmt.Sprint(hubPage) + "&cursor=" + to
	}
	rep.header.Set("Link", fmt.Sprintf(`<%s>; rel="next"`, link))
}
