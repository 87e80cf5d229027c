// Package gist reads the gists a user has starred at GitHub.
//
// API: GET /gists/starred (docs.github.com/rest/gists/gists#list-starred-gists;
// @octokit/openapi 23.0.2; recordings of 2012 and 2014). Numbered pages, 100 at
// most. Account, token and quota are those of GitHub's stars: the 5,000 calls an
// hour are one budget for both.
//
// How the list is walked. No document states its order, and no object says when
// it was starred: `since` is about the time of a gist's last change. So nothing
// tells where a new star stands, and every poll reads the list from the first
// page to the last. A page past an end that has shrunk is empty and names no next
// one. Every place is a page number that this package writes itself; from a Link
// header only the number is taken, after its origin was checked.
//
// What GitHub cannot show: when a gist was starred. A star taken back while the
// list is read can hide one other gist from that walk, since later gists move to
// pages that were read already; the next poll finds it.
//
// GET /gists/{id}/star answers 204 for a starred gist and 404 with an empty
// object for one that is not (as documented and recorded). A gist that was deleted
// answers 404 with a message (from memory), which decides nothing.
//
// From memory, not seen in a document: that the account permission "Starring"
// of a fine-grained token covers gists, and which scope a classic one needs.
package gist

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/connectors/github"
	"collector/fault"
	"collector/item"
)

const media = "application/vnd.github+json"

// New returns the connector of starred gists.
func New() connectors.Connector { return gist{} }

type gist struct{ github.Account }

func (gist) Info() connectors.Info {
	return connectors.Info{
		Name:     "gist",
		Tested:   connectors.RealReplies | connectors.ProviderDescription,
		Provider: "github",
		Title:    "GitHub starred gists",
		Likes:    "starred gists",
		Docs:     "https://docs.github.com/rest/gists/gists#list-starred-gists",
		Connect: "The token of your GitHub stars serves for both. Else make one at https://github.com/settings/personal-access-tokens/new " +
			`with the account permission "Starring: read", or a classic one at https://github.com/settings/tokens with the scope gist.`,
		Hosts:    []string{"api.github.com"},
		Auth:     github.Auth(connectors.Scope{Name: "gist", Why: "the list of starred gists may be refused without it"}),
		PageSize: 100,
		Quotas:   []connectors.Quota{github.Core()},
		Order:    connectors.Unordered,
		Poll:     connectors.PollSweep,
		PollMin:  15 * time.Minute,
		PollMax:  12 * time.Hour,
		Limits: []string{
			"GitHub does not say when a gist was starred.",
			"The order of the list is not documented, so every poll reads all of it.",
			"Of gists only the description and the names of the files are collected, not their content.",
		},
	}
}

func (g gist) Request(q connectors.Query) (connectors.Request, error) {
	at, err := connectors.PageOf(g.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	v := url.Values{"per_page": {strconv.Itoa(at.Size)}, "page": {strconv.Itoa(at.Page)}}
	return github.Request("/gists/starred?"+v.Encode(), media), nil
}

func (g gist) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := connectors.PageOf(g.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := gists().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	next, err := github.PageNumber(g.Info(), q, r, "next")
	if err != nil {
		return connectors.Page{}, err
	}
	last, err := github.PageNumber(g.Info(), q, r, "last")
	if err != nil {
		return connectors.Page{}, err
	}
	switch {
	case next == 0:
		return page, nil
	case next != at.Page+1:
		return connectors.Page{}, fault.New(fault.Malformed, "github's next link leads from page %d to page %d", at.Page, next)
	case len(page.Items)+len(page.Bad) == 0:
		return connectors.Page{}, fault.New(fault.Malformed, "github answered an empty page %d and says that more follow", at.Page)
	}
	page.Next, page.Pages = at.Next(0), last
	return page, nil
}

// Remap maps an object from quarantine as Parse does.
func (gist) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return gists().One(raw)
}

// Check asks whether a gist is starred.
func (gist) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	if strings.Trim(it.ID, ".") == "" {
		return connectors.Request{}, fault.New(fault.Bug, "gist: %q is no id of a gist", it.ID)
	}
	return github.Request("/gists/"+url.PathEscape(it.ID)+"/star", media), nil
}

// Liked reads 204 as starred and 404 with an empty object as not starred. Any
// other 404 may be a gist that is gone or hidden.
func (g gist) Liked(r connectors.Reply) (connectors.Presence, error) {
	switch {
	case r.Status == http.StatusNoContent:
		return connectors.Liked, nil
	case r.Status == http.StatusNotFound && string(bytes.TrimSpace(r.Body)) == "{}":
		return connectors.Unliked, nil
	case r.Status == http.StatusNotFound:
		return connectors.Unsure, nil
	}
	if err := g.Fault(r); err != nil {
		return connectors.Unsure, err
	}
	return connectors.Unsure, fault.New(fault.Malformed, "github answered a check with %d", r.Status)
}

func gists() connectors.Mapping[starred] {
	return connectors.Mapping[starred]{
		To: starred.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "id") },
	}
}

// starred is one element of the list.
type starred struct {
	ID          string          `json:"id"` // hexadecimal; of old gists a number
	HTMLURL     string          `json:"html_url"`
	Description string          `json:"description"` // may be null
	CreatedAt   string          `json:"created_at"`
	Public      *bool           `json:"public"`
	Files       map[string]file `json:"files"`
	Owner       struct {        // null where the gist is nobody's
		Login     string `json:"login"`
		HTMLURL   string `json:"html_url"`
		AvatarURL string `json:"avatar_url"`
	} `json:"owner"`
}

type file struct {
	Language string `json:"language"` // null where it is not known
}

// item is called by the name of its first file, as GitHub's own pages call it.
func (s starred) item() (item.Item, error) {
	it := item.Item{
		ID:        s.ID,
		URL:       s.HTMLURL,
		Kind:      "gist",
		Text:      s.Description,
		Author:    item.Author{Name: s.Owner.Login, URL: s.Owner.HTMLURL, Avatar: s.Owner.AvatarURL},
		Private:   s.Public != nil && !*s.Public,
		CreatedAt: connectors.Time(s.CreatedAt),
	}
	for name, f := range s.Files {
		if it.Title == "" || name < it.Title {
			it.Title, it.Language = name, f.Language
		}
	}
	return it, nil
}
