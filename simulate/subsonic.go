package simulate

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// subsonic answers as a music server does (opensubsonic.netlify.app/docs). Like
// those that make their JSON of XML it leaves empty lists out, and writes a list of
// one as its element. Errors come inside a 200.
type subsonic struct{}

func subsonicSite() *site {
	return &site{
		name: Subsonic, hosts: []string{"music.example"}, shape: subsonic{},
		join: func(_ *Sim, a *account) { a.id, a.name = a.spec.Name, a.spec.Name },
		issue: func(s *Sim, c *credential, r *rand.Rand, now time.Time) {
			c.password = letters(r, 8) + " " + letters(r, 8) // people write passphrases
			s.grant(c, c.password, now, 0)
		},
		secret:    func(*http.Request) string { return "" },
		inAddress: []string{"u", "t", "s", "p"},
		owner: func(s *Sim, r *http.Request, _ []byte) *account {
			return s.accounts[Subsonic+"/"+r.URL.Query().Get("u")]
		},
		form: form{
			pages: []string{"/getStarred2.view"},
			path:  []string{"subsonic-response", "starred2", "song"}, ids: []string{"id"},
			empty: `{"subsonic-response":{"status":"ok","version":"1.16.1","starred2":{}}}`,
		},
		lists: []*listing{{
			name: Subsonic,
			item: func(_ *Sim, _ *account, l like) string { return musicKind(l) + "/" + fmt.Sprint(l.k+1) },
			told: func(l like) time.Time { return l.time() },
		}},
	}
}

// musicKind is what a starred thing is. Songs, albums and artists are numbered
// each by themselves, so that a number alone names nothing.
func musicKind(l like) string {
	switch l.k % 8 {
	case 6:
		return "album"
	case 7:
		return "artist"
	}
	return "song"
}

func (m subsonic) answer(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := c.r.URL.Query()
	method, ok := strings.CutSuffix(strings.TrimPrefix(c.r.URL.Path, "/rest/"), ".view")
	switch {
	case !ok || q.Get("f") != "json":
		return page(http.StatusNotFound, "")
	case q.Get("u") == "" || q.Get("v") == "" || q.Get("c") == "":
		return m.failed(10, "Required parameter is missing.")
	case c.account == nil || !m.signed(c.account, q):
		return m.denied("")
	}
	a := c.account
	switch method {
	case "ping":
		return m.ok(nil)
	case "getUser":
		if q.Get("username") != a.name {
			return m.failed(50, "User is not authorized for the given operation.")
		}
		return m.ok(map[string]any{"user": map[string]any{"username": a.name, "email": a.name + "@mail.example", "scrobblingEnabled": false, "adminRole": false, "folder": []int{1}}})
	case "getStarred2":
		rows := slices.Clone(a.likes)
		if c.invent > 0 {
			rows, _ = s.slice(c, 0, 100, false)
		}
		lists := map[string][]any{}
		for _, l := range rows {
			lists[musicKind(l)] = append(lists[musicKind(l)], s.music(a, l, true))
		}
		starred := map[string]any{}
		for kind, list := range lists {
			if starred[kind] = list; len(list) == 1 {
				starred[kind] = list[0]
			}
		}
		rep := m.ok(map[string]any{"starred2": starred})
		rep.list = true
		return rep
	case "getSong", "getAlbum", "getArtist":
		kind := strings.ToLower(strings.TrimPrefix(method, "get"))
		for n, set := range [][]like{a.likes, a.old} {
			for _, l := range set {
				if musicKind(l)+"/"+fmt.Sprint(l.k+1) == kind+"/"+q.Get("id") && !l.gone {
					return m.ok(map[string]any{kind: s.music(a, l, n == 0)})
				}
			}
		}
		return m.failed(70, "The requested data was not found.")
	}
	return page(http.StatusNotFound, "")
}

// signed checks the password: salted, or as it is.
func (subsonic) signed(a *account, q url.Values) bool {
	for _, c := range a.tokens {
		salted := len(q.Get("s")) >= 6 && q.Get("t") == hashed(c.password+q.Get("s"))
		if !c.revoked && (salted || q.Get("p") == c.password) {
			return true
		}
	}
	return false
}

// music is a song, an album or an artist.
func (s *Sim) music(a *account, l like, starred bool) map[string]any {
	t := s.repository(a, l.k)
	one := map[string]any{"id": fmt.Sprint(l.k + 1), "created": time.UnixMilli(l.created).UTC().Format(time.RFC3339)}
	if starred {
		one["starred"] = l.time().Format("2006-01-02T15:04:05.000Z")
	}
	switch musicKind(l) {
	case "song":
		one["title"], one["album"], one["artist"], one["genre"] = t.title, t.author.last, t.author.full(), t.language
		one["isDir"], one["isVideo"], one["type"], one["duration"] = false, false, "music", 60+t.count%300
	case "album":
		one["name"], one["artist"], one["songCount"], one["duration"] = t.title, t.author.full(), 9, 1800
	default:
		one["name"], one["albumCount"] = t.author.full(), 4
	}
	return one
}

func (subsonic) ok(more map[string]any) *reply {
	body := map[string]any{"status": "ok", "version": "1.16.1"}
	for name, v := range more {
		body[name] = v
	}
	return jsonReply(http.StatusOK, map[string]any{"subsonic-response": body})
}

func (subsonic) failed(code int, text string) *reply {
	return jsonReply(http.StatusOK, map[string]any{"subsonic-response": map[string]any{
		"status": "failed", "version": "1.16.1", "error": map[string]any{"code": code, "message": text},
	}})
}

func (m subsonic) denied(string) *reply { return m.failed(40, "Wrong username or password.") }

func (subsonic) limited(*call, *window) *reply { return page(http.StatusTooManyRequests, "") }

func (subsonic) headers(http.Header, *window, time.Time) {}

// next has nothing to write: the list has one page.
func (subsonic) next(*call, *reply, string) {}
