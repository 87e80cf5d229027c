package bluesky

import (
	"encoding/json"
	"net/http"
	"net/url"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Details asks the public AppView for posts, without the account's credential.
func (b bluesky) Details(_ connectors.Query, ids []string) (connectors.Request, error) {
	if n := b.Info().DetailsPerCall; len(ids) == 0 || len(ids) > n {
		return connectors.Request{}, fault.New(fault.Bug, "bluesky: details of %d posts were asked for, 1 to %d can be", len(ids), n)
	}
	v := url.Values{"uris": ids}
	return connectors.Request{
		URL:       "https://" + appView + "/xrpc/app.bsky.feed.getPosts?" + v.Encode(),
		Header:    http.Header{"Accept": {"application/json"}},
		Anonymous: true,
		Quotas:    []string{"appview"},
	}, nil
}

// Fill describes the posts of the reply. A post that the AppView leaves out is
// gone, unless the reply holds an object that could not be read, which may be
// that post.
func (bluesky) Fill(ids []string, r connectors.Reply) ([]connectors.Detail, error) {
	var body struct {
		Posts json.RawMessage `json:"posts"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return nil, err
	}
	var page connectors.Page
	if err := views().Map(&page, body.Posts); err != nil {
		return nil, err
	}
	found := map[string]item.Item{}
	unreadable := len(page.Bad) > 0
	asked := map[string]bool{}
	for _, id := range ids {
		asked[id] = true
	}
	for _, it := range page.Items {
		found[it.ID] = it
		unreadable = unreadable || !asked[it.ID]
	}
	var out []connectors.Detail
	for _, id := range ids {
		if it, ok := found[id]; ok {
			out = append(out, connectors.Detail{Item: it})
		} else if !unreadable {
			out = append(out, connectors.Detail{Item: item.Item{ID: id}, Gone: true})
		}
	}
	return out, nil
}

func views() connectors.Mapping[view] {
	return connectors.Mapping[view]{
		To: view.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "uri") },
	}
}

// view is a post as the AppView shows it (lexicon app.bsky.feed.defs#postView).
type view struct {
	URI    string `json:"uri"`
	Author struct {
		DID    string `json:"did"`
		Handle string `json:"handle"`
		Name   string `json:"displayName"`
		Avatar string `json:"avatar"`
	} `json:"author"`
	Record struct {
		Text      string   `json:"text"`
		CreatedAt string   `json:"createdAt"`
		Langs     []string `json:"langs"`
		Tags      []string `json:"tags"`
		Facets    []struct {
			Features []struct {
				Type string `json:"$type"`
				Tag  string `json:"tag"`
			} `json:"features"`
		} `json:"facets"`
	} `json:"record"`
	Embed media `json:"embed"`
}

// media is what may be attached: pictures, a video, a link's card, or one of
// them beside a quoted post.
type media struct {
	Images []struct {
		Thumb string `json:"thumb"`
	} `json:"images"`
	Thumbnail string `json:"thumbnail"`
	External  struct {
		Thumb string `json:"thumb"`
	} `json:"external"`
	Media *media `json:"media"`
}

func (m media) preview() string {
	switch {
	case len(m.Images) > 0:
		return m.Images[0].Thumb
	case m.Thumbnail != "":
		return m.Thumbnail
	case m.External.Thumb != "":
		return m.External.Thumb
	case m.Media != nil:
		return m.Media.preview()
	}
	return ""
}

func (v view) item() (item.Item, error) {
	at, err := parseAT(v.URI)
	if err != nil {
		return item.Item{}, err
	}
	name := v.Author.Handle
	if name == "" || name == "handle.invalid" { // what the AppView shows of a handle that its domain does not confirm
		name = v.Author.Name
	}
	it := item.Item{
		ID:        v.URI,
		Kind:      at.kind(),
		URL:       at.page(),
		Text:      v.Record.Text,
		Author:    item.Author{Name: name, URL: profile(at.repo), Avatar: v.Author.Avatar},
		Image:     v.Embed.preview(),
		Tags:      append([]string(nil), v.Record.Tags...),
		CreatedAt: connectors.Time(v.Record.CreatedAt),
	}
	if len(v.Record.Langs) > 0 {
		it.Language = v.Record.Langs[0]
	}
	for _, facet := range v.Record.Facets {
		for _, f := range facet.Features {
			if f.Type == "app.bsky.richtext.facet#tag" {
				it.Tags = append(it.Tags, f.Tag)
			}
		}
	}
	return it, nil
}
