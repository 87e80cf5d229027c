// Package twitter reads the posts a user has liked on X, formerly Twitter; and, as
// Bookmarks, the posts that the user has bookmarked there.
//
// API: GET https://api.x.com/2/users/{id}/liked_tweets and /bookmarks
// (docs.x.com/x-api/users/get-liked-posts, /get-bookmarks; X's OpenAPI description,
// 2.167; recorded replies of tweepy). Newest like first, without the times of likes.
//
// How the lists are walked. A page names the next one (meta.next_token) or is the
// last. A short page is not the end: posts that X does not show are left out after
// the page was cut. A poll reads until ten known posts in a row. Bookmarks asked for
// 100 at a time may stop early without a token (reported by users, confirmed by X);
// asked for 90 they do not, so 90 it is.
//
// X's names changed in 2026: post.fields and note_post, which were tweet.fields and
// note_tweet, as pages of its documents still have it. The new ones are asked for, as
// its OpenAPI description of these two lists says, and both are read.
//
// What it costs. X asks $0.001 for each liked or bookmarked post that it returns to
// the user who owns the application, and more to others. So every call reserves the
// price of a full page from the budget that the user set for the month, and gives
// back what the page did not cost. X charges a post that is read twice on one day
// once; this package counts it twice, so it never counts too little. Polls read few.
//
// What X cannot show: when something was liked or bookmarked; posts that were
// deleted or withheld leave the list.
//
// A post that could not be read is not tried again from quarantine (there is no
// connectors.Remapper), since its author stood beside it in the reply.
//
// From memory, not seen in a document: that refresh tokens work once, that the
// answer to credits that are used up is 402, and that the authors who come with the
// posts are not charged.
package twitter

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
	base  = "https://api.x.com/2"
	price = 1 // mills a post
)

// New returns the connector of likes on X.
func New() connectors.Connector {
	return twitter{name: "twitter", list: "liked_tweets", likes: "likes", scope: "like.read", most: 100, calls: 75}
}

// Bookmarks returns the connector of bookmarks on X.
func Bookmarks() connectors.Connector {
	return twitter{name: "twitter-bookmarks", list: "bookmarks", likes: "bookmarks", scope: "bookmark.read", most: 90, calls: 180}
}

// twitter is one list of a user.
type twitter struct {
	name  string // of the service
	list  string // in the path; also the name of its quota
	likes string // what one like is called, plural
	scope string
	most  int // posts a page
	calls int // in 15 minutes
}

func (t twitter) Info() connectors.Info {
	in := connectors.Info{
		Name:     t.name,
		Tested:   connectors.RealReplies | connectors.ProviderDescription,
		Provider: "twitter",
		Title:    "X " + t.likes,
		Likes:    t.likes,
		Docs:     "https://docs.x.com/x-api/users/get-" + map[string]string{"likes": "liked-posts", "bookmarks": "bookmarks"}[t.likes],
		Connect: "Make an application at https://console.x.com, buy credits there, let it ask for the scopes " + t.scope + ", tweet.read, users.read and offline.access, " +
			`and give {"access":"…","refresh":"…","clientId":"…"}, with "clientSecret" where the application has one.`,
		Hosts: []string{"api.x.com"},
		Auth: connectors.Auth{
			Header: "Authorization",
			Prefix: "Bearer ",
			Scopes: []connectors.Scope{
				{Name: t.scope, Why: "the list is refused without it"},
				{Name: "tweet.read", Why: "posts are refused without it"},
				{Name: "users.read", Why: "X does not say whose token it is without it"},
				{Name: "offline.access", Why: "without it the token ends after two hours and cannot be renewed"},
			},
			Beyond: []connectors.Power{
				{Name: "tweet.write", May: "post in your name"},
				{Name: "like.write", May: "like in your name"},
				{Name: "bookmark.write", May: "change your bookmarks"},
				{Name: "follows.write", May: "follow in your name"},
				{Name: "dm.read", May: "read your private messages"},
				{Name: "dm.write", May: "write private messages in your name"},
			},
		},
		Price:        price,
		PageSize:     t.most, // of bookmarks 90: of a hundred the next token may be missing
		PollPageSize: 10,
		Quotas: []connectors.Quota{
			window(t.list, t.calls),
			window("me", 75),
			{Name: "budget", Scope: connectors.PerApp, Unit: connectors.Mills, N: 5000, Per: 30 * 24 * time.Hour, Calendar: connectors.MonthUTC},
		},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		EmptyPages: 3,
		PollMin:    6 * time.Hour,
		PollMax:    24 * time.Hour,
		Limits: []string{
			"X charges for every post that it returns, so a month's budget bounds how much of a history is read.",
			"X does not say when something was liked or bookmarked.",
			"Posts that were deleted, or that X withholds, leave the list.",
		},
	}
	if t.list == "liked_tweets" { // for all users of the application together, and no reply tells of it
		in.Quotas = append(in.Quotas, connectors.Quota{Name: "liked_tweets-app", Scope: connectors.PerApp, Unit: "calls", N: t.calls, Per: 15 * time.Minute})
	}
	return in
}

