// Package stackexchange reads the questions a user marked as favourites on one site
// of Stack Exchange.
//
// API: GET /2.3/me/favorites (api.stackexchange.com/docs/me-favorites). It shows
// nothing today: since favourites became Saves, in October 2022, the list is empty
// for everybody, with status 200 (as users of github.com/tylerbwong/stack saw), and no
// call is known that lists Saves. The connector reads what the API documents, so
// that likes come in again should the list. An empty list means unknown: it sets
// Page.Doubt, and never means that everything was taken back.
//
// How the list is walked. Pages of 100, sorted by the time of the favourite, until
// `has_more` is false. One taken back between two pages hides another from that
// walk; so every poll reads the whole list, and the next one finds it.
//
// Each site has a list of its own and is a network of its own, named by the param
// site. The account is the one of the whole of Stack Exchange.
//
// The token and the application's key stand in the address: the API takes them
// nowhere else. Errors come as 400 with error_id; bodies are always packed; what
// is left of the quota, and the pause before the next call, stand in the body.
//
// From memory, not seen in a document: the numbers of the errors, that the quota
// with a token is the person's and begins at midnight UTC, and that a token made
// with the scope no_expiry does not expire.
package stackexchange

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

const base = "https://api.stackexchange.com/2.3"

// New returns the connector of Stack Exchange favourites.
func New() connectors.Connector { return stackexchange{} }

type stackexchange struct{}

func (stackexchange) Info() connectors.Info {
	return connectors.Info{
		Name:     "stackexchange",
		Provider: "stackexchange",
		Title:    "Stack Exchange favourites",
		Likes:    "favourites",
		Docs:     "https://api.stackexchange.com/docs/me-favorites",
		Connect: "Register an application at https://stackapps.com/apps/oauth/register, sign in to it with the scope no_expiry, " +
			`and give the token with the application's key: {"access":"…","clientId":"KEY"}.`,
		Hosts: []string{"api.stackexchange.com"},
		Auth: connectors.Auth{Placed: true, Scopes: []connectors.Scope{
			{Name: "no_expiry", Why: "the token ends after a day without it, and cannot be refreshed"},
		}},
		Params:   []connectors.Param{{Name: "site", Help: "the site, as the API names it: stackoverflow, superuser, math", Required: true}},
		PageSize: 100,
		Quotas: []connectors.Quota{{
			Name: "day", Scope: connectors.PerAccount, Unit: "calls", N: 10_000, Per: 24 * time.Hour, Calendar: connectors.DayUTC,
			Report: connectors.Report{Body: true}, Parallel: 1, Rate: 5, Burst: 5,
		}},
		Order:      connectors.Unordered,
		Poll:       connectors.PollSweep,
		EmptyWrong: true,
		PollMin:    time.Hour,
		PollMax:    24 * time.Hour,
		Limits: []string{
			"Stack Exchange shows nothing today: since favourites became Saves (2022) it answers an empty list for everybody.",
			"An empty list is taken as unknown: nothing is marked as taken back because of it.",
			"It does not say when a question became a favourite.",
			"Upvotes cannot be listed.",
		},
	}
}

func (s stackexchange) Request(q connectors.Query) (connectors.Request, error) {
	at, err := connectors.PageOf(s.Info(), q)
	if err != nil {
		return connectors.Request{}, err
	}
	if q.Params["site"] == "" {
		return connectors.Request{}, fault.New(fault.Bug, "stackexchange: the network has no site")
	}
	return request("/me/favorites", url.Values{
		"site": {q.Params["site"]}, "sort": {"added"}, "order": {"desc"}, "pagesize": {strconv.Itoa(at.Size)}, "page": {strconv.Itoa(at.Page)},
	}), nil
}

// request is a call with the places of the token and the application's key.
func request(path string, v url.Values) connectors.Request {
	v.Set("access_token", connectors.Secret("access"))
	v.Set("key", connectors.Secret("clientId"))
	return connectors.Request{URL: base + path + "?" + v.Encode(), Header: http.Header{"Accept": {"application/json"}}}
}

// wrapper is around all answers.
type wrapper struct {
	Items   json.RawMessage `json:"items"`
	HasMore *bool           `json:"has_more"`
	Max     int             `json:"quota_max"`
	Left    *int            `json:"quota_remaining"`
	Backoff int             `json:"backoff"` // seconds, before the next call of the same method
}

func (s stackexchange) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := connectors.PageOf(s.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	var body wrapper
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	page := connectors.Page{Usage: usage(body)}
	if err := questions().Map(&page, body.Items); err != nil {
		return connectors.Page{}, err
	}
	empty := len(page.Items)+len(page.Bad) == 0
	switch {
	case body.HasMore == nil:
		return connectors.Page{}, fault.New(fault.Malformed, "stackexchange did not say whether the list goes on")
	case *body.HasMore && empty:
		return connectors.Page{}, fault.New(fault.Malformed, "stackexchange answered an empty page %d and says that more follow", at.Page)
	case *body.HasMore:
		page.Next = at.Next(0)
	case empty && at.Page == 1:
		page.Doubt = "Stack Exchange answers an empty list whatever was marked, since favourites became Saves: what is marked is not known"
	}
	return page, nil
}

// usage is what a body says of the day's quota and of the pause it asks for.
func usage(body wrapper) []connectors.Usage {
	return []connectors.Usage{{
		Quota: "day", Limit: max(0, body.Max), Left: body.Left, Wait: time.Duration(max(0, body.Backoff)) * time.Second,
	}}
}

// Remap maps an object from quarantine as Parse does.
func (stackexchange) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return questions().One(raw)
}

func questions() connectors.Mapping[question] {
	return connectors.Mapping[question]{
		To: question.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "question_id") },
	}
}

// question is one element of the list. Its texts are HTML.
type question struct {
	ID      int64    `json:"question_id"`
	Link    string   `json:"link"`
	Title   string   `json:"title"`
	Tags    []string `json:"tags"`
	Created int64    `json:"creation_date"` // seconds since 1970
	Owner   struct { // of a deleted account the name alone
		Name  string `json:"display_name"`
		Link  string `json:"link"`
		Image string `json:"profile_image"`
	} `json:"owner"`
}

func (q question) item() (item.Item, error) {
	it := item.Item{
		ID:     connectors.ID(q.ID),
		URL:    q.Link,
		Kind:   "question",
		Title:  connectors.PlainText(q.Title),
		Author: item.Author{Name: connectors.PlainText(q.Owner.Name), URL: q.Owner.Link, Avatar: q.Owner.Image},
		Tags:   q.Tags,
	}
	if q.Created > 0 {
		it.CreatedAt = connectors.Time(time.Unix(q.Created, 0).UTC().Format(time.RFC3339))
	}
	return it, nil
}
