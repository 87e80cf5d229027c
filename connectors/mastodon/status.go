package mastodon

import (
	"encoding/json"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/item"
)

// statuses maps the objects of the list.
func statuses() connectors.Mapping[status] {
	return connectors.Mapping[status]{
		To: status.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "id") },
	}
}

// Remap maps an object from quarantine as Parse does.
func (mastodon) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return statuses().One(raw)
}

// status is a post (docs.joinmastodon.org/entities/Status).
type status struct {
	ID          string  `json:"id"`
	URL         string  `json:"url"` // null where the server knows no page of it
	URI         string  `json:"uri"`
	CreatedAt   string  `json:"created_at"`
	Content     string  `json:"content"` // HTML
	Warning     string  `json:"spoiler_text"`
	Visibility  string  `json:"visibility"` // public, unlisted, private, direct
	Language    string  `json:"language"`   // null where unknown
	Account     account `json:"account"`
	Attachments []struct {
		Type    string `json:"type"`
		Preview string `json:"preview_url"`
	} `json:"media_attachments"`
	Tags []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Card *struct {
		Image string `json:"image"`
	} `json:"card"`
	Reblog *status `json:"reblog"` // a boost holds the boosted post
}

type account struct {
	ID     string `json:"id"`
	User   string `json:"username"`
	Acct   string `json:"acct"` // without a host for accounts of the same server
	URL    string `json:"url"`
	Avatar string `json:"avatar"`
}

func (s status) item() (item.Item, error) {
	post := s
	if s.Reblog != nil && s.Content == "" { // the favourite is of the boost, the content is the post's
		post = *s.Reblog
	}
	it := item.Item{
		ID:        s.ID,
		URL:       s.URL,
		Kind:      "post",
		Title:     post.Warning,
		Text:      connectors.PlainText(post.Content),
		Author:    item.Author{Name: handle(post.Account), URL: post.Account.URL, Avatar: post.Account.Avatar},
		Language:  post.Language,
		Private:   s.Visibility == "private" || s.Visibility == "direct",
		CreatedAt: connectors.Time(post.CreatedAt),
	}
	if connectors.WebURL(it.URL) == "" {
		it.URL = s.URI
	}
	for _, t := range post.Tags {
		it.Tags = append(it.Tags, t.Name)
	}
	for _, a := range post.Attachments {
		if it.Image == "" && a.Preview != "" {
			it.Image = a.Preview
		}
	}
	if it.Image == "" && post.Card != nil {
		it.Image = post.Card.Image
	}
	return it, nil
}

// handle is "@user@host". The host of an account of the same server stands only
// in the address of its profile.
func handle(a account) string {
	switch host := ""; {
	case a.Acct == "":
		return ""
	case strings.Contains(a.Acct, "@"):
		return "@" + a.Acct
	default:
		if u, err := url.Parse(a.URL); err == nil {
			host = u.Host
		}
		if host == "" {
			return "@" + a.Acct
		}
		return "@" + a.Acct + "@" + host
	}
}
