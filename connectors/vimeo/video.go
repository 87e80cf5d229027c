package vimeo

import (
	"encoding/json"
	"strings"

	"collector/connectors"
	"collector/item"
)

func videos() connectors.Mapping[video] {
	return connectors.Mapping[video]{
		To: video.item,
		ID: func(raw json.RawMessage) string { return videoID(connectors.RawID(raw, "uri")) },
	}
}

// Remap maps an object from quarantine as Parse does.
func (vimeo) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return videos().One(raw)
}

// pictures are one picture in several sizes, the smallest first.
type pictures struct {
	Sizes []struct {
		Width int    `json:"width"`
		Link  string `json:"link"`
	} `json:"sizes"`
}

// fit is the address of the widest that is at most so many pixels wide.
func (p pictures) fit(width int) (link string) {
	widest := 0
	for _, s := range p.Sizes {
		if s.Width > widest && s.Width <= width {
			widest, link = s.Width, s.Link
		}
	}
	return link
}

// video is one element of the list.
type video struct {
	URI         string `json:"uri"`
	Name        string `json:"name"`
	Description string `json:"description"` // null where there is none
	Link        string `json:"link"`
	Language    string `json:"language"` // likewise
	Created     string `json:"created_time"`
	Tags        []struct {
		Name string `json:"name"`
	} `json:"tags"`
	Pictures pictures `json:"pictures"`
	Privacy  struct {
		View string `json:"view"`
	} `json:"privacy"`
	User struct {
		Name     string   `json:"name"`
		Link     string   `json:"link"`
		Pictures pictures `json:"pictures"`
	} `json:"user"`
	Metadata struct {
		Interactions struct {
			Like struct {
				Added string `json:"added_time"`
			} `json:"like"`
		} `json:"interactions"`
	} `json:"metadata"`
}

// item takes a video as private that not everybody may see, and one that does not say.
func (v video) item() (item.Item, error) {
	it := item.Item{
		ID:        videoID(v.URI),
		URL:       v.Link,
		Kind:      "video",
		Title:     v.Name,
		Text:      v.Description,
		Author:    item.Author{Name: v.User.Name, URL: v.User.Link, Avatar: v.User.Pictures.fit(100)},
		Image:     v.Pictures.fit(640),
		Language:  v.Language,
		Private:   v.Privacy.View != "anybody",
		CreatedAt: connectors.Time(v.Created),
		LikedAt:   connectors.Time(v.Metadata.Interactions.Like.Added),
	}
	for _, t := range v.Tags {
		it.Tags = append(it.Tags, t.Name)
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}

// videoID is the number in the address of a video, "" where there is none. That of one
// that is not listed has a secret word behind the number.
func videoID(uri string) string {
	id, _, _ := strings.Cut(lastPart(uri, "/videos/"), ":")
	if strings.Trim(id, "0123456789") != "" {
		return ""
	}
	return id
}
