// Package bluesky reads the posts and feeds a user has liked on Bluesky, from
// the user's own data server (PDS), whoever runs it; and, as Bookmarks, the posts
// that the user has bookmarked there.
//
// API: GET /xrpc/com.atproto.repo.listRecords of the collection
// app.bsky.feed.like, 100 records a page, ordered by record key, which grows
// with time (lexicon com.atproto.repo.listRecords; run against a PDS 0.4.217).
// A record holds the like's time and a reference to what is liked; the post's
// text is filled in afterwards from the public AppView, without a credential, 25
// posts a call (app.bsky.feed.getPosts).
//
// How the list is walked. A backfill and a sweep read newest first and follow
// the cursor; the last page with records still carries one, and the page after
// it is empty. Where a server leaves the cursor out of a page with records, the
// last record's key takes its place. The newest record's key is the resume
// point: a poll reads upwards from it (reverse=true) until a page is empty, so
// it cannot miss. Without one it reads upwards from the oldest like. A server
// that does not obey reverse is noticed by the order of the keys, and
// Page.Doubt says so. app.bsky.feed.getActorLikes is not used: it cuts its pages
// in windows of about 70 days and may answer empty pages for ever.
//
// What Bluesky cannot show: the like's time is what the user's client wrote, so
// it may be wrong; liking a post again replaces the older like; posts that were
// deleted, or are not shown to visitors, have no text.
//
// Bookmarks are no records of the user's, but kept by the AppView for the user
// alone: GET /xrpc/app.bsky.bookmark.getBookmarks (lexicon of that name), through
// the user's server and with the session. They come with the posts, newest bookmark
// first, with the time that the AppView stored them at. The cursor is followed
// until a page has none; the reference AppView gives a full page one (from memory), so
// one without has Page.Doubt. There is no way to read upwards, so a poll reads newest
// first until it reaches back past what an earlier walk has read; a page on which a
// later bookmark is newer than one before it has Page.Doubt.
//
// From memory, not seen in a document: the limit of 25 posts a call, the AppView's
// quota, that accounts that were taken down answer the errors named in Fault, and
// the order of bookmarks.
package bluesky

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
)

const (
	home    = "https://bsky.social" // where accounts are by default
	appView = "public.api.bsky.app" // shows posts to everybody
)

// New returns the connector of Bluesky likes.
func New() connectors.Connector { return bluesky{user{"bluesky"}} }

type bluesky struct{ user }

func (bluesky) Info() connectors.Info {
	in := info()
	in.Name, in.Title, in.Likes = "bluesky", "Bluesky likes", "likes"
	in.Docs = "https://docs.bsky.app/docs/api/com-atproto-repo-list-records"
	in.Hosts, in.DetailsPerCall = []string{appView}, 25
	in.Quotas = append(in.Quotas, window("appview", 10))
	in.Poll = connectors.PollForward
	in.Tested = connectors.RealServer | connectors.RealReplies
	in.Limits = []string{
		"The time of a like is what the user's app wrote; it may be wrong.",
		"Posts that were deleted or are hidden from visitors keep their address and have no text.",
		"Liking a post again replaces the earlier like and its time.",
	}
	return in
}

// info is what holds for every list of an account.
func info() connectors.Info {
	return connectors.Info{
		Provider: "bluesky",
		Connect: "Make an app password at https://bsky.app/settings/app-passwords and give it with your handle as " +
			`{"identifier":"you.bsky.social","appPassword":"…"}. Where your account is not at bsky.social, name its server with --server.`,
		Server:  home,
		Servers: true,
		Auth: connectors.Auth{
			Header:  "Authorization",
			Prefix:  "Bearer ",
			Session: true,
			Scopes:  []connectors.Scope{{Name: "com.atproto.appPass", Why: "the session of an app password; that of the account itself is never needed", Optional: true}},
			Beyond: []connectors.Power{
				{Name: "com.atproto.access", May: "do everything that you may, since it is the password of the account itself", Covers: []string{"com.atproto.appPass"}},
				{Name: "com.atproto.appPassPrivileged", May: "read and write your private messages", Covers: []string{"com.atproto.appPass"}},
			},
		},
		PageSize: 100, // 101 is answered with 500
		Quotas:   []connectors.Quota{window("pds", 20)},
		Order:    connectors.ByLikeTime,
		PollMin:  2 * time.Minute,
		PollMax:  6 * time.Hour,
	}
}

