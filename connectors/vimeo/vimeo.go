// Package vimeo reads the videos that a user has liked on Vimeo.
//
// API: https://developer.vimeo.com/api/reference/likes, GET /me/likes of version 3.4,
// 100 videos a page, and https://developer.vimeo.com/api/common-formats, which wraps
// every list: how many there are (total), page, per_page, the addresses of other pages
// (paging) and the videos (data). What Vimeo publishes as OpenAPI shows the videos
// alone. Each tells when the user liked it (metadata.interactions.like.added_time).
// With fields only what is named comes, which also raises the limit of calls.
//
// How the list is walked. The call can be sorted (sort=date) and not turned round:
// numbered pages, newest first. Where total has become fewer, the walk goes back by as
// many (connectors.Place). That date is the time of the like, and not that of the
// video, is known from memory only, so each page is held to it: one that is not in the
// order of the likes sets Page.Doubt, and a sweep follows, which reads all pages
// whatever their order. A page with fewer videos than per_page is not the last, and
// one without any is in doubt. A page behind the end is an error (2286 or 2969), which
// only says that the list became so much shorter between two calls: the page in front
// of it tells by how many.
//
// GET /me/likes/{video} answers 204 for a video that is liked. 404 is said of one that
// is not and, in older documents, of one that is not there, so it decides nothing.
//
// A token that a user makes for himself, or grants to an application, does not expire,
// and no refresh is documented; so there is no sign-in to renew. The end of the limit's
// window is told in ISO 8601 since 2016, and as seconds since 1970 in other documents:
// both are read.
//
// From memory, not seen in a document: the limit of the smallest plan, that fields
// filters the videos of a list and leaves its wrapper, and what an address of a video
// that is not listed looks like (/videos/1:hash).
package vimeo

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
)

const host = "api.vimeo.com"

// fields are what is asked for of a video: all that is read, and nothing else.
const fields = "uri,name,description,link,language,created_time,tags.name,pictures.sizes,privacy.view," +
	"user.name,user.link,user.pictures.sizes,metadata.interactions.like.added_time"

// New returns the connector of liked videos.
func New() connectors.Connector { return vimeo{} }

type vimeo struct{}

func (vimeo) Info() connectors.Info {
	return connectors.Info{
		Name:     "vimeo",
		Tested:   connectors.ProviderDescription,
		Provider: "vimeo",
		Title:    "Vimeo likes",
		Likes:    "liked videos",
		Docs:     "https://developer.vimeo.com/api/reference/likes",
		Connect:  "Make an app at https://developer.vimeo.com/apps, and in it a personal access token (authenticated) with the scopes public and private.",
		Hosts:    []string{host},
		Auth: connectors.Auth{
			Header: "Authorization",
			Prefix: "Bearer ",
			Scopes: []connectors.Scope{
				{Name: "public", Why: "nothing is told without it"},
				{Name: "private", Why: "liked videos that are not for everybody are missing without it"},
			},
		},
		PageSize: 100, PollPageSize: 50,
		Quotas: []connectors.Quota{{ // the smallest plan's; larger ones tell theirs
			Name: "calls", Scope: connectors.PerAccount, Unit: "calls", N: 25, Per: time.Minute,
			Report: connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Unit: connectors.ISO8601},
			Rate:   2, Burst: 2,
		}},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		EmptyPages: 20, // a page is left, where the walk goes back before it
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Limits: []string{
			"A like that was taken back and a video that was deleted or hidden look the same.",
			"The list cannot be asked for oldest first: where likes are taken back while it is read, parts of it are read twice.",
		},
	}
}

func (v vimeo) Request(q connectors.Query) (connectors.Request, error) {
	at, err := connectors.PlaceOf(v.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	return request("/me/likes", url.Values{
		"page": {strconv.Itoa(at.Page())}, "per_page": {strconv.Itoa(at.Asked(v.Info(), q))}, "sort": {"date"}, "fields": {fields},
	}), nil
}

// request is a call of the API, which is told its version by the media type.
func request(path string, v url.Values) connectors.Request {
	address := "https://" + host + path
	if len(v) > 0 {
		address += "?" + v.Encode()
	}
	return connectors.Request{URL: address, Header: http.Header{"Accept": {"application/vnd.vimeo.*+json;version=3.4"}}}
}

func (v vimeo) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := connectors.PlaceOf(v.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	if r.Status != http.StatusOK {
		var page connectors.Page
		err := at.Before(&page)
		return page, err
	}
	var body struct {
		Total   *int `json:"total"`
		Page    *int `json:"page"`
		PerPage *int `json:"per_page"`
		Paging  struct {
			Next *string `json:"next"`
		} `json:"paging"`
		Data json.RawMessage `json:"data"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	if body.Total == nil || body.Page == nil || body.PerPage == nil || *body.Total < 0 || *body.PerPage < 1 {
		return connectors.Page{}, fault.New(fault.Malformed, "the reply does not say which page it is, or how long the list is")
	}
	total, size := *body.Total, *body.PerPage
	if *body.Page != at.Page() || at.Size > 0 && size != at.Size {
		return connectors.Page{}, fault.New(fault.Malformed, "page %d was asked for, and page %d of %d each came", at.Page(), *body.Page, size)
	}
	if next := body.Paging.Next; next != nil && !strings.HasPrefix(*next, "/") {
		return connectors.Page{}, fault.New(fault.Malformed, "the address of the next page is none")
	}
	page := connectors.Page{Total: total, Pages: (total + size - 1) / size}
	if err := videos().Map(&page, body.Data); err != nil {
		return connectors.Page{}, err
	}
	switch {
	case len(page.Items)+len(page.Bad) == 0 && at.From < total:
		page.Doubt = "Vimeo answered a page without videos in the middle of the list"
	case !connectors.Ordered(page.Items, true):
		page.Doubt = "Vimeo did not list the likes newest first, so a poll may miss some"
	}
	at.Onward(&page, size, total, body.Paging.Next != nil)
	return page, nil
}

// lastPart is what follows a prefix of an address and is one name.
func lastPart(address, prefix string) string {
	name, found := strings.CutPrefix(address, prefix)
	if !found || strings.ContainsAny(name, "/?#") {
		return ""
	}
	return name
}
