package reddit

import (
	"encoding/json"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const site = "https://www.reddit.com"

func things() connectors.Mapping[thing] {
	return connectors.Mapping[thing]{
		To: thing.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "data", "name") },
	}
}

// thing is one element of a listing: a post (t3) or a comment (t1).
type thing struct {
	Kind string `json:"kind"`
	Data struct {
		ID        string  `json:"id"`
		Name      string  `json:"name"`      // kind and id
		Permalink string  `json:"permalink"` // a path; comments of old replies have none
		Author    string  `json:"author"`    // "[deleted]" where the account is no more
		Subreddit string  `json:"subreddit"`
		Type      string  `json:"subreddit_type"` // public, private, restricted, user …
		Created   float64 `json:"created_utc"`    // seconds since 1970

		Title     string `json:"title"` // posts
		Text      string `json:"selftext"`
		URL       string `json:"url"` // what a post links to
		Self      bool   `json:"is_self"`
		Thumbnail string `json:"thumbnail"` // an address, or a word as "default"

		LinkTitle string `json:"link_title"` // comments: of the post
		LinkID    string `json:"link_id"`
		Body      string `json:"body"`
	} `json:"data"`
}

func (t thing) item() (item.Item, error) {
	d := t.Data
	it := item.Item{
		ID:        d.Name,
		Title:     d.Title,
		Text:      d.Text,
		Image:     d.Thumbnail,
		Kind:      "post",
		Private:   d.Type == "private",
		CreatedAt: seconds(d.Created),
	}
	if !fullname.MatchString(d.Name) || !strings.HasPrefix(d.Name, t.Kind+"_") {
		return item.Item{}, fault.New(fault.Malformed, "the name of a %s is no name of one", connectors.Cut(t.Kind, 20))
	}
	switch t.Kind {
	case "t3":
		if it.Text == "" && !d.Self { // a link: the address is all its text
			it.Text = connectors.WebURL(d.URL)
		}
	case "t1":
		it.Kind, it.Title, it.Text = "comment", d.LinkTitle, d.Body
		if d.Permalink == "" {
			d.Permalink = "/comments/" + strings.TrimPrefix(d.LinkID, "t3_") + "/_/" + d.ID
		}
	default:
		return item.Item{}, fault.New(fault.Malformed, "a %s is neither a post nor a comment", connectors.Cut(t.Kind, 20))
	}
	if !strings.HasPrefix(d.Permalink, "/") {
		return item.Item{}, fault.New(fault.Malformed, "the permalink is no path")
	}
	it.URL = site + d.Permalink
	if d.Author != "" && d.Author != "[deleted]" {
		it.Author = item.Author{Name: d.Author, URL: site + "/user/" + d.Author}
	}
	if d.Subreddit != "" {
		it.Tags = []string{"r/" + d.Subreddit}
	}
	return it, nil
}

// seconds is a time of Reddit's, the zero time for one that no thing there can have.
func seconds(s float64) time.Time {
	if s < 1.1e9 || s > 4e9 { // Reddit began in 2005
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
