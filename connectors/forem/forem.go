// Package forem reads the reading list of an account at dev.to, or at another
// server of Forem.
//
// API: GET /api/readinglist, version 1 (developers.forem.com/api/v1; the published
// description of March 2024). What an entry looks like is taken from Forem's code:
// it has the id and the time of the save, and the article inside. The description
// shows the articles bare; a server that answers so is refused as a changed API.
//
// How the list is walked. Numbered pages, newest save first (in the code). The
// description allows 1,000 entries a page, the code seen gives 100 at most. So 100
// are asked for, and the walk ends at an empty page, never at a short one. A save
// taken back between two pages hides one other entry from that walk; nothing in a
// reply shows it, so every poll reads the whole list, and the next one finds it.
//
// The id of an item is the article's: an article saved again is the same one, with a
// later time.
//
// What cannot be shown: articles that were archived in the reading list are left
// out of it, like those taken back. Likes and other reactions can be given through
// the API, not listed.
//
// From memory, not seen in a document: that 429 comes with Retry-After, and how
// many calls a second are allowed.
package forem

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const standard = "https://dev.to"

// New returns the connector of Forem reading lists.
func New() connectors.Connector { return forem{} }

type forem struct{}

func (forem) Info() connectors.Info {
	return connectors.Info{
		Name:     "forem",
		Tested:   connectors.ProviderDescription,
		Provider: "forem",
		Title:    "dev.to reading list",
		Likes:    "saved articles",
		Docs:     "https://developers.forem.com/api/v1",
		Connect:  "Make an API key at https://dev.to/settings/extensions, or at the same place of your server.",
		Server:   standard,
		Servers:  true,
		Auth:     connectors.Auth{Header: "Api-Key"},
		PageSize: 100,
		Quotas: []connectors.Quota{{ // a guess: the limits are each server's own
			Name: "server", Scope: connectors.PerHost, Unit: "calls", N: 300, Per: 5 * time.Minute, Rolling: true, Rate: 1, Burst: 2, Parallel: 1,
		}},
		Order:   connectors.ByLikeTime,
		Poll:    connectors.PollSweep,
		PollMin: 15 * time.Minute,
		PollMax: 12 * time.Hour,
		Limits: []string{
			"Articles that are archived in the reading list leave it like those taken back.",
			"Likes and other reactions cannot be listed.",
			"The list can only be read newest first by page numbers, so every poll reads all of it.",
		},
	}
}

func (f forem) Request(q connectors.Query) (connectors.Request, error) {
	at, err := connectors.PageOf(f.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	v := url.Values{"per_page": {strconv.Itoa(at.Size)}, "page": {strconv.Itoa(at.Page)}}
	return request(q, "/readinglist?"+v.Encode()), nil
}

func request(q connectors.Query, path string) connectors.Request {
	server := q.Server
	if server == "" {
		server = standard
	}
	return connectors.Request{URL: server + "/api" + path, Header: http.Header{"Accept": {"application/vnd.forem.api-v1+json"}}}
}

func (f forem) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := connectors.PageOf(f.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := saves().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	if len(page.Items)+len(page.Bad) > 0 { // however short it is
		page.Next = at.Next(0)
	}
	return page, nil
}

// Remap maps an object from quarantine as Parse does.
func (forem) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return saves().One(raw)
}

// WhoAmI asks whose key it is.
func (forem) WhoAmI(q connectors.Query) (connectors.Request, error) {
	return request(q, "/users/me"), nil
}

// Identity reads the account's number and user name.
func (forem) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	if me.ID <= 0 || me.Username == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "the server did not say whose key this is")
	}
	return connectors.Identity{ID: connectors.ID(me.ID), Name: me.Username}, nil
}

func saves() connectors.Mapping[save] {
	return connectors.Mapping[save]{
		To: save.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "article", "id") },
	}
}

// save is one element of the list.
type save struct {
	CreatedAt string `json:"created_at"` // of the save
	Article   struct {
		ID          int64           `json:"id"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		URL         string          `json:"url"`
		Cover       string          `json:"cover_image"`
		Social      string          `json:"social_image"`
		PublishedAt string          `json:"published_at"`
		TagList     json.RawMessage `json:"tag_list"` // a list, or one text with commas
		User        struct {
			Name     string `json:"name"`
			Username string `json:"username"`
			Image    string `json:"profile_image"`
		} `json:"user"`
	} `json:"article"`
}

func (s save) item() (item.Item, error) {
	a := s.Article
	it := item.Item{
		ID:        connectors.ID(a.ID),
		URL:       a.URL,
		Kind:      "article",
		Title:     a.Title,
		Text:      a.Description,
		Author:    item.Author{Name: a.User.Name, URL: profile(a.URL, a.User.Username), Avatar: a.User.Image},
		Image:     a.Cover,
		Tags:      tags(a.TagList),
		CreatedAt: connectors.Time(a.PublishedAt),
		LikedAt:   connectors.Time(s.CreatedAt),
	}
	if it.Image == "" {
		it.Image = a.Social
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	} else if s.CreatedAt != "" {
		return item.Item{}, fault.New(fault.Malformed, "created_at is not a time")
	}
	return it, nil
}

// profile is the page of an author, which stands above those of the articles.
func profile(article, username string) string {
	u, err := url.Parse(article)
	if err != nil || u.Host == "" || username == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/" + url.PathEscape(username)
}

// tags reads both forms in which tags are written.
func tags(raw json.RawMessage) (out []string) {
	if json.Unmarshal(raw, &out) == nil {
		return out
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	for tag := range strings.SplitSeq(text, ",") {
		out = append(out, strings.TrimSpace(tag))
	}
	return out
}
