package simulate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Vimeo is api.vimeo.com.
const Vimeo = "vimeo"

// vimeo answers as Vimeo's API 3.4 does (developer.vimeo.com/api): me, me/likes in the
// wrapper of lists, me/likes/{video}, and the fields that are asked for.
type vimeo struct{}

func vimeoSite() *site {
	return &site{
		name: Vimeo, hosts: []string{"api.vimeo.com"}, shape: vimeo{},
		budgets:  []Budget{{Name: "calls", Limit: 50, Per: time.Minute}},
		parallel: 4,
		join:     func(_ *Sim, a *account) { a.id, a.name = fmt.Sprint(90_000+a.index), a.spec.Name },
		issue:    bare(func(r *rand.Rand) string { return hexes(r, 32) }),
		form: form{
			pages: []string{"/me/likes"}, path: []string{"data"}, ids: []string{"uri"}, place: []string{"page"},
			empty: `{"total":1,"page":1,"per_page":100,"paging":{"next":null},"data":[]}`,
		},
		lists: []*listing{{
			name: Vimeo,
			item: func(_ *Sim, a *account, l like) string { return fmt.Sprint(vimeoNumber(a, l.k)) },
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}},
	}
}

func vimeoNumber(a *account, k uint32) uint64 {
	return 100_000_000 + uint64(a.index)*10_000_000 + uint64(k)
}

func (v vimeo) answer(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.cred == nil || c.cred.state(c.token, s.now()) != "" {
		return v.denied("")
	}
	if !strings.HasPrefix(c.r.Header.Get("Accept"), "application/vnd.vimeo.*+json") {
		return v.failed(http.StatusNotAcceptable, 2205, "The version is not asked for")
	}
	video, one := strings.CutPrefix(c.r.URL.Path, "/me/likes/")
	switch {
	case c.r.Method != http.MethodGet:
	case c.r.URL.Path == "/me":
		return only(c, map[string]any{
			"uri": "/users/" + c.account.id, "name": title(c.account.name), "link": "https://vimeo.com/" + c.account.name, "account": "free",
			"metadata": map[string]any{"connections": map[string]any{"likes": map[string]any{"uri": "/users/" + c.account.id + "/likes", "total": len(c.account.likes)}}},
		})
	case c.r.URL.Path == "/me/likes":
		return v.liked(s, c)
	case one:
		for _, l := range c.account.likes {
			if s.itemID(c.account, l) == video {
				return empty(http.StatusNoContent)
			}
		}
		return jsonReply(http.StatusNotFound, map[string]string{"error": "The user hasn't liked the video."})
	}
	return v.failed(http.StatusNotFound, 5000, "The requested resource couldn't be found.")
}

// liked is a page of the liked videos, newest first. One behind the end is an error.
func (v vimeo) liked(s *Sim, c *call) *reply {
	q := c.r.URL.Query()
	n, err := strconv.Atoi(q.Get("page"))
	if q.Get("page") == "" {
		n, err = 1, nil
	}
	per := clamp(q.Get("per_page"), 25, 100)
	if err != nil || n < 1 || q.Get("sort") != "" && q.Get("sort") != "date" {
		return v.failed(http.StatusBadRequest, 2204, "The parameters passed to this API endpoint didn't pass Vimeo's validation.")
	}
	rows, total := s.slice(c, (n-1)*per, per, false)
	if len(rows) == 0 && n > 1 {
		return v.failed(http.StatusBadRequest, 2969, "Requested a page of results that does not exist.")
	}
	data := []any{}
	for _, l := range rows {
		data = append(data, s.vimeoVideo(c.account, l))
	}
	last := max(1, (total+per-1)/per)
	at := func(page int) any {
		if page < 1 || page > last {
			return nil
		}
		q.Set("page", strconv.Itoa(page))
		return c.r.URL.Path + "?" + q.Encode()
	}
	rep := only(c, map[string]any{
		"total": total, "page": n, "per_page": per, "data": data,
		"paging": map[string]any{"next": at(n + 1), "previous": at(n - 1), "first": at(1), "last": at(last)},
	})
	rep.list = true
	return rep
}

