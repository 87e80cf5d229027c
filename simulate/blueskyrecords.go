package simulate

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// likeRecord is a record of the collection app.bsky.feed.like.
type likeRecord struct {
	URI   string `json:"uri"`
	CID   string `json:"cid"`
	Value struct {
		Type    string `json:"$type"`
		Subject struct {
			CID string `json:"cid"`
			URI string `json:"uri"`
		} `json:"subject"`
		CreatedAt string `json:"createdAt"`
	} `json:"value"`
}

func (s *Sim) likeOf(a *account, l like) likeRecord {
	var r likeRecord
	r.URI, r.CID = likeURI(a, l), cid(s.opt.Seed, l.key)
	r.Value.Type = "app.bsky.feed.like"
	r.Value.Subject.URI, r.Value.Subject.CID = s.postURI(a, l), cid(s.opt.Seed, uint64(l.created)<<10|uint64(l.k))
	r.Value.CreatedAt = l.time().Format("2006-01-02T15:04:05.000Z")
	return r
}

// listRecords is a page of an account's likes, newest record first, or oldest
// first with reverse. It needs no sign-in. A page that is not empty always has a
// cursor, the last one too; the page after it is empty and has none.
func (s *Sim) listRecords(c *call) *reply {
	q := c.r.URL.Query()
	limit := 50
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return bluesky{}.fail(http.StatusInternalServerError, "InternalServerError", "Internal Server Error")
		}
		limit = n
	}
	collection := q.Get("collection")
	if strings.Count(collection, ".") < 2 {
		return bluesky{}.fail(http.StatusInternalServerError, "InternalServerError", "Internal Server Error")
	}
	if c.token != "" && !s.opt.LaxTokens {
		if bad := s.unsigned(c); bad != nil {
			return bad
		}
	}
	s.mu.Lock()
	a := s.repo(q.Get("repo"))
	if a == nil {
		s.mu.Unlock()
		return bluesky{}.fail(http.StatusBadRequest, "InvalidRequest", "Could not find repo: "+q.Get("repo"))
	}
	s.grow(a)
	var rows []like
	switch {
	case collection != "app.bsky.feed.like":
	case c.invent > 0:
		own := *c
		own.account = a
		rows, _ = s.slice(&own, 0, limit, false)
		for i := range rows {
			rows[i].key = uint64(rows[i].at)*1000<<10 | 0x1A
		}
	default:
		rows = after(a.likes, q.Get("cursor"), limit, q.Get("reverse") == "true")
	}
	s.mu.Unlock()

	out := struct {
		Records []likeRecord `json:"records"`
		Cursor  string       `json:"cursor,omitempty"`
	}{Records: make([]likeRecord, 0, len(rows))}
	for _, l := range rows {
		out.Records = append(out.Records, s.likeOf(a, l))
		out.Cursor = tid(l.key)
	}
	rep := jsonReply(http.StatusOK, out)
	rep.list = true
	return rep.tag(c, false)
}

// after returns the likes whose record keys come after a cursor.
func after(all []like, cursor string, limit int, oldest bool) []like {
	if oldest {
		from := 0
		if cursor != "" {
			from, _ = slices.BinarySearchFunc(all, cursor, func(l like, at string) int { return strings.Compare(tid(l.key), at) })
			if from < len(all) && tid(all[from].key) == cursor {
				from++
			}
		}
		return slices.Clone(all[from:min(from+limit, len(all))])
	}
	to := len(all)
	if cursor != "" {
		to, _ = slices.BinarySearchFunc(all, cursor, func(l like, at string) int { return strings.Compare(tid(l.key), at) })
	}
	rows := slices.Clone(all[max(0, to-limit):to])
	slices.Reverse(rows)
	return rows
}

