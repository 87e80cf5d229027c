// Package lastfm reads the tracks that a user has loved at Last.fm.
//
// API: https://www.last.fm/api/show/user.getLovedTracks. GET 2.0/ with user, page and
// limit; newest love first, with its time (date.uts, seconds since 1970). Loves are
// public, so what signs a call is an application's key (api_key), which any number of
// users may share, and the user is a parameter. Errors come with a number, whatever
// the status. In JSON a list of one is its element, and an empty one may be missing.
//
// How the list is walked. There are numbered pages, newest first, and no other
// order: a love that is taken back in front of the place moves the rest up, and one
// of them onto the page that was read before. Each reply says how many loves there
// are (total). Where that has become fewer, the walk goes back by as many: more
// cannot have moved.
//
// A track has no id that stays (mbid is often empty), so its id is made of the names
// of artist and track, as its address is.
//
// From memory, not seen in a document: that limit may be 1,000, which errors pass
// (8, 11, 16 and 29), and the form of track.getInfo's userloved.
package lastfm

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
)

const host = "ws.audioscrobbler.com"

// New returns the connector of loved tracks.
func New() connectors.Connector { return lastfm{} }

type lastfm struct{}

func (lastfm) Info() connectors.Info {
	return connectors.Info{
		Name:     "lastfm",
		Provider: "lastfm",
		Title:    "Last.fm loved tracks",
		Likes:    "loved tracks",
		Docs:     "https://www.last.fm/api/show/user.getLovedTracks",
		Connect:  "Make an API account at https://www.last.fm/api/account/create, copy its API key, and name the user with --param user=NAME. No password is needed: loved tracks are public.",
		Hosts:    []string{host},
		Auth:     connectors.Auth{Placed: true},
		Params:   []connectors.Param{{Name: "user", Help: "the user's name at Last.fm", Required: true, Person: true}},
		PageSize: 1000, PollPageSize: 50,
		Quotas: []connectors.Quota{{
			Name: "calls", Scope: connectors.PerApp, Unit: "calls", N: 300, Per: time.Minute, Rolling: true, Rate: 4, Burst: 1, // 5 a second are asked for
		}},
		Order:      connectors.ByLikeTime,
		EmptyPages: 20, // a page is left, where the walk goes back before it
		Poll:       connectors.PollNewest,
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Limits: []string{
			"Last.fm has no id of a track that stays: one whose artist or title is corrected there is another track.",
		},
	}
}

func (l lastfm) Request(q connectors.Query) (connectors.Request, error) {
	at, err := connectors.PlaceOf(l.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	return request(q, "user.getlovedtracks", url.Values{"page": {strconv.Itoa(at.Page())}, "limit": {strconv.Itoa(at.Asked(l.Info(), q))}, "user": {q.Params["user"]}})
}

// request is a call of a method of the API.
func request(q connectors.Query, method string, v url.Values) (connectors.Request, error) {
	if q.Params["user"] == "" {
		return connectors.Request{}, fault.New(fault.Bug, "lastfm: the account has no parameter user")
	}
	v.Set("method", method)
	v.Set("api_key", connectors.Secret("access"))
	v.Set("format", "json")
	return connectors.Request{URL: "https://" + host + "/2.0/?" + v.Encode(), Header: http.Header{"Accept": {"application/json"}}}, nil
}