// vimeoVideo is a video as Vimeo describes it. One that is not listed has a secret
// word in its addresses.
func (s *Sim) vimeoVideo(a *account, l like) map[string]any {
	t, id := s.post(a, l.k), strconv.FormatUint(vimeoNumber(a, l.k), 10)
	uri, link, view := "/videos/"+id, "https://vimeo.com/"+id, "anybody"
	if t.private {
		uri, link, view = uri+":c0ffee", link+"/c0ffee", "unlisted"
	}
	picture := func(of string, widths ...int) map[string]any {
		var sizes []any
		for _, w := range widths {
			sizes = append(sizes, map[string]any{"width": w, "height": w / 2, "link": fmt.Sprintf("https://i.vimeocdn.com/%s_%d.jpg", of, w)})
		}
		return map[string]any{"active": true, "sizes": sizes}
	}
	tags := []any{}
	for _, name := range t.tags {
		tags = append(tags, map[string]string{"name": name, "canonical": strings.ReplaceAll(name, "-", "")})
	}
	return map[string]any{
		"uri": uri, "name": headline(t.text), "description": t.text, "link": link, "duration": 61, "language": t.language,
		"created_time": time.UnixMilli(l.created).UTC().Format(vimeoTime), "type": "video", "tags": tags,
		"pictures": picture("video/"+id, 100, 640, 1280), "privacy": map[string]any{"view": view, "embed": "public", "add": true},
		"user": map[string]any{
			"uri": fmt.Sprintf("/users/%d", t.author.n), "name": t.author.full(), "link": "https://vimeo.com/" + t.author.login(),
			"pictures": picture("portrait/"+t.author.login(), 30, 75, 300),
		},
		"metadata": map[string]any{"interactions": map[string]any{"like": map[string]any{
			"uri": "/users/" + a.id + "/likes/" + id, "added": true, "added_time": l.time().Format(vimeoTime),
		}}},
	}
}

// vimeoTime is ISO 8601 with an offset instead of Z.
const vimeoTime = "2006-01-02T15:04:05-07:00"

// only is a reply with the fields that are asked for: of each video in a list, else of
// the object.
func only(c *call, body map[string]any) *reply {
	if fields := c.r.URL.Query().Get("fields"); fields != "" {
		raw, err := json.Marshal(body)
		var whole map[string]any
		if err != nil || json.Unmarshal(raw, &whole) != nil {
			return vimeo{}.failed(http.StatusInternalServerError, 4005, "An unexpected error occurred.")
		}
		if list, ok := whole["data"].([]any); ok {
			for i := range list {
				list[i] = picked(list[i], strings.Split(fields, ","))
			}
			body = whole
		} else if one, ok := picked(whole, strings.Split(fields, ",")).(map[string]any); ok {
			body = one
		}
	}
	rep := jsonReply(http.StatusOK, body)
	rep.header.Set("Content-Type", "application/vnd.vimeo.video+json")
	return rep
}

// picked is what paths of names, joined by dots, lead to in a value. A list is gone
// through.
func picked(v any, paths []string) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, one := range v {
			out = append(out, picked(one, paths))
		}
		return out
	case map[string]any:
		deeper := map[string][]string{}
		out := map[string]any{}
		for _, path := range paths {
			name, rest, nested := strings.Cut(path, ".")
			if value, has := v[name]; has && !nested {
				out[name] = value
			} else if has {
				deeper[name] = append(deeper[name], rest)
			}
		}
		for name, rest := range deeper {
			out[name] = picked(v[name], rest)
		}
		return out
	}
	return v
}

func (vimeo) failed(status, code int, text string) *reply {
	return jsonReply(status, map[string]any{"error": "Something strange occurred. Please try again.", "developer_message": text, "error_code": code, "link": nil})
}

func (v vimeo) denied(string) *reply {
	return v.failed(http.StatusUnauthorized, 8003, "The user credentials are invalid.")
}

// limited is told by the headers, like everything of the limit.
func (v vimeo) limited(c *call, w *window) *reply {
	rep := v.failed(http.StatusTooManyRequests, 9000, "Too many API requests. Wait an hour or so, then try again.")
	v.headers(rep.header, w, c.at)
	return rep
}

func (vimeo) headers(h http.Header, w *window, _ time.Time) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(w.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.left()))
	h.Set("X-RateLimit-Reset", ceil(w.End).UTC().Format(vimeoTime))
}

// next has nothing to write: pages are numbered by the caller.
func (vimeo) next(*call, *reply, string) {}
