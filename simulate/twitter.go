package simulate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// twitter answers as api.x.com does for likes and bookmarks (docs.x.com; X's OpenAPI
// description; recorded replies of tweepy), and for the refresh of a token. It counts
// what it would charge (Billed).
type twitter struct{}

func twitterSite() *site {
	list := func(name, end string) *listing {
		return &listing{
			name: name,
			in:   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, end) },
			item: func(_ *Sim, a *account, l like) string { return tweetID(a, l) },
			key:  func(_ *account, l *like) { l.key = uint64(l.at)*1000<<10 | 0x1A },
		}
	}
	quarter := 15 * time.Minute
	return &site{
		name: Twitter, hosts: []string{"api.x.com"}, shape: twitter{},
		parallel: 2, // the two lists have quotas of their own, and no document speaks of calls at once
		budgets: []Budget{
			{Name: "likes", Limit: 75, Per: quarter, Only: "liked_tweets"},
			{Name: "likes-app", Limit: 75, Per: quarter, Only: "liked_tweets", ByApp: true, Secondary: true},
			{Name: "bookmarks", Limit: 180, Per: quarter, Only: "bookmarks"},
			{Name: "me", Limit: 75, Per: quarter, Only: "me"},
		},
		join:  func(_ *Sim, a *account) { a.id, a.name = fmt.Sprint(783_214_000+a.index), "@"+a.spec.Name },
		issue: refreshable(func(r *rand.Rand) string { return hexes(r, 91) }),
		life:  2 * time.Hour,
		pair: func(_ *credential, r *rand.Rand, _ time.Time, _ time.Duration) pair {
			return pair{hexes(r, 91), hexes(r, 91)}
		},
		form:  form{pages: []string{"/liked_tweets", "/bookmarks"}, path: []string{"data"}, ids: []string{"id"}, empty: `{"meta":{"result_count":0}}`, place: []string{"pagination_token"}},
		lists: []*listing{list(Twitter, "/liked_tweets"), list(TwitterBookmarks, "/bookmarks")},
	}
}

// tweetID grows with the time of the post: 22 bits below the milliseconds since
// November 2010.
func tweetID(a *account, l like) string {
	return strconv.FormatInt((l.created-1288834974657)<<22|int64(a.index)<<16&0x3F0000|int64(l.k)&0xFFFF, 10)
}

func (x twitter) answer(s *Sim, c *call) *reply {
	p := strings.TrimPrefix(c.r.URL.Path, "/2")
	if p == "/oauth2/token" && c.r.Method == http.MethodPost {
		return s.twitterToken(c)
	}
	if c.cred == nil {
		return x.denied("unknown")
	}
	s.mu.Lock()
	owner := c.cred.account
	why := c.cred.state(c.token, s.now())
	may := func(scope string) bool { return !owner.lacks(scope) }
	users, likes, bookmarks := may("users.read"), may("like.read"), may("bookmark.read")
	s.mu.Unlock()
	own := "/users/" + owner.id
	switch {
	case why != "":
		return x.denied(why)
	case p == "/users/me" && users:
		s.bill(1)
		s.mu.Lock()
		n := len(owner.likes)
		s.mu.Unlock()
		return jsonReply(http.StatusOK, map[string]any{"data": map[string]any{
			"id": owner.id, "name": owner.spec.Name, "username": owner.spec.Name,
			"public_metrics": map[string]int{"followers_count": 3, "following_count": 9, "tweet_count": 80, "listed_count": 0, "like_count": n, "media_count": 2},
		}})
	case p == own+"/liked_tweets" && likes, p == own+"/bookmarks" && bookmarks:
		return s.tweets(c)
	case strings.HasPrefix(p, "/users/"):
		return x.problem(http.StatusForbidden, "Forbidden", "about:blank")
	}
	return x.problem(http.StatusNotFound, "Not Found", "about:blank")
}

func (twitter) problem(status int, title, kind string) *reply {
	rep := jsonReply(status, map[string]any{"title": title, "detail": title, "type": kind, "status": status})
	rep.header.Set("Content-Type", "application/problem+json")
	return rep
}

func (x twitter) denied(string) *reply {
	return x.problem(http.StatusUnauthorized, "Unauthorized", "about:blank")
}

// limited names no time beside the end of the window.
func (x twitter) limited(c *call, w *window) *reply {
	rep := x.problem(http.StatusTooManyRequests, "Too Many Requests", "about:blank")
	x.headers(rep.header, w, c.at)
	return rep
}

func (twitter) headers(h http.Header, w *window, _ time.Time) {
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(w.Limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(w.left()))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(ceil(w.End).Unix(), 10))
}

func (twitter) next(_ *call, rep *reply, to string) {
	var body map[string]any
	if json.Unmarshal(rep.body, &body) != nil {
		return
	}
	if meta, ok := body["meta"].(map[string]any); ok {
		meta["next_token"] = to
		rep.body = jsonReply(0, body).body
	}
}

