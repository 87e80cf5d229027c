package bluesky

import (
	"encoding/json"
	"net/url"
	"strconv"

	"collector/connectors"
	"collector/item"
)

// Bookmarks returns the connector of Bluesky bookmarks.
func Bookmarks() connectors.Connector { return bookmarks{user{"bluesky-bookmarks"}} }

type bookmarks struct{ user }

func (bookmarks) Info() connectors.Info {
	in := info()
	in.Name, in.Title, in.Likes = "bluesky-bookmarks", "Bluesky bookmarks", "bookmarks"
	in.Docs = "https://docs.bsky.app/docs/api/app-bsky-bookmark-get-bookmarks"
	in.Poll = connectors.PollNewest
	in.EmptyPages = 3 // posts that the AppView filters out may leave a page empty
	in.Limits = []string{
		"Bookmarked posts that were deleted or whose author blocked you keep their address and have no text.",
	}
	return in
}

func (bookmarks) Request(q connectors.Query) (connectors.Request, error) {
	v := url.Values{"limit": {strconv.Itoa(size(q))}}
	if q.Cursor != "" {
		v.Set("cursor", string(q.Cursor))
	}
	return request(q, "app.bsky.bookmark.getBookmarks?"+v.Encode()), nil
}

func (bookmarks) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body struct {
		Bookmarks json.RawMessage `json:"bookmarks"`
		Cursor    string          `json:"cursor"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := marked().Map(&page, body.Bookmarks); err != nil {
		return connectors.Page{}, err
	}
	var err error
	if page.Next, err = connectors.Opaque(body.Cursor); err != nil {
		return connectors.Page{}, err
	}
	if page.Next == "" && len(page.Items)+len(page.Bad) >= size(q) {
		page.Doubt = "a full page of bookmarks did not say where the list goes on"
	}
	for i, it := range page.Items {
		if i > 0 && it.LikedAt.After(page.Items[i-1].LikedAt) {
			page.Doubt = "Bluesky did not list the bookmarks newest first"
		}
	}
	return page, nil
}

// Remap maps an object from quarantine as Parse does.
func (bookmarks) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return marked().One(raw)
}

func marked() connectors.Mapping[bookmark] {
	return connectors.Mapping[bookmark]{
		To: bookmark.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "subject", "uri") },
	}
}

// bookmark is one element of the list (lexicon app.bsky.bookmark.defs#bookmarkView).
// Its Item is a post, or says that the post was not found or is blocked and has
// no record then.
type bookmark struct {
	CreatedAt string `json:"createdAt"`
	Subject   struct {
		URI string `json:"uri"`
	} `json:"subject"`
	Item view `json:"item"`
}

func (b bookmark) item() (item.Item, error) {
	b.Item.URI = b.Subject.URI
	it, err := b.Item.item()
	if err != nil {
		return item.Item{}, err
	}
	if it.LikedAt = connectors.Time(b.CreatedAt); !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}
