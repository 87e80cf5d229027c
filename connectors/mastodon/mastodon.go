// Package mastodon reads the posts a user has favourited on Mastodon, and on
// servers that speak its API (Pixelfed, Pleroma, Akkoma, GoToSocial); and, as
// Bookmarks, the posts that the user has bookmarked there.
//
// API: GET /api/v1/favourites and GET /api/v1/bookmarks, 40 a page, newest
// favourite or bookmark first (docs.joinmastodon.org/methods/favourites and
// /methods/bookmarks). The ids that page a list belong to the favourites or
// bookmarks themselves, which the body does not show, and a post's id in their
// place silently gives the first page again. So the only cursors are the paths of Link
// headers, kept as they came: rel=next leads to older favourites and rel=prev
// (min_id) to the ones right after the newest seen.
//
// How the list is walked. A backfill and a sweep follow rel=next until a reply
// has none; an exact multiple of the page size ends with an empty page, which
// carries no Link header. The first page's rel=prev is the resume point. A poll
// starts there and follows rel=prev until a page is empty, so it cannot miss; an
// account that had no favourites yet has no resume point and is read newest
// first. Servers that link with since_id instead of min_id show only the newest
// page since then; when that page was not all, Page.Doubt asks for a sweep.
//
// What Mastodon cannot show: when a post was favourited or bookmarked (CreatedAt
// is the post's time), and posts that were deleted or whose author was suspended or
// blocked: they leave the list.
//
// From memory, not seen in a document: that tokens do not expire, that a login
// that was disabled or not confirmed gets 403 and a suspended account 410, and
// that Pixelfed may allow fewer than 40 a page (it answered 422 once).
package mastodon

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
)

// New returns the connector of Mastodon favourites.
func New() connectors.Connector {
	return mastodon{name: "mastodon", likes: "favourites", made: "favourited", tested: connectors.RealReplies}
}

// Bookmarks returns the connector of Mastodon bookmarks.
func Bookmarks() connectors.Connector {
	return mastodon{name: "mastodon-bookmarks", likes: "bookmarks", made: "bookmarked"}
}

// mastodon is one list of posts. The lists differ in these words alone.
type mastodon struct {
	name  string // of the service
	likes string // what one like is called, plural, and so the list in paths and scopes
	made  string // what was done to a post that is in the list

	tested connectors.Evidence
}

func (m mastodon) scope() string { return "read:" + m.likes }

func (m mastodon) Info() connectors.Info {
	window := func(name string, scope connectors.Scoping) connectors.Quota {
		return connectors.Quota{
			Name: name, Scope: scope, Unit: "calls", N: 300, Per: 5 * time.Minute,
			Report: connectors.Report{
				Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining",
				Reset: "X-RateLimit-Reset", Unit: connectors.ISO8601,
			},
			Parallel: 1, Rate: 5, Burst: 10, // small servers are run by volunteers
		}
	}
	return connectors.Info{
		Name:     m.name,
		Provider: "mastodon",
		Title:    "Mastodon " + m.likes,
		Likes:    m.likes,
		Docs:     "https://docs.joinmastodon.org/methods/" + m.likes + "/",
		Connect: "On your server, open Preferences, Development, New application (https://your.server/settings/applications/new), " +
			"allow " + m.scope() + " and read:accounts, and copy its access token. Name the server with --server https://your.server.",
		Servers: true,
		Auth: connectors.Auth{
			Header: "Authorization",
			Prefix: "Bearer ",
			Scopes: []connectors.Scope{
				{Name: m.scope(), Why: "the list of " + m.likes + " is refused without it"},
				{Name: "read:accounts", Why: "the server does not say whose token it is without it"},
			},
			Beyond: beyond(),
		},
		PageSize:   40,
		Quotas:     []connectors.Quota{window("account", connectors.PerAccount), window("address", connectors.PerAddress)},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollForward,
		EmptyPages: 3, // posts that the server filters out may leave a page empty
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Tested:     m.tested,
		Limits: []string{
			"Mastodon does not say when a post was " + m.made + ".",
			"Posts that were deleted, and posts of suspended or blocked accounts, leave the list like " + m.likes + " taken back.",
		},
	}
}

// forward says whether a walk reads from the resume point to now.
func forward(q connectors.Query) bool { return q.Walk == connectors.Poll && q.Resume != "" }

// place is where q reads; "" is the newest page.
func place(q connectors.Query) connectors.Cursor {
	if q.Cursor == "" && forward(q) {
		return q.Resume
	}
	return q.Cursor
}

func (m mastodon) Request(q connectors.Query) (connectors.Request, error) {
	at := place(q)
	if at == "" {
		size, limit := q.PageSize, m.Info().PageSize
		if size < 1 || size > limit {
			size = limit
		}
		at = connectors.Cursor("/api/v1/" + m.likes + "?limit=" + strconv.Itoa(size))
	}
	return request(q, at)
}

func request(q connectors.Query, at connectors.Cursor) (connectors.Request, error) {
	if q.Server == "" {
		return connectors.Request{}, fault.New(fault.Bug, "mastodon: the account has no server")
	}
	address, err := connectors.Address(q.Server, at)
	if err != nil {
		return connectors.Request{}, err
	}
	return connectors.Request{URL: address, Header: http.Header{"Accept": {"application/json"}}}, nil
}

func (m mastodon) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var page connectors.Page
	if err := statuses().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	older, err := connectors.Follow(m.Info(), q, r, "next")
	if err != nil {
		return connectors.Page{}, err
	}
	newer, err := connectors.Follow(m.Info(), q, r, "prev")
	if err != nil {
		return connectors.Page{}, err
	}
	empty := len(page.Items)+len(page.Bad) == 0
	if !forward(q) {
		page.Next = older
		if q.Cursor == "" {
			page.Resume = newer
		}
		if !empty && older == "" && newer == "" && r.Header.Get("Link") == "" && len(page.Items)+len(page.Bad) >= m.size(q) {
			return connectors.Page{}, fault.New(fault.Malformed, "mastodon: a full page without a Link header: where the list goes on is not known")
		}
		return page, nil
	}
	if empty {
		page.Resume = place(q) // nothing is newer than this place
		return page, nil
	}
	if newer == "" {
		return connectors.Page{}, fault.New(fault.Malformed, "mastodon: %s without a link to newer ones: the poll cannot go on from here", m.likes)
	}
	page.Next, page.Resume = newer, newer
	if newestSince(place(q)) && older != "" {
		page.Doubt = "the server shows only the newest " + m.likes + " since the last poll, and there were more than a page"
	}
	return page, nil
}

// newestSince says whether a place is of the older kind that servers before
// Mastodon 2.6 (from memory; seen in a recording of 2018) link to: since_id gives the newest
// page, not the one right after the place.
func newestSince(at connectors.Cursor) bool {
	u, err := url.Parse(string(at))
	return err == nil && u.Query().Has("since_id") && !u.Query().Has("min_id")
}

func (m mastodon) size(q connectors.Query) int {
	if limit := m.Info().PageSize; q.PageSize < 1 || q.PageSize > limit {
		return limit
	}
	return q.PageSize
}