// tweets is a page of a list, newest like first. Pages are shorter than asked for,
// and more than 90 bookmarks a page end the list early.
func (s *Sim) tweets(c *call) *reply {
	q := c.r.URL.Query()
	bookmarks, least := strings.HasSuffix(c.r.URL.Path, "/bookmarks"), 5
	if bookmarks {
		least = 1
	}
	asked, err := strconv.Atoi(q.Get("max_results"))
	if q.Get("max_results") == "" {
		asked, err = 100, nil
	}
	if err != nil || asked < least || asked > 100 || !twitterKnows(q) {
		return twitter{}.problem(http.StatusBadRequest, "Invalid Request", "https://api.x.com/2/problems/invalid-request")
	}
	s.mu.Lock()
	var all, rows []like
	if bookmarks == (c.account.list.name == TwitterBookmarks) { // else the list is empty
		all = c.account.likes
	}
	if at := q.Get("pagination_token"); at == "" || len(at) == 13 {
		rows = after(all, at, asked, false)
	}
	more := len(rows) > 0 && len(rows) == asked && rows[len(rows)-1] != all[0]
	if n := len(rows); more && n > 1 { // one to four in a hundred are not shown on this page, but on the next
		rows = rows[:n-1-int(rows[0].k)%min(4, n-1)]
	}
	s.mu.Unlock()
	s.bill(len(rows))
	meta := map[string]any{"result_count": len(rows)}
	if more && (!bookmarks || asked <= 90) {
		meta["next_token"] = tid(rows[len(rows)-1].key)
	}
	body := map[string]any{"meta": meta}
	if len(rows) > 0 {
		body["data"], body["includes"] = s.tweetsOf(c.account, rows)
	}
	rep := jsonReply(http.StatusOK, body)
	rep.list = true
	return rep
}

// tweetsOf writes posts, and their authors beside them.
func (s *Sim) tweetsOf(a *account, rows []like) (data []any, includes map[string]any) {
	users, seen := []any{}, map[string]bool{}
	for _, l := range rows {
		t := s.post(a, l.k)
		author := fmt.Sprint(1_000_000_000 + t.author.n)
		var tags []any
		text := t.text
		for _, tag := range t.tags {
			name := strings.ReplaceAll(tag, "-", "")
			tags = append(tags, map[string]any{"start": len(text) + 1, "end": len(text) + 2 + len(name), "tag": name})
			text += " #" + name
		}
		id := tweetID(a, l)
		data = append(data, map[string]any{
			"id": id, "edit_history_post_ids": []string{id}, "text": text, "author_id": author, "lang": t.language,
			"created_at": time.UnixMilli(l.created).UTC().Format("2006-01-02T15:04:05.000Z"), "entities": map[string]any{"hashtags": tags},
		})
		if !seen[author] {
			seen[author] = true
			users = append(users, map[string]any{"id": author, "name": t.author.full(), "username": t.author.login(), "profile_image_url": "https://pbs.twimg.com/profile_images/" + author + "_normal.jpg"})
		}
	}
	return data, map[string]any{"users": users}
}

// twitterKnows says that a call names only parameters and fields that the OpenAPI
// description has; X refuses others.
func twitterKnows(q url.Values) bool {
	known := map[string]string{
		"max_results": "", "pagination_token": "",
		"post.fields":  "attachments created_at entities geo id lang note_post possibly_sensitive public_metrics source text withheld",
		"expansions":   "attachments.media_keys author_id edit_history_post_ids referenced_posts",
		"user.fields":  "created_at description id name profile_image_url protected url username verified",
		"media.fields": "alt_text height media_key preview_image_url type url width",
	}
	for name, values := range q {
		fields, ok := known[name]
		if !ok || len(values) != 1 {
			return false
		}
		for field := range strings.SplitSeq(values[0], ",") {
			if fields != "" && !slices.Contains(strings.Fields(fields), field) {
				return false
			}
		}
	}
	return true
}

// bill charges for so many objects, in the present month.
func (s *Sim) bill(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.charged[s.now().Format("2006-01")] += n
}

// Billed is how many objects the services that charge for each returned in the month
// of a time, UTC.
func (s *Sim) Billed(at time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.charged[at.UTC().Format("2006-01")]
}

// twitterToken is the refresh of a token. Each refresh token works once.
func (s *Sim) twitterToken(c *call) *reply {
	refuse := func(status int, code, text string) *reply {
		return jsonReply(status, map[string]string{"error": code, "error_description": text})
	}
	form, err := url.ParseQuery(string(c.body))
	if user, secret, signed := c.r.BasicAuth(); signed && (user == "" || secret != "simulated-client-secret") || !signed && form.Get("client_id") == "" {
		return refuse(http.StatusUnauthorized, "unauthorized_client", "Missing valid authorization header")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := form.Get("refresh_token")
	cred := s.byToken[token]
	if err != nil || form.Get("grant_type") != "refresh_token" || cred == nil || cred.revoked || cred.refresh != token {
		if cred != nil && cred.refresh != token {
			c.cred, c.account = cred, cred.account
			s.violate(c, Reused, "%s refreshed by a token that was replaced before", cred.label)
			c.cred, c.account = nil, nil
		}
		return refuse(http.StatusBadRequest, "invalid_request", "Value passed for the token was invalid.")
	}
	p := s.rotate(cred, s.now())
	return jsonReply(http.StatusOK, map[string]any{
		"token_type": "bearer", "expires_in": int(cred.ends[p.access].Sub(s.now()).Seconds()),
		"access_token": p.access, "refresh_token": p.refresh, "scope": strings.Join(cred.account.granted("like.read", "bookmark.read", "tweet.read", "users.read", "offline.access"), " "),
	})
}
