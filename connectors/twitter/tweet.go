package twitter

import (
	"encoding/json"
	"html"
	"strings"

	"collector/connectors"
	"collector/item"
)

const site = "https://x.com"

// includes are what posts refer to, beside them in a reply.
type includes struct {
	Users []struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Avatar   string `json:"profile_image_url"`
	} `json:"users"`
	Media []struct {
		Key     string `json:"media_key"`
		URL     string `json:"url"`               // of pictures
		Preview string `json:"preview_image_url"` // of videos
	} `json:"media"`
}

// tweets maps the posts of a page.
func tweets(in includes) connectors.Mapping[tweet] {
	return connectors.Mapping[tweet]{
		To: func(t tweet) (item.Item, error) { return t.item(in), nil },
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "id") },
	}
}

// tweet is one post.
type tweet struct {
	ID        string   `json:"id"`
	Text      string   `json:"text"`
	Created   string   `json:"created_at"`
	AuthorID  string   `json:"author_id"`
	Lang      string   `json:"lang"` // "und" where X cannot tell
	Entities  entities `json:"entities"`
	Note      *note    `json:"note_post"` // the whole text where it is longer than a post
	OldNote   *note    `json:"note_tweet"`
	Attaching struct {
		Keys []string `json:"media_keys"`
	} `json:"attachments"`
}

type note struct {
	Text     string   `json:"text"`
	Entities entities `json:"entities"`
}

type entities struct {
	URLs []struct {
		Short string `json:"url"`
		Whole string `json:"expanded_url"`
	} `json:"urls"`
	Hashtags []struct {
		Tag string `json:"tag"`
	} `json:"hashtags"`
}

func (t tweet) item(in includes) item.Item {
	text, marked := t.Text, t.Entities
	for _, n := range []*note{t.OldNote, t.Note} {
		if n != nil && n.Text != "" {
			text, marked = n.Text, n.Entities
		}
	}
	for _, u := range marked.URLs {
		if u.Short != "" && connectors.WebURL(u.Whole) != "" {
			text = strings.ReplaceAll(text, u.Short, u.Whole)
		}
	}
	it := item.Item{
		ID:        t.ID,
		URL:       site + "/i/status/" + t.ID,
		Kind:      "post",
		Text:      html.UnescapeString(text),
		Language:  t.Lang,
		CreatedAt: connectors.Time(t.Created),
	}
	if t.ID == "" {
		it.URL = ""
	}
	if it.Language == "und" {
		it.Language = ""
	}
	for _, h := range marked.Hashtags {
		it.Tags = append(it.Tags, h.Tag)
	}
	for _, u := range in.Users {
		if u.ID == t.AuthorID && u.Username != "" {
			it.Author = item.Author{Name: "@" + u.Username, URL: site + "/" + u.Username, Avatar: u.Avatar}
			it.URL = site + "/" + u.Username + "/status/" + t.ID
		}
	}
	for _, m := range in.Media {
		if it.Image == "" && len(t.Attaching.Keys) > 0 && m.Key == t.Attaching.Keys[0] {
			if it.Image = m.URL; it.Image == "" {
				it.Image = m.Preview
			}
		}
	}
	return it
}
