// Package spotify reads the tracks that a user has saved on Spotify.
//
// API: https://developer.spotify.com/documentation/web-api/reference/get-users-saved-tracks.
// GET v1/me/tracks, 50 a page by offset, newest first, with the time of saving
// (added_at). Limits come as 429 with Retry-After, up to a day; their numbers are not
// published.
//
// How the list is walked. By offset: a track that is taken out in front of the place
// moves the rest up, and one of them in front of it. Each reply says how many there
// are (total). Where that has become fewer, the walk goes back by as many: more
// cannot have moved. A next address that leads past the total is followed once.
//
// From memory, not seen in a document: that the list is newest first, that the limit
// is of an application in 30 seconds, that a refresh token may come anew with each
// refresh, and that the client's secret may stand in the form.
package spotify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
)

const host = "api.spotify.com"

// New returns the connector of saved tracks.
func New() connectors.Connector { return spotify{} }

type spotify struct{}

func (spotify) Info() connectors.Info {
	return connectors.Info{
		Name:     "spotify",
		Tested:   connectors.RealReplies | connectors.ProviderDescription,
		Provider: "spotify",
		Title:    "Spotify saved tracks",
		Likes:    "saved tracks",
		Docs:     "https://developer.spotify.com/documentation/web-api/reference/get-users-saved-tracks",
		Connect: "Make an app at https://developer.spotify.com/dashboard, sign in to it for the scope user-library-read, and " +
			"give {\"refresh\": …, \"clientId\": …, \"clientSecret\": …}. An app in development mode needs its owner's Premium, and lists its users.",
		Hosts: []string{host},
		Auth: connectors.Auth{
			Header: "Authorization",
			Prefix: "Bearer ",
			Scopes: []connectors.Scope{{Name: "user-library-read", Why: "the saved tracks are refused without it"}},
			Beyond: []connectors.Power{
				{Name: "user-library-modify", May: "change what you saved"},
				{Name: "playlist-modify-public", May: "change your playlists"},
				{Name: "playlist-modify-private", May: "change your playlists"},
				{Name: "user-modify-playback-state", May: "control what you play"},
				{Name: "user-follow-modify", May: "follow in your name"},
				{Name: "user-read-email", May: "read your e-mail address"},
				{Name: "user-read-private", May: "read your country and plan"},
			},
		},
		PageSize: 50,
		Quotas: []connectors.Quota{{
			Name: "calls", Scope: connectors.PerApp, Unit: "calls", N: 90, Per: 30 * time.Second, Rolling: true, Rate: 3, Burst: 3,
		}},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		EmptyPages: 20, // a page is left, where the walk goes back before it
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Limits:     []string{"A track that Spotify may no longer play leaves no name, and is put aside."},
	}
}

func (s spotify) Request(q connectors.Query) (connectors.Request, error) {
	at, err := parsePlace(q.Cursor)
	if err != nil {
		return connectors.Request{}, err
	}
	v := url.Values{"limit": {strconv.Itoa(s.size(q))}, "offset": {strconv.Itoa(at.from)}}
	return request("me/tracks?" + v.Encode()), nil
}

// request is a call of the API.
func request(path string) connectors.Request {
	return connectors.Request{URL: "https://" + host + "/v1/" + path, Header: http.Header{"Accept": {"application/json"}}}
}

func (s spotify) size(q connectors.Query) int {
	if limit := s.Info().PageSize; q.PageSize < 1 || q.PageSize > limit {
		return limit
	}
	return q.PageSize
}

func (s spotify) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := parsePlace(q.Cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	var body struct {
		Items  json.RawMessage `json:"items"`
		Next   *string         `json:"next"`
		Offset *int            `json:"offset"`
		Total  *int            `json:"total"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	if body.Offset == nil || body.Total == nil || *body.Offset != at.from || *body.Total < 0 {
		return connectors.Page{}, fault.New(fault.Malformed, "the reply is not the part of the list from %d on, or does not say how long it is", at.from)
	}
	if body.Next != nil && connectors.WebURL(*body.Next) == "" {
		return connectors.Page{}, fault.New(fault.Malformed, "the address of the next part of the list is none")
	}
	page, total := connectors.Page{Total: *body.Total}, *body.Total
	if err := tracks().Map(&page, body.Items); err != nil {
		return connectors.Page{}, err
	}
	n := s.size(q)
	next := place{from: at.from + n, total: total, step: at.step + 1}
	if moved := min(at.from, max(0, at.total-total)); at.step > 0 && moved > 0 {
		// This page is left until what may have moved in front of it is read: a poll
		// that saw how old it is would end here.
		page.Items, page.Bad, next.from = nil, nil, at.from-moved
	} else if len(page.Items)+len(page.Bad) == 0 && at.from < total {
		return connectors.Page{}, fault.New(fault.Malformed, "the part of the list from %d of %d on is empty", at.from, total)
	}
	if next.from < total || body.Next != nil && at.from < total {
		page.Next = next.cursor()
	}
	return page, nil
}

// place is where a walk is in the list: what lies before from, counted from the
// newest track, is read. It keeps how many tracks there were, and the number of its
// step, so that no two are alike.
type place struct{ from, total, step int }

const form = "%d/%d/%d"

func (p place) cursor() connectors.Cursor {
	return connectors.Cursor(fmt.Sprintf(form, p.from, p.total, p.step))
}

func parsePlace(at connectors.Cursor) (place, error) {
	var p place
	if at == "" {
		return p, nil
	}
	n, err := fmt.Sscanf(string(at), form, &p.from, &p.total, &p.step)
	if err != nil || n != 3 || p.cursor() != at || p.from < 0 || p.total < 0 || p.step < 1 {
		return place{}, fault.New(fault.Bug, "spotify: the stored cursor is no place in a list")
	}
	return p, nil
}
