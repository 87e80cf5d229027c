package simulate

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // Google's day is California's, on machines without time zones too
)

// youtube answers as the YouTube Data API does (developers.google.com/youtube/v3):
// playlistItems of LL, channels, videos/getRating, and Google's token endpoint.
type youtube struct{}

func youtubeSite() *site {
	return &site{
		name: YouTube, hosts: []string{"www.googleapis.com", "oauth2.googleapis.com"}, shape: youtube{},
		budgets:  []Budget{{Name: "units", Limit: 10_000, Per: 24 * time.Hour, Midnight: "America/Los_Angeles", Secondary: true, Except: "token"}},
		parallel: 4,
		join: func(s *Sim, a *account) {
			a.id = "UC" + letters(rand.New(rand.NewPCG(s.opt.Seed, uint64(a.index)^0x17)), 22)
			a.name = a.spec.Name
		},
		issue: func(s *Sim, c *credential, _ *rand.Rand, now time.Time) { s.rotate(c, now) },
		life:  time.Hour,
		pair: func(c *credential, r *rand.Rand, _ time.Time, _ time.Duration) pair {
			access := "ya29." + letters(r, 60)
			return pair{access, cmp.Or(c.refresh, "1//0"+letters(r, 60))} // a refresh token stays
		},
		form: form{pages: []string{"/playlistItems"}, inner: []string{"snippet", "resourceId"}, path: []string{"items"}, ids: []string{"videoId"}, empty: `{"items":[]}`, place: []string{"pageToken"}},
		lists: []*listing{{
			name: YouTube,
			item: func(_ *Sim, a *account, l like) string { return videoID(a, l.k) },
			told: func(l like) time.Time { return l.time().Truncate(time.Second) },
		}},
	}
}

func videoID(a *account, k uint32) string { return fmt.Sprintf("v%03d%07d", a.index, k) }

func (y youtube) answer(s *Sim, c *call) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.r.URL.Path == "/token" {
		return y.refresh(s, c)
	}
	if c.cred == nil || c.cred.state(c.token, s.now()) != "" {
		return y.denied("")
	}
	q := c.r.URL.Query()
	switch strings.TrimPrefix(c.r.URL.Path, "/youtube/v3/") {
	case "channels":
		return jsonReply(http.StatusOK, map[string]any{
			"kind": "youtube#channelListResponse", "pageInfo": map[string]int{"totalResults": 1, "resultsPerPage": 5},
			"items": []any{map[string]any{"kind": "youtube#channel", "id": c.account.id, "snippet": map[string]string{"title": c.account.name}}},
		})
	case "playlistItems":
		if q.Get("playlistId") != "LL" {
			return y.failed(http.StatusNotFound, "playlistNotFound", "The playlist identified with the request's playlistId parameter cannot be found.")
		}
		return y.liked(s, c, q)
	case "videos/getRating":
		rating := "none"
		for _, l := range c.account.likes {
			if videoID(c.account, l.k) == q.Get("id") {
				rating = "like"
			}
		}
		return jsonReply(http.StatusOK, map[string]any{"items": []any{map[string]string{"videoId": q.Get("id"), "rating": rating}}})
	}
	return y.failed(http.StatusNotFound, "notFound", "Not Found")
}

// liked is a page of the liked videos, newest first, 5,000 at most.
func (y youtube) liked(s *Sim, c *call, q url.Values) *reply {
	size, from := clamp(q.Get("maxResults"), 5, 50), 0
	if token := q.Get("pageToken"); token != "" {
		if from = fromPageToken(token); from < 0 {
			return y.failed(http.StatusBadRequest, "invalidPageToken", "The request specifies an invalid page token.")
		}
	}
	rows, total := s.slice(c, from, size, false)
	rows = rows[:max(0, min(len(rows), 5000-from))]
	items := []any{}
	for i, l := range rows {
		items = append(items, s.video(c.account, l, from+i))
	}
	body := map[string]any{
		"kind": "youtube#playlistItemListResponse", "items": items,
		"pageInfo": map[string]int{"totalResults": total, "resultsPerPage": size},
	}
	if from+size < min(total, 5000) {
		body["nextPageToken"] = pageToken(from + size)
	}
	rep := jsonReply(http.StatusOK, body)
	rep.list = true
	return rep.tag(c, false)
}

// video is an entry of the playlist. One that is private now has lost its title.
func (s *Sim) video(a *account, l like, position int) map[string]any {
	t, id := s.post(a, l.k), videoID(a, l.k)
	snippet := map[string]any{
		"publishedAt": l.time().Format(time.RFC3339), "channelId": a.id, "channelTitle": a.name, "playlistId": "LL", "position": position,
		"title": headline(t.text), "description": t.text, "resourceId": map[string]string{"kind": "youtube#video", "videoId": id},
		"videoOwnerChannelTitle": t.author.full(), "videoOwnerChannelId": "UC" + t.author.login(),
		"thumbnails": map[string]any{"default": map[string]any{"url": "https://i.ytimg.com/vi/" + id + "/default.jpg", "width": 120, "height": 90}},
	}
	privacy := "public"
	if t.private {
		privacy, snippet["title"], snippet["description"] = "private", "Private video", "This video is private."
		delete(snippet, "videoOwnerChannelTitle")
		delete(snippet, "videoOwnerChannelId")
	}
	return map[string]any{"kind": "youtube#playlistItem", "id": "TEw" + id, "snippet": snippet, "status": map[string]string{"privacyStatus": privacy}}
}

// refresh is Google's token endpoint.
func (youtube) refresh(s *Sim, c *call) *reply {
	form, err := url.ParseQuery(string(c.body))
	cred := s.byToken[form.Get("refresh_token")]
	switch {
	case err != nil || c.r.Method != http.MethodPost || form.Get("grant_type") != "refresh_token" || form.Get("client_id") == "":
		return jsonReply(http.StatusBadRequest, map[string]string{"error": "invalid_request"})
	case cred == nil || cred.revoked || cred.refresh != form.Get("refresh_token"):
		return jsonReply(http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
	}
	p := s.rotate(cred, s.now())
	return jsonReply(http.StatusOK, map[string]any{"access_token": p.access, "expires_in": 3599, "token_type": "Bearer", "scope": strings.Join(cred.account.granted("https://www.googleapis.com/auth/youtube.readonly"), " ")})
}

// pageToken names a place as YouTube does: CAoQAA is the one after 10.
func pageToken(from int) string {
	b := binary.AppendUvarint([]byte{8}, uint64(from))
	return base64.RawURLEncoding.EncodeToString(append(b, 16, 0))
}

// fromPageToken reads it, -1 for what is none.
func fromPageToken(token string) int {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 4 || b[0] != 8 {
		return -1
	}
	n, size := binary.Uvarint(b[1:])
	if size <= 0 || n > 1<<30 {
		return -1
	}
	return int(n)
}

func (youtube) failed(status int, reason, text string) *reply {
	return jsonReply(status, map[string]any{"error": map[string]any{
		"code": status, "message": text, "errors": []any{map[string]string{"message": text, "domain": "youtube.api", "reason": reason}},
	}})
}

func (y youtube) denied(string) *reply {
	return y.failed(http.StatusUnauthorized, "authError", "Invalid Credentials")
}

func (y youtube) limited(*call, *window) *reply {
	return y.failed(http.StatusForbidden, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.")
}

func (youtube) headers(http.Header, *window, time.Time) {}

func (youtube) next(_ *call, rep *reply, to string) {
	rep.body = []byte(strings.TrimSuffix(string(rep.body), "}") + `,"nextPageToken":` + quote(to) + "}")
}
