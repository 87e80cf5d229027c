package pinboard

import (
	"encoding/json"
	"strings"

	"collector/connectors"
	"collector/item"
)

// bookmarks maps the objects of posts/all.
func (p pinboard) bookmarks() connectors.Mapping[bookmark] {
	return connectors.Mapping[bookmark]{
		To:   bookmark.item,
		ID:   func(raw json.RawMessage) string { return connectors.RawID(raw, "hash") },
		Most: p.Info().PageSize,
	}
}

// Remap maps an object from quarantine as Parse does.
func (p pinboard) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return p.bookmarks().One(raw)
}

// bookmark is an object of posts/all. Its hash is made of the address, so a
// bookmark keeps it through all edits; meta is made of all the rest.
type bookmark struct {
	Hash     string `json:"hash"`
	Href     string `json:"href"`
	Title    any    `json:"description"` // a text; false where there is none
	Extended any    `json:"extended"`
	Time     string `json:"time"`
	Shared   string `json:"shared"` // yes, no
	Tags     string `json:"tags"`   // words
}

func (b bookmark) item() (item.Item, error) {
	it := item.Item{
		ID:      b.Hash,
		URL:     b.Href,
		Kind:    "link",
		Title:   text(b.Title),
		Text:    text(b.Extended),
		Tags:    strings.Fields(b.Tags),
		Private: b.Shared == "no",
		LikedAt: connectors.Time(b.Time),
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}

func text(v any) string {
	s, _ := v.(string) // anything else is the documented false, or no text
	return s
}
