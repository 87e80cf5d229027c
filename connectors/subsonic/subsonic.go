// Package subsonic reads the songs, albums and artists that a user has starred on a
// music server that speaks the Subsonic API: Navidrome, Gonic, Airsonic, Ampache,
// Subsonic itself and others.
//
// API: http://www.subsonic.org/pages/api.jsp and https://opensubsonic.netlify.app/docs.
// GET rest/getStarred2.view gives everything at once, with the time of starring.
// The user's name and a salted token stand in the address: u, s and t, the MD5 of the
// password and s (since API 1.13). Errors come inside a reply of status 200, by number.
//
// How the list is walked. There are no pages: every poll reads all of it. A list
// that is empty is left out of the reply, and one element may stand where a list of
// one is meant, since the JSON is made of XML.
//
// Seen of a real server (Supysonic 0.7.9): times without a zone, which are in UTC.
//
// What it cannot show: an address of a thing for people. An item's address is its
// server's, with the kind and the id behind a #.
//
// From memory, not seen in a document: that a user may always ask about himself
// (getUser), that ids of songs, albums and artists may be the same number, and
// that servers before API 1.13 take the password alone (parameter plain).
package subsonic

import (
	"net/http"
	"net/url"
	"time"

	"collector/connectors"
	"collector/fault"
)

// New returns the connector of starred music.
func New() connectors.Connector { return subsonic{} }

type subsonic struct{}

func (subsonic) Info() connectors.Info {
	return connectors.Info{
		Name:     "subsonic",
		Tested:   connectors.RealServer | connectors.RealReplies,
		Provider: "subsonic",
		Title:    "Subsonic stars",
		Likes:    "stars",
		Docs:     "https://opensubsonic.netlify.app/docs/endpoints/getstarred2/",
		Connect: "Name your music server with --server https://your.server, and give your user name and password there: " +
			"{\"identifier\": \"NAME\", \"appPassword\": \"PASSWORD\"}. The password is stored sealed and sent salted.",
		Servers: true,
		Auth:    connectors.Auth{Placed: true, Password: true},
		Params: []connectors.Param{
			{Name: "folder", Help: "the id of one music folder, for a library whose stars do not fit into one reply"},
			{Name: "plain", Help: "yes: send the password itself, for a server that does not know salted tokens (API before 1.13)"},
		},
		PageSize: connectors.MostEver,
		Quotas:   []connectors.Quota{{Name: "calls", Scope: connectors.PerHost, Unit: "calls", N: 60, Per: time.Minute, Rolling: true}},
		Order:    connectors.Unordered,
		Poll:     connectors.PollSweep,
		Whole:    true,
		PollMin:  15 * time.Minute,
		PollMax:  6 * time.Hour,
		Limits: []string{
			"A music server has no addresses of songs for people: an item leads to the server.",
			"The server sends all stars at once, 8 MiB or about 13,000 songs at most; for more, connect one music folder after the other with --param folder=ID.",
			"A star taken back and a song deleted on the server look the same until the song is asked for by itself.",
		},
	}
}

func (subsonic) Request(q connectors.Query) (connectors.Request, error) {
	if q.Cursor != "" {
		return connectors.Request{}, fault.New(fault.Bug, "subsonic: the list has one page, and no place in it")
	}
	v := url.Values{}
	if folder := q.Params["folder"]; folder != "" {
		v.Set("musicFolderId", folder)
	}
	return request(q, "getStarred2", v)
}

// request is a call of a method of the API.
func request(q connectors.Query, method string, v url.Values) (connectors.Request, error) {
	if q.Server == "" {
		return connectors.Request{}, fault.New(fault.Bug, "subsonic: the account has no server")
	}
	v.Set("u", connectors.Secret("identifier"))
	if q.Params["plain"] == "yes" {
		v.Set("p", connectors.Secret("appPassword"))
	} else {
		v.Set("t", connectors.Secret("salted"))
		v.Set("s", connectors.Secret("salt"))
	}
	v.Set("v", "1.13.0")
	v.Set("c", "collector")
	v.Set("f", "json")
	return connectors.Request{
		URL:    q.Server + "/rest/" + method + ".view?" + v.Encode(),
		Header: http.Header{"Accept": {"application/json"}},
	}, nil
}
