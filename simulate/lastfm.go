package simulate

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// lastfm answers as Last.fm's API does (www.last.fm/api): any valid key reads the
// loves of any user. In its JSON a list of one is its element, an empty one may be
// missing, numbers are texts, and an error is a number whatever the status.
type lastfm struct{}

func lastfmSite() *site {
	return &site{
		name: LastFM, hosts: []string{"ws.audioscrobbler.com"}, shape: lastfm{},
		budgets:   []Budget{{Name: "address", Limit: 300, Per: time.Minute, ByAddress: true, Secondary: true}},
		parallel:  4,
		join:      func(_ *Sim, a *account) { a.id, a.name = strings.ToLower(a.spec.Name), a.spec.Name },
		issue:     bare(func(r *rand.Rand) string { return hexes(r, 32) }),
		secret:    func(r *http.Request) string { return r.URL.Query().Get("api_key") },
		inAddress: []string{"api_key"},
		form:      form{pages: []string{"/2.0/"}, path: []string{"lovedtracks", "track"}, ids: []string{"name"}, empty: `{"lovedtracks":{"track":[]}}`, place: []string{"page"}},
		lists: []*listing{{
			name: LastFM,
			item: func(s *Sim, a *account, l like) string {
				t := s.repository(a, l.k)
				return t.author.full() + "/_/" + t.title
			},
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}},
	}
}

func (m lastfm) answer(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := c.r.URL.Query()
	switch {
	case c.r.URL.Path != "/2.0/" || q.Get("format") != "json":
		return page(http.StatusNotFound, "")
	case c.cred == nil || c.cred.state(c.token, s.now()) != "":
		return m.denied("")
	}
	name := q.Get("user")
	if name == "" {
		name = q.Get("username")
	}
	a := s.accounts[LastFM+"/"+name]
	if a == nil {
		return m.failed(http.StatusNotFound, 6, "User not found")
	}
	switch strings.ToLower(q.Get("method")) {
	case "user.getinfo":
		return jsonReply(http.StatusOK, map[string]any{"user": map[string]any{"name": a.name, "url": "https://www.last.fm/user/" + a.name, "playcount": "12"}})
	case "user.getlovedtracks":
		return m.loved(s, c, a, q)
	case "track.getinfo":
		for _, l := range a.likes {
			if s.itemID(a, l) == q.Get("artist")+"/_/"+q.Get("track") {
				return jsonReply(http.StatusOK, map[string]any{"track": map[string]any{"name": q.Get("track"), "userloved": "1"}})
			}
		}
		return jsonReply(http.StatusOK, map[string]any{"track": map[string]any{"name": q.Get("track"), "userloved": "0"}})
	}
	return m.failed(http.StatusBadRequest, 3, "Invalid Method - No method with that name in this package")
}

// loved is a page of user.getLovedTracks, newest first.
func (lastfm) loved(s *Sim, c *call, a *account, q url.Values) *reply {
	limit, n := clamp(q.Get("limit"), 50, 1000), clamp(q.Get("page"), 1, 1<<30)
	on := *c
	on.account = a
	rows, total := s.slice(&on, (n-1)*limit, limit, false)
	tracks := []any{}
	for _, l := range rows {
		tracks = append(tracks, s.lovedTrack(a, l))
	}
	body := map[string]any{"@attr": map[string]string{
		"user": a.name, "page": strconv.Itoa(n), "perPage": strconv.Itoa(limit),
		"totalPages": strconv.Itoa((total + limit - 1) / limit), "total": strconv.Itoa(total),
	}}
	switch len(tracks) {
	case 0: // left out
	case 1:
		body["track"] = tracks[0]
	default:
		body["track"] = tracks
	}
	rep := jsonReply(http.StatusOK, map[string]any{"lovedtracks": body})
	rep.list = true
	return rep
}

func (s *Sim) lovedTrack(a *account, l like) map[string]any {
	t := s.repository(a, l.k)
	artist := "https://www.last.fm/music/" + url.QueryEscape(t.author.full())
	mbid := ""
	if l.k%3 == 0 {
		mbid = fmt.Sprintf("%08x-0000-4000-8000-000000000000", l.k)
	}
	return map[string]any{
		"name": t.title, "url": artist + "/_/" + url.QueryEscape(t.title), "mbid": mbid,
		"artist": map[string]string{"name": t.author.full(), "url": artist, "mbid": ""},
		"date":   map[string]string{"uts": strconv.FormatInt(l.at/1000, 10), "#text": l.time().Format("02 Jan 2006, 15:04")},
		"image":  []map[string]string{{"size": "small", "#text": "https://lastfm.freetls.fastly.net/i/u/34s/2a96cbd8b46e442fc41c2b86b821562f.png"}},
	}
}

func (lastfm) failed(status, code int, text string) *reply {
	return jsonReply(status, map[string]any{"error": code, "message": text, "links": []any{}})
}

func (m lastfm) denied(string) *reply {
	return m.failed(http.StatusForbidden, 10, "Invalid API key - You must be granted a valid key by last.fm")
}

// limited is an error inside a 200.
func (m lastfm) limited(*call, *window) *reply {
	return m.failed(http.StatusOK, 29, "Rate Limit Exceeded - Your IP has made too many requests in a short period")
}

func (lastfm) headers(http.Header, *window, time.Time) {}

// next has nothing to write: pages are numbered by the caller.
func (lastfm) next(*call, *reply, string) {}
