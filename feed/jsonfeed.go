package feed

import (
	"encoding/json"
	"fmt"
	"time"
)

// The fields of JSON Feed 1.1 (jsonfeed.org/version/1.1) that a feed of likes has. As in
// Atom there is no address of the feed itself.
type (
	jsonFeed struct {
		Version string       `json:"version"`
		Title   string       `json:"title"`
		Home    string       `json:"home_page_url,omitempty"`
		Authors []jsonAuthor `json:"authors"`
		Items   []jsonItem   `json:"items"` // also where there is none
	}
	jsonItem struct {
		ID        string       `json:"id"`
		URL       string       `json:"url,omitempty"`
		Title     string       `json:"title"`
		Text      string       `json:"content_text"`
		Image     string       `json:"image,omitempty"`
		Published string       `json:"date_published"`
		Authors   []jsonAuthor `json:"authors,omitempty"`
		Tags      []string     `json:"tags,omitempty"`
	}
	jsonAuthor struct {
		Name   string `json:"name,omitempty"`
		URL    string `json:"url,omitempty"`
		Avatar string `json:"avatar,omitempty"`
	}
)

// json is the feed as JSON Feed 1.1.
func (f Feed) json() ([]byte, error) {
	out := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.Title, Home: f.Home, Authors: []jsonAuthor{{Name: f.Author}}, Items: []jsonItem{},
	}
	for _, e := range f.Entries {
		one := jsonItem{ID: e.ID, URL: e.URL, Title: e.Title, Text: e.Text, Image: e.Image, Published: e.Liked.Format(time.RFC3339), Tags: e.Tags}
		if a := jsonAuthor(e.Author); a != (jsonAuthor{}) {
			one.Authors = []jsonAuthor{a}
		}
		out.Items = append(out.Items, one)
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing a feed: %w", err)
	}
	return append(b, '\n'), nil
}