func window(name string, rate float64) connectors.Quota {
	return connectors.Quota{
		Name: name, Scope: connectors.PerAddress, Unit: "calls", N: 3000, Per: 5 * time.Minute,
		Report: connectors.Report{
			Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining",
			Reset: "RateLimit-Reset", Unit: connectors.EpochSeconds,
		},
		Parallel: 4, Rate: rate, Burst: 20,
	}
}

// upwards says whether a walk reads from the oldest record to the newest.
func upwards(q connectors.Query) bool { return q.Walk == connectors.Poll }

// place is the record key after which q reads, "" at the end it starts from.
func place(q connectors.Query) connectors.Cursor {
	if q.Cursor == "" && upwards(q) {
		return q.Resume
	}
	return q.Cursor
}

func (bluesky) Request(q connectors.Query) (connectors.Request, error) {
	if q.Account.ID == "" {
		return connectors.Request{}, fault.New(fault.Bug, "bluesky: the account's DID is not known yet")
	}
	v := url.Values{"repo": {q.Account.ID}, "collection": {likes}, "limit": {strconv.Itoa(size(q))}}
	if upwards(q) {
		v.Set("reverse", "true")
	}
	if at := place(q); at != "" {
		v.Set("cursor", string(at))
	}
	return request(q, "com.atproto.repo.listRecords?"+v.Encode()), nil
}

// size is the page size of a walk, within what the servers take.
func size(q connectors.Query) int {
	if limit := info().PageSize; q.PageSize < 1 || q.PageSize > limit {
		return limit
	}
	return q.PageSize
}

// request is a call of the account's own server.
func request(q connectors.Query, method string) connectors.Request {
	server := q.Server
	if server == "" {
		server = home
	}
	return connectors.Request{
		URL:    server + "/xrpc/" + method,
		Header: http.Header{"Accept": {"application/json"}},
		Quotas: []string{"pds"},
	}
}

func (b bluesky) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body struct {
		Records json.RawMessage `json:"records"`
		Cursor  string          `json:"cursor"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := records().Map(&page, body.Records); err != nil {
		return connectors.Page{}, err
	}
	keys, err := recordKeys(body.Records)
	if err != nil {
		return connectors.Page{}, err
	}
	if len(keys) == 0 { // the end, upwards nothing newer than this place
		if upwards(q) {
			page.Resume = place(q)
		}
		return page, nil
	}
	if body.Cursor == "" {
		body.Cursor = keys[len(keys)-1]
	}
	if page.Next, err = connectors.Opaque(body.Cursor); err != nil {
		return connectors.Page{}, err
	}
	if page.Next == "" {
		return connectors.Page{}, fault.New(fault.Malformed, "bluesky: records without a cursor and without keys: where the list goes on is not known")
	}
	first, last := ends(keys)
	switch {
	case !upwards(q):
		if q.Cursor == "" {
			page.Resume = connectors.Cursor(first)
		}
	case first > last || place(q) != "" && first <= string(place(q)):
		page.Next, page.Resume = "", place(q)
		page.Doubt = "the server lists newest first where oldest first was asked for"
	default:
		page.Resume = connectors.Cursor(last)
	}
	return page, nil
}

// ends returns the first and the last key of a page that could be read.
func ends(keys []string) (first, last string) {
	for _, k := range keys {
		if k != "" {
			if first == "" {
				first = k
			}
			last = k
		}
	}
	return first, last
}
