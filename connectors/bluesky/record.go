package bluesky

import (
	"encoding/json"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Collections of records (lexicons app.bsky.feed.*, app.bsky.graph.*).
const (
	likes = "app.bsky.feed.like"
	posts = "app.bsky.feed.post"
	feeds = "app.bsky.feed.generator"
	lists = "app.bsky.graph.list"
	packs = "app.bsky.graph.starterpack"
)

func records() connectors.Mapping[record] {
	return connectors.Mapping[record]{
		To: record.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "value", "subject", "uri") },
	}
}

// Remap maps an object from quarantine as Parse does.
func (bluesky) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return records().One(raw)
}

// record is one like.
type record struct {
	URI   string `json:"uri"` // at://did/app.bsky.feed.like/key
	Value struct {
		CreatedAt string `json:"createdAt"` // as the client wrote it
		Subject   struct {
			URI string `json:"uri"`
		} `json:"subject"`
	} `json:"value"`
}

func (r record) item() (item.Item, error) {
	at, err := parseAT(r.Value.Subject.URI)
	if err != nil {
		return item.Item{}, err
	}
	it := item.Item{
		ID:      r.Value.Subject.URI,
		Kind:    at.kind(),
		URL:     at.page(),
		Author:  item.Author{URL: profile(at.repo)},
		LikedAt: connectors.Time(r.Value.CreatedAt),
		Bare:    at.collection == posts, // only posts can be described by getPosts
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}

// recordKeys returns the key of each record, "" where it cannot be read. It is
// kept apart from the mapping of items: a like whose subject is broken still
// pages the list.
func recordKeys(list json.RawMessage) ([]string, error) {
	var raws []json.RawMessage
	if err := connectors.Decode(connectors.Reply{Body: list}, &raws); err != nil {
		return nil, err
	}
	keys := make([]string, len(raws))
	for i, raw := range raws {
		at, err := parseAT(connectors.RawID(raw, "uri"))
		if err != nil {
			continue
		}
		if key, err := connectors.Opaque(at.key); err == nil {
			keys[i] = string(key)
		}
	}
	return keys, nil
}

// address is an at:// address of a record (atproto.com/specs/at-uri-scheme).
type address struct{ repo, collection, key string }

func parseAT(s string) (address, error) {
	rest, ok := strings.CutPrefix(s, "at://")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return address{}, fault.New(fault.Malformed, "no at:// address of a record")
	}
	return address{parts[0], parts[1], parts[2]}, nil
}

func profile(repo string) string { return "https://bsky.app/profile/" + url.PathEscape(repo) }

// page is where a person can see the record. Of collections without pages of
// their own it is the owner's profile, with the record named in the fragment so
// that two records do not share an address.
func (a address) page() string {
	kinds := map[string]string{posts: "/post/", feeds: "/feed/", lists: "/lists/"}
	switch part, known := kinds[a.collection]; {
	case known:
		return profile(a.repo) + part + url.PathEscape(a.key)
	case a.collection == packs:
		return "https://bsky.app/starter-pack/" + url.PathEscape(a.repo) + "/" + url.PathEscape(a.key)
	default:
		return profile(a.repo) + "#" + url.PathEscape(a.collection) + "/" + url.PathEscape(a.key)
	}
}

func (a address) kind() string {
	switch a.collection {
	case posts:
		return "post"
	case feeds:
		return "feed"
	case lists, packs:
		return "list"
	}
	return "record"
}
