// Package reddit reads the posts and comments a user has saved on Reddit; and, as
// Upvoted, the posts that the user has upvoted.
//
// API: GET https://oauth.reddit.com/user/{name}/saved and /upvoted, 100 a page
// (www.reddit.com/dev/api/oauth#GET_user_{username}_{where}; recorded replies of
// PRAW; Reddit's published source for the order). Only the user's own token may
// read them. Registering an application needs Reddit's approval since 2025.
//
// How the lists are walked. A page says after which item the next one begins
// (after), null at the end. About 1,000 items are shown, whatever the list holds.
// The saved list is in the order of saving, newest first, without times, so a poll
// reads until ten known items in a row. The upvoted list is in the order in which
// the posts were submitted, so that an upvote of an older post lands in its middle
// and every poll reads all of it.
//
// A place in the list is an item, and it is lost when that item is un-saved while
// the list is read: by Reddit's source the answer is then an empty page, which looks
// like the end. So a cursor names the places of the pages before, too. After an empty
// page the one before is read again: if it still ends with the same item the list has
// truly ended; if not, the walk goes on from where it ends now. An error makes the
// walk begin again after three tries, and the first page in place of the next one
// is a circle, which the executor notices.
//
// What Reddit cannot show: when something was saved or upvoted, anything beyond the
// newest 1,000, and so whether an older item was un-saved or only displaced.
//
// From memory, not seen in a document: that upvoted may be read with the scope
// history, that names of users are never changed nor given again, and what a place that is unknown is answered with today.
package reddit

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const base = "https://oauth.reddit.com"

// New returns the connector of what was saved on Reddit.
func New() connectors.Connector {
	return reddit{name: "reddit", list: "saved", likes: "saved posts and comments"}
}

// Upvoted returns the connector of upvoted posts.
func Upvoted() connectors.Connector {
	return reddit{name: "reddit-upvoted", list: "upvoted", likes: "upvoted posts"}
}

// reddit is one list of a user.
type reddit struct {
	name  string // of the service
	list  string // in the path
	likes string // what one like is called, plural
}

func (s reddit) Info() connectors.Info {
	in := connectors.Info{
		Name:     s.name,
		Tested:   connectors.RealReplies,
		Provider: "reddit",
		Title:    "Reddit " + s.list,
		Likes:    s.likes,
		Docs:     "https://www.reddit.com/dev/api/oauth#GET_user_{username}_" + s.list,
		Connect: "Register an application at https://www.reddit.com/prefs/apps (Reddit has to approve it), let it ask for a permanent token with the scopes identity, history and read, " +
			`and give {"access":"…","refresh":"…","clientId":"…","clientSecret":"…"}.`,
		Hosts: []string{"oauth.reddit.com"},
		Auth: connectors.Auth{
			Header: "Authorization",
			Prefix: "Bearer ",
			Scopes: []connectors.Scope{
				{Name: "history", Why: "the lists are refused without it"},
				{Name: "identity", Why: "Reddit does not say whose token it is without it"},
				{Name: "read", Why: "posts of private communities stay hidden without it"},
			},
			Beyond: []connectors.Power{
				{Name: "*", May: "do everything in your name", Covers: []string{"history", "identity", "read"}},
				{Name: "submit", May: "post in your name"},
				{Name: "edit", May: "change your posts"},
				{Name: "vote", May: "vote in your name"},
				{Name: "save", May: "change what you saved"},
				{Name: "subscribe", May: "join communities for you"},
				{Name: "privatemessages", May: "read and write your private messages"},
				{Name: "account", May: "change your settings"},
			},
		},
		PageSize: 100,
		Quotas: []connectors.Quota{
			{ // 100 a minute, averaged over ten; the replies count down to the end of the ten minutes
				Name: "app", Scope: connectors.PerApp, Unit: "calls", N: 1000, Per: 10 * time.Minute,
				Report: connectors.Report{
					Used: "X-Ratelimit-Used", Remaining: "X-Ratelimit-Remaining",
					Reset: "X-Ratelimit-Reset", Unit: connectors.SecondsToGo,
				},
				Rate: 2, Burst: 5,
			},
			{ // Reddit knows no such quota: one call at a time, and no account takes all of the application's
				Name: "account", Scope: connectors.PerAccount, Unit: "calls", N: 600, Per: 10 * time.Minute, Parallel: 1,
			},
		},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		Window:     1000,
		EmptyPages: kept + 2, // pages that Reddit filtered empty, and those asked for to make sure of the end
		PollMin:    10 * time.Minute,
		PollMax:    12 * time.Hour,
		Limits: []string{
			"Reddit shows about the newest 1,000 of a list; what was older when the account was connected cannot be collected.",
			"Reddit does not say when something was saved or upvoted.",
		},
	}
	if s.list == "upvoted" {
		in.Order, in.Poll, in.PollMin = connectors.Unordered, connectors.PollSweep, time.Hour
		in.Tested = 0 // nobody's recordings hold this list
		in.Limits = append(in.Limits, "An upvote of a post that is older than the newest 1,000 upvoted posts is not shown.")
	}
	return in
}

func (s reddit) Request(q connectors.Query) (connectors.Request, error) {
	if q.Account.ID == "" {
		return connectors.Request{}, fault.New(fault.Bug, "reddit: the account's name is not known yet")
	}
	size, limit := q.PageSize, s.Info().PageSize
	if size < 1 || size > limit {
		size = limit
	}
	v := url.Values{"limit": {strconv.Itoa(size)}, "raw_json": {"1"}} // raw: without it texts are escaped as HTML
	at, err := parsePlace(q.Cursor)
	if err != nil {
		return connectors.Request{}, err
	}
	if len(at.after) > 0 {
		v.Set("after", at.after[0])
	}
	return request("/user/" + url.PathEscape(q.Account.ID) + "/" + s.list + "?" + v.Encode()), nil
}

func request(path string) connectors.Request {
	return connectors.Request{URL: base + path, Header: http.Header{"Accept": {"application/json"}}}
}

func (reddit) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body struct {
		Data struct {
			After    json.RawMessage `json:"after"` // an item's name, or null at the end
			Children json.RawMessage `json:"children"`
		} `json:"data"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	at, err := parsePlace(q.Cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := things().Map(&page, body.Data.Children); err != nil {
		return connectors.Page{}, err
	}
	page.Next, err = at.next(body.Data.After, len(page.Items)+len(page.Bad) == 0)
	return page, err
}

// Remap maps an object from quarantine as Parse does.
func (reddit) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return things().One(raw)
}