// window is a quota of a user for one endpoint.
func window(name string, n int) connectors.Quota {
	return connectors.Quota{
		Name: name, Scope: connectors.PerAccount, Unit: "calls", N: n, Per: 15 * time.Minute,
		Report: connectors.Report{
			Limit: "X-Rate-Limit-Limit", Remaining: "X-Rate-Limit-Remaining",
			Reset: "X-Rate-Limit-Reset", Unit: connectors.EpochSeconds,
		},
		Parallel: 1, Rate: 1, Burst: 5,
	}
}

// size is the page size of a walk, within what the list takes.
func (t twitter) size(q connectors.Query) int {
	if q.PageSize < 1 || q.PageSize > t.most {
		return t.most
	}
	return max(q.PageSize, 5) // the fewest that liked_tweets takes
}

func (t twitter) Request(q connectors.Query) (connectors.Request, error) {
	if q.Account.ID == "" {
		return connectors.Request{}, fault.New(fault.Bug, "twitter: the account's id is not known yet")
	}
	v := url.Values{
		"max_results":  {strconv.Itoa(t.size(q))},
		"post.fields":  {"attachments,created_at,entities,lang,note_post"},
		"expansions":   {"author_id,attachments.media_keys"},
		"user.fields":  {"name,username,profile_image_url"},
		"media.fields": {"url,preview_image_url"},
	}
	if q.Cursor != "" {
		v.Set("pagination_token", string(q.Cursor))
	}
	quotas := []string{t.list, "budget"}
	if t.list == "liked_tweets" {
		quotas = append(quotas, "liked_tweets-app")
	}
	return request("/users/"+url.PathEscape(q.Account.ID)+"/"+t.list+"?"+v.Encode(), t.size(q)*price, quotas...), nil
}

// request is a call that costs so much at most.
func request(path string, cost int, quotas ...string) connectors.Request {
	return connectors.Request{
		URL: base + path, Header: http.Header{"Accept": {"application/json"}},
		Quotas: quotas, Cost: map[string]int{"budget": cost},
	}
}

func (twitter) Parse(_ connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body struct {
		Data     json.RawMessage `json:"data"` // left out where there is nothing
		Includes includes        `json:"includes"`
		Meta     *struct {
			Count *int   `json:"result_count"`
			Next  string `json:"next_token"`
		} `json:"meta"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	if body.Meta == nil || body.Meta.Count == nil {
		return connectors.Page{}, fault.New(fault.Malformed, "twitter: the page does not say how many posts it has")
	}
	if len(body.Data) == 0 && *body.Meta.Count == 0 {
		body.Data = json.RawMessage("[]")
	}
	var page connectors.Page
	if err := tweets(body.Includes).Map(&page, body.Data); err != nil {
		return connectors.Page{}, err
	}
	spent := (len(page.Items) + len(page.Bad)) * price
	page.Usage = []connectors.Usage{{Quota: "budget", Spent: &spent}}
	var err error
	if page.Next, err = connectors.Opaque(body.Meta.Next); err != nil {
		return connectors.Page{}, err
	}
	return page, nil
}
