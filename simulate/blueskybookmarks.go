package simulate

import (
	"net/http"
)

// getBookmarks is a page of the bookmarks of the account whose session it is, newest
// first, as the lexicon app.bsky.bookmark.getBookmarks has it. A page that is not
// empty always has a cursor. Of every 20 posts one was not found and one is
// blocked: they come without text.
func (s *Sim) getBookmarks(c *call) *reply {
	if bad := s.unsigned(c); bad != nil {
		return bad
	}
	q := c.r.URL.Query()
	s.mu.Lock()
	var rows []like
	if c.account.list.name == BlueskyBookmarks { // else there are none
		rows = after(c.account.likes, q.Get("cursor"), clamp(q.Get("limit"), 50, 100), false)
	}
	s.mu.Unlock()
	out := struct {
		Cursor    string           `json:"cursor,omitempty"`
		Bookmarks []map[string]any `json:"bookmarks"`
	}{Bookmarks: []map[string]any{}}
	for _, l := range rows {
		uri := s.postURI(c.account, l)
		var post map[string]any
		switch l.k % 20 {
		case 3:
			post = map[string]any{"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": true}
		case 7:
			post = map[string]any{"$type": "app.bsky.feed.defs#blockedPost", "uri": uri, "blocked": true, "author": map[string]any{"did": did(s.opt.Seed, s.post(c.account, l.k).author.n)}}
		default:
			post = s.postView(c.account, l)
			post["$type"] = "app.bsky.feed.defs#postView"
		}
		out.Bookmarks = append(out.Bookmarks, map[string]any{
			"createdAt": l.time().Format("2006-01-02T15:04:05.000Z"),
			"subject":   map[string]string{"uri": uri, "cid": cid(s.opt.Seed, uint64(l.created)<<10|uint64(l.k))},
			"item":      post,
		})
		out.Cursor = tid(l.key)
	}
	return jsonReply(http.StatusOK, out)
}
