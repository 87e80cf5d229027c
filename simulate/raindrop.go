package simulate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Raindrop is api.raindrop.io.
const Raindrop = "raindrop"

// raindrop answers as Raindrop.io does (developer.raindrop.io/v1).
type raindrop struct{}

func raindropSite() *site {
	return &site{
		name: Raindrop, hosts: []string{"api.raindrop.io", "raindrop.io"}, shape: raindrop{},
		budgets: []Budget{{Name: "api", Limit: 120, Per: time.Minute, Except: "access_token"}},
		join:    func(_ *Sim, a *account) { a.id, a.name = fmt.Sprint(2_000_000+a.index), a.spec.Name },
		issue: func(s *Sim, c *credential, r *rand.Rand, now time.Time) {
			if c.account.spec.Expiring {
				s.rotate(c, now)
				return
			}
			s.grant(c, raindropSecret(r), now, 0) // a test token
		},
		life: 14 * 24 * time.Hour,
		pair: func(_ *credential, r *rand.Rand, _ time.Time, _ time.Duration) pair {
			return pair{raindropSecret(r), raindropSecret(r)}
		},
		form: form{pages: []string{"/raindrops/0"}, path: []string{"items"}, ids: []string{"_id"}, empty: `{"result":true,"items":[],"count":1,"collectionId":0}`, place: []string{"page"}},
		lists: []*listing{{
			name: Raindrop,
			item: func(_ *Sim, a *account, l like) string { return fmt.Sprint(raindropNumber(a, l.k)) },
			told: func(l like) time.Time { return l.time() },
		}},
	}
}

func raindropSecret(r *rand.Rand) string {
	return hexes(r, 8) + "-" + hexes(r, 4) + "-" + hexes(r, 12)
}

func raindropNumber(a *account, k uint32) uint64 {
	return 1_000_000_000 + uint64(a.index)*10_000_000 + uint64(k)
}

func (d raindrop) answer(s *Sim, c *call) *reply {
	if c.r.URL.Path == "/oauth/access_token" {
		return s.raindropToken(c)
	}
	p, ok := strings.CutPrefix(c.r.URL.Path, "/rest/v1")
	if c.cred == nil {
		return d.denied("unknown")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if why := c.cred.state(c.token, s.now()); why != "" {
		return d.denied(why)
	}
	switch {
	case !ok || c.r.Method != http.MethodGet:
	case p == "/user":
		return jsonReply(http.StatusOK, map[string]any{"result": true, "user": map[string]any{
			"_id": number(c.account.id), "fullName": c.account.name, "email": c.account.name + "@mail.example", "pro": false, "groups": []any{}, "registered": c.account.born.Format(time.RFC3339),
		}})
	case p == "/raindrops/0":
		return s.raindrops(c, 0, c.account.likes)
	case p == "/raindrops/-99":
		thrown := slices.Clone(c.account.old)
		slices.SortFunc(thrown, func(x, y like) int { return int(x.at - y.at) })
		return s.raindrops(c, -99, thrown)
	case strings.HasPrefix(p, "/raindrop/"):
		return s.raindropOne(c, strings.TrimPrefix(p, "/raindrop/"))
	}
	return d.refusal(http.StatusNotFound, "Not found")
}

func (raindrop) refusal(status int, text string) *reply {
	return jsonReply(status, map[string]any{"result": false, "status": status, "errorMessage": text})
}

func (d raindrop) denied(string) *reply {
	return d.refusal(http.StatusUnauthorized, "Incorrect access_token")
}

func (d raindrop) limited(c *call, w *window) *reply {
	rep := d.refusal(http.StatusTooManyRequests, "Too many requests")
	d.headers(rep.header, w, c.at)
	return rep
}

func (raindrop) headers(h http.Header, w *window, _ time.Time) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(w.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.left()))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(ceil(w.End).Unix(), 10))
}

// raindrops is a page of a collection, whose oldest bookmark is the first of all.
// The lock is held.
func (s *Sim) raindrops(c *call, collection int, all []like) *reply {
	q := c.r.URL.Query()
	at, err := strconv.Atoi(q.Get("page"))
	if err != nil || at < 0 {
		at = 0
	}
	if q.Get("sort") != "created" {
		all = newestFirst(all)
	}
	per := clamp(q.Get("perpage"), 25, 50)
	rows, total := numbered(all, at+1, per)
	if c.invent > 0 {
		rows, total = s.slice(c, at*per, per, false)
	}
	var b bytes.Buffer
	b.WriteString(`{"result":true,"items":[`)
	writeAll(&b, rows, func(l like) { s.writeRaindrop(&b, c.account, l, collection == -99) })
	fmt.Fprintf(&b, `],"count":%d,"collectionId":%d}`, total, collection)
	rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes(), list: true}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	return rep.tag(c, false)
}

// raindropOne is one bookmark, which may lie in the trash. The lock is held.
func (s *Sim) raindropOne(c *call, id string) *reply {
	for n, set := range [][]like{c.account.likes, c.account.old} {
		for _, l := range set {
			if s.itemID(c.account, l) == id && !l.gone {
				var b bytes.Buffer
				b.WriteString(`{"result":true,"item":`)
				s.writeRaindrop(&b, c.account, l, n == 1)
				b.WriteByte('}')
				rep := &reply{status: http.StatusOK, header: http.Header{}, body: b.Bytes()}
				rep.header.Set("Content-Type", "application/json; charset=utf-8")
				return rep
			}
		}
	}
	return raindrop{}.refusal(http.StatusNotFound, "Not found")
}

// writeRaindrop writes a bookmark as Raindrop.io does.
func (s *Sim) writeRaindrop(b *bytes.Buffer, a *account, l like, removed bool) {
	t := s.repository(a, l.k)
	tags := "[]"
	if len(t.tags) > 0 {
		tags = string(jsonReply(0, t.tags).body)
	}
	collection := 8_492_393
	if removed {
		collection = -99
	}
	fmt.Fprintf(b, `{"_id":%d,"link":"https://%s.example/%s","title":%s,"excerpt":%s,"note":"","type":"link","user":{"$ref":"users","$id":%s},"cover":"","media":[],"tags":%s,"important":%t,"removed":%t,"created":%q,"lastUpdate":%q,"domain":"%s.example","collection":{"$ref":"collections","$id":%d,"oid":%d},"collectionId":%d}`,
		raindropNumber(a, l.k), t.author.login(), t.title, quote(title(strings.ReplaceAll(t.title, "-", " "))), quote(t.text), a.id, tags, t.count%9 == 0, removed,
		l.time().Format("2006-01-02T15:04:05.000Z"), l.time().Format("2006-01-02T15:04:05.000Z"), t.author.login(), collection, collection, collection)
}

// next says in a list's reply that there are more bookmarks than pages were asked for.
func (raindrop) next(_ *call, rep *reply, _ string) {
	rep.body = bytes.Replace(rep.body, []byte(`"count":`), []byte(`"count":9`), 1)
}