// getRecord is one record: the like that a record key names.
func (s *Sim) getRecord(c *call) *reply {
	q := c.r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.repo(q.Get("repo"))
	if a == nil {
		return bluesky{}.fail(http.StatusBadRequest, "InvalidRequest", "Could not find repo: "+q.Get("repo"))
	}
	for _, l := range a.likes {
		if tid(l.key) == q.Get("rkey") && q.Get("collection") == "app.bsky.feed.like" {
			return jsonReply(http.StatusOK, s.likeOf(a, l))
		}
	}
	return bluesky{}.fail(http.StatusBadRequest, "RecordNotFound", "Could not locate record: at://"+a.id+"/"+q.Get("collection")+"/"+q.Get("rkey"))
}

func (bluesky) next(_ *call, rep *reply, to string) {
	body := strings.TrimSuffix(string(rep.body), "}")
	if i := strings.LastIndex(body, `,"cursor":`); i >= 0 {
		body = body[:i]
	}
	rep.body = []byte(body + `,"cursor":` + quote(to) + "}")
}

// getPosts describes posts by their addresses, at most 25. Posts that are gone,
// or that nobody here liked, are left out.
func (s *Sim) getPosts(c *call) *reply {
	uris := c.r.URL.Query()["uris"]
	if len(uris) == 0 || len(uris) > 25 {
		return bluesky{}.fail(http.StatusBadRequest, "InvalidRequest", "Error: uris must have 1 to 25 elements")
	}
	if c.token != "" && !s.opt.LaxTokens {
		if bad := s.unsigned(c); bad != nil {
			return bad
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	posts := []any{}
	for _, uri := range uris {
		if a, l, ok := s.postBy(uri); ok && !l.gone {
			posts = append(posts, s.postView(a, l))
		}
	}
	return jsonReply(http.StatusOK, map[string]any{"posts": posts})
}

// postBy finds a post by its address: the record key holds when it was made, so
// that only few likes have to be looked at closely.
func (s *Sim) postBy(uri string) (*account, like, bool) {
	number := untid(uri[strings.LastIndexByte(uri, '/')+1:])
	for _, a := range s.order {
		if a.spec.Service != Bluesky {
			continue
		}
		for _, set := range [][]like{a.likes, a.old} {
			for _, l := range set {
				if postNumber(l) == number && s.postURI(a, l) == uri {
					return a, l, true
				}
			}
		}
	}
	return nil, like{}, false
}

func (s *Sim) postView(a *account, l like) map[string]any {
	t := s.post(a, l.k)
	made := time.UnixMilli(l.created).UTC().Format("2006-01-02T15:04:05.000Z")
	record := map[string]any{"$type": "app.bsky.feed.post", "text": t.text, "createdAt": made, "langs": []string{t.language}}
	text := t.text
	var facets []any
	for _, tag := range t.tags {
		name := strings.ReplaceAll(tag, "-", "")
		start := len(text) + 1
		text += " #" + name
		facets = append(facets, map[string]any{
			"index":    map[string]int{"byteStart": start, "byteEnd": len(text)},
			"features": []any{map[string]string{"$type": "app.bsky.richtext.facet#tag", "tag": name}},
		})
	}
	if facets != nil {
		record["text"], record["facets"] = text, facets
	}
	author := did(s.opt.Seed, t.author.n)
	return map[string]any{
		"uri": s.postURI(a, l), "cid": cid(s.opt.Seed, uint64(l.created)<<10|uint64(l.k)),
		"author": map[string]any{
			"did": author, "handle": t.author.login() + ".bsky.social", "displayName": t.author.full(),
			"avatar": "https://cdn.bsky.app/img/avatar/plain/" + author + "/" + cid(s.opt.Seed, t.author.n) + "@jpeg",
			"labels": []any{}, "createdAt": "2024-02-10T09:00:00.000Z",
		},
		"record": record, "replyCount": t.count / 9, "repostCount": t.count / 5, "likeCount": t.count, "quoteCount": t.count / 30,
		"indexedAt": made, "labels": []any{},
	}
}
