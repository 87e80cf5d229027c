// Package pinboard reads the bookmarks a user has saved at Pinboard.
//
// API: https://pinboard.in/api (version 1): GET posts/all with fromdt, todt, start,
// results and meta, newest first by the time of saving; posts/update, the time of
// the last change of anything; posts/recent and posts/get. The token is NAME:HEX,
// and stands in the address: auth_token. One call in 3 seconds, posts/all one in 5
// minutes, posts/recent one a minute.
//
// How the list is walked. There are no cursors, so a place is a time: a page ends
// at some second, and the next one asks for everything up to that second (todt),
// which repeats what was saved in it. A bookmark that is removed meanwhile hides
// none, as it would behind a running number (start). Only where one second fills a
// whole page, as imports do, start counts on within it. A walk ends with a page
// that shows nothing older than the second it began with.
//
// A poll asks posts/update first, and ends there while nothing has changed. Else it
// reads what was saved since the last change that was seen (fromdt). A change that
// is no new bookmark (an edit, a removal, an import with old dates) shows as a
// change without news: Page.Doubt, and a sweep reads the whole list.
//
// From memory, not seen in a document: whether todt and fromdt include their own
// second (either is read rightly), that dates may be up to 10 minutes in the future,
// that a title that was left empty may come as false, and that 429 asks to double
// the pause. That 401 and 403 mean a token that was reset is what other clients do.
package pinboard

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
)

const host = "api.pinboard.in"

// New returns the connector of Pinboard bookmarks.
func New() connectors.Connector { return pinboard{} }

type pinboard struct{}

func (pinboard) Info() connectors.Info {
	quota := func(name string, n int, per time.Duration, rate float64) connectors.Quota {
		return connectors.Quota{Name: name, Scope: connectors.PerAccount, Unit: "calls", N: n, Per: per, Rolling: true, Rate: rate}
	}
	return connectors.Info{
		Name:     "pinboard",
		Provider: "pinboard",
		Title:    "Pinboard bookmarks",
		Likes:    "bookmarks",
		Docs:     "https://pinboard.in/api",
		Connect:  "Copy your API token, NAME:NUMBER, from https://pinboard.in/settings/password.",
		Hosts:    []string{host},
		Auth:     connectors.Auth{Placed: true},
		PageSize: 5000, // each costs five minutes
		Quotas: []connectors.Quota{
			quota("calls", 20, time.Minute, 1./3), // one in 3 seconds is waited for, not come back for
			quota("all", 1, 5*time.Minute, 0), quota("recent", 1, time.Minute, 0),
		},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollForward,
		EmptyPages: 1, // what a poll asks first is no list
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Limits: []string{
			"Pinboard does not say which bookmarks were changed, removed or saved with an old date: only reading the whole list shows it, and that takes five minutes for each 5,000 bookmarks.",
			"Bookmarklets (addresses that begin with javascript:) have no address to show, and are put aside.",
		},
	}
}

// forward says whether a walk reads what is new since the last one.
func forward(q connectors.Query) bool { return q.Walk == connectors.Poll && q.Resume != "" }

func (p pinboard) Request(q connectors.Query) (connectors.Request, error) {
	if forward(q) && q.Cursor == "" {
		return request("update", nil, "calls"), nil
	}
	at, err := parsePlace(q.Cursor)
	if err != nil {
		return connectors.Request{}, err
	}
	v := url.Values{"meta": {"yes"}, "results": {strconv.Itoa(p.size(q))}, "start": {strconv.Itoa(at.start)}}
	if !at.until.IsZero() {
		v.Set("todt", at.until.Add(time.Second).Format(time.RFC3339))
	}
	if forward(q) {
		since, err := seen(q.Resume)
		if err != nil {
			return connectors.Request{}, err
		}
		v.Set("fromdt", since.Add(-early).Format(time.RFC3339))
	}
	return request("all", v, "calls", "all"), nil
}

// request is a call of a method of the API.
func request(method string, v url.Values, quotas ...string) connectors.Request {
	if v == nil {
		v = url.Values{}
	}
	v.Set("format", "json")
	v.Set("auth_token", connectors.Secret("access"))
	return connectors.Request{
		URL:    "https://" + host + "/v1/posts/" + method + "?" + v.Encode(),
		Header: http.Header{"Accept": {"application/json"}},
		Quotas: quotas,
	}
}

func (p pinboard) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	if forward(q) && q.Cursor == "" {
		return changed(q, r)
	}
	at, err := parsePlace(q.Cursor)
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := p.bookmarks().Map(&page, r.Body); err != nil {
		return connectors.Page{}, err
	}
	p.turn(&page, q, at)
	return page, nil
}

// changed reads the time of the last change: where it is the one that was seen,
// the poll has ended.
func changed(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body struct {
		At string `json:"update_time"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	at := connectors.Time(body.At)
	if at.IsZero() {
		return connectors.Page{}, fault.New(fault.Malformed, "pinboard did not say when something was changed last")
	}
	page := connectors.Page{Resume: resume(at)}
	if page.Resume != q.Resume {
		page.Next = first
	}
	if now, err := http.ParseTime(r.Header.Get("Date")); err == nil && !now.After(at) {
		page.Resume = resume(at.Add(-time.Second)) // this second is not over yet
	}
	return page, nil
}

func (p pinboard) size(q connectors.Query) int {
	if limit := p.Info().PageSize; q.PageSize < 1 || q.PageSize > limit {
		return limit
	}
	return q.PageSize
}

// Bookmarks may be dated a little in the future, so that newer ones lie before.
const early = 10 * time.Minute

func resume(at time.Time) connectors.Cursor {
	return connectors.Cursor(at.UTC().Format(time.RFC3339))
}

func seen(at connectors.Cursor) (time.Time, error) {
	t := connectors.Time(string(at))
	if t.IsZero() {
		return t, fault.New(fault.Bug, "pinboard: the stored resume point is no time")
	}
	return t, nil
}

// rawTime reads the time of an object that could not be mapped.
func rawTime(raw json.RawMessage) time.Time { return connectors.Time(connectors.RawID(raw, "time")) }
