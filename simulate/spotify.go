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

// spotify answers as Spotify's Web API does (developer.spotify.com): me/tracks, me,
// me/tracks/contains, and the token endpoint, which gives a new refresh token each
// time.
type spotify struct{}

func spotifySite() *site {
	return &site{
		name: Spotify, hosts: []string{"api.spotify.com", "accounts.spotify.com"}, shape: spotify{},
		budgets:  []Budget{{Name: "calls", Limit: 100, Per: 30 * time.Second, Secondary: true, Except: "token"}},
		parallel: 4,
		join:     func(_ *Sim, a *account) { a.id, a.name = fmt.Sprintf("user%d", 31_000+a.index), a.spec.Name },
		issue:    func(s *Sim, c *credential, _ *rand.Rand, now time.Time) { s.rotate(c, now) },
		life:     time.Hour,
		pair: func(_ *credential, r *rand.Rand, _ time.Time, _ time.Duration) pair {
			return pair{"BQ" + letters(r, 80), "AQ" + letters(r, 80)}
		},
		form: form{pages: []string{"/me/tracks"}, path: []string{"items"}, inner: []string{"track"}, ids: []string{"id"}, empty: `{"items":[]}`, place: []string{"offset"}},
		lists: []*listing{{
			name: Spotify,
			item: func(_ *Sim, a *account, l like) string { return trackID(a, l.k) },
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}},
	}
}

func trackID(a *account, k uint32) string { return fmt.Sprintf("%04dtrack%013d", a.index, k) }

func (p spotify) answer(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.r.URL.Path == "/api/token" {
		return p.refresh(s, c)
	}
	if c.cred == nil || c.cred.state(c.token, s.now()) != "" {
		return p.denied("expired")
	}
	q := c.r.URL.Query()
	switch strings.TrimPrefix(c.r.URL.Path, "/v1/") {
	case "me":
		return jsonReply(http.StatusOK, map[string]any{"id": c.account.id, "display_name": c.account.name, "type": "user"})
	case "me/tracks/contains":
		saved := false
		for _, l := range c.account.likes {
			saved = saved || trackID(c.account, l.k) == q.Get("ids")
		}
		return jsonReply(http.StatusOK, []bool{saved})
	case "me/tracks":
		return p.saved(s, c, q)
	}
	return p.failed(http.StatusNotFound, "Service not found")
}

// saved is a part of the list, newest first.
func (p spotify) saved(s *Sim, c *call, q url.Values) *reply {
	limit, err := strconv.Atoi(q.Get("limit"))
	if q.Get("limit") == "" {
		limit, err = 20, nil
	}
	if err != nil || limit < 1 || limit > 50 {
		return p.failed(http.StatusBadRequest, "Invalid limit")
	}
	from := max(0, int(key(q.Get("offset"))))
	rows, total := s.slice(c, from, limit, false)
	items := []any{}
	for _, l := range rows {
		items = append(items, s.savedTrack(c.account, l))
	}
	at := func(offset int) any {
		if offset < 0 || offset >= total {
			return nil
		}
		return fmt.Sprintf("https://api.spotify.com/v1/me/tracks?offset=%d&limit=%d", offset, limit)
	}
	rep := jsonReply(http.StatusOK, map[string]any{
		"href": at(from), "items": items, "limit": limit, "next": at(from + limit), "offset": from, "previous": at(from - limit), "total": total,
	})
	rep.list = true
	return rep
}

func (s *Sim) savedTrack(a *account, l like) map[string]any {
	t, id := s.repository(a, l.k), trackID(a, l.k)
	open := func(kind, id string) map[string]string {
		return map[string]string{"spotify": "https://open.spotify.com/" + kind + "/" + id}
	}
	artist := map[string]any{"id": t.author.login(), "name": t.author.full(), "type": "artist", "external_urls": open("artist", t.author.login())}
	return map[string]any{"added_at": l.time().Format(time.RFC3339), "track": map[string]any{
		"id": id, "name": t.title, "type": "track", "external_urls": open("track", id), "artists": []any{artist}, "is_local": false,
		"album": map[string]any{
			"name": t.author.last, "release_date": time.UnixMilli(l.created).UTC().Format(time.DateOnly), "release_date_precision": "day",
			"images": []any{map[string]any{"url": "https://i.scdn.co/image/" + id, "width": 640, "height": 640}},
		},
	}}
}

// refresh is Spotify's token endpoint.
func (spotify) refresh(s *Sim, c *call) *reply {
	form, err := url.ParseQuery(string(c.body))
	cred := s.byToken[form.Get("refresh_token")]
	switch {
	case err != nil || c.r.Method != http.MethodPost || form.Get("grant_type") != "refresh_token" || form.Get("client_id") == "":
		return jsonReply(http.StatusBadRequest, map[string]string{"error": "invalid_request"})
	case cred == nil || cred.revoked || cred.refresh != form.Get("refresh_token"):
		return jsonReply(http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "Refresh token revoked"})
	}
	p := s.rotate(cred, s.now())
	return jsonReply(http.StatusOK, map[string]any{"access_token": p.access, "refresh_token": p.refresh, "expires_in": 3600, "token_type": "Bearer", "scope": strings.Join(cred.account.granted("user-library-read"), " ")})
}

func (spotify) failed(status int, text string) *reply {
	return jsonReply(status, map[string]any{"error": map[string]any{"status": status, "message": text}})
}

func (p spotify) denied(string) *reply {
	return p.failed(http.StatusUnauthorized, "The access token expired")
}

// limited has no body, as it was seen in the field.
func (spotify) limited(c *call, w *window) *reply {
	rep := empty(http.StatusTooManyRequests)
	rep.header.Set("Retry-After", strconv.Itoa(int((w.End.Sub(c.at)+time.Second-1)/time.Second)))
	return rep
}

func (spotify) headers(http.Header, *window, time.Time) {}

// next has nothing to write: places are numbered by the caller.
func (spotify) next(*call, *reply, string) {}
