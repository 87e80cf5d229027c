// Package raindrop reads all bookmarks of an account at Raindrop.io.
//
// API: GET /rest/v1/raindrops/0 (developer.raindrop.io/v1/raindrops/multiple;
// recordings of July 2025). Pages from 0 on, 50 bookmarks at most, sorted by the
// time of the bookmark either way; `count` is how many there are.
//
// How the list is walked. Like GitHub's stars: the newest page first, so that it
// can be searched after one call, then oldest first from the last page back to the
// first. A bookmark thrown away meanwhile only repeats others, a new one goes to
// the end, where the next poll looks. An ascending page that does not ascend sets
// Page.Doubt. A sweep goes on into the trash (collection -99): what lies there
// was taken back by the user, and is told as Page.Removed.
//
// A bookmark that is imported can have a time of long ago. It then stands where no
// poll looks, and is found by the next sweep.
//
// What cannot be shown: which bookmark became a favourite when. All bookmarks are
// collected, favourites among them.
//
// GET /rest/v1/raindrop/{id} shows one bookmark, in the trash too.
//
// From memory, not seen in a document: that a bookmark thrown out of the trash
// answers 404 with result false, and that the trash is listed like a collection
// whatever its size.
package raindrop

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

const base = "https://api.raindrop.io/rest/v1"

// New returns the connector of Raindrop.io bookmarks.
func New() connectors.Connector { return raindrop{} }

type raindrop struct{}

func (raindrop) Info() connectors.Info {
	return connectors.Info{
		Name:     "raindrop",
		Tested:   connectors.RealReplies,
		Provider: "raindrop",
		Title:    "Raindrop.io bookmarks",
		Likes:    "bookmarks",
		Docs:     "https://developer.raindrop.io/v1/raindrops/multiple",
		Connect:  "Make an application at https://app.raindrop.io/settings/integrations and copy its test token, which does not expire.",
		Hosts:    []string{"api.raindrop.io"},
		Auth:     connectors.Auth{Header: "Authorization", Prefix: "Bearer "},
		PageSize: 50,
		Quotas: []connectors.Quota{{
			Name: "api", Scope: connectors.PerAccount, Unit: "calls", N: 120, Per: time.Minute,
			Report:   connectors.Report{Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Unit: connectors.EpochSeconds},
			Parallel: 1, Rate: 5, Burst: 5,
		}},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		EmptyPages: trashPages + 100, // pages of the trash hold no bookmark that is kept; and the list may shrink while it is read
		PollMin:    5 * time.Minute,
		PollMax:    6 * time.Hour,
		Limits: []string{
			"Bookmarks imported with an earlier date are found by the next full reading only.",
			"All bookmarks are collected; which of them are favourites is not kept.",
			"Of the trash the newest 5,000 bookmarks are looked at.",
		},
	}
}

// The parts of a walk, as its cursors name them.
const (
	newest = ""      // the first page, newest first
	oldest = "asc"   // oldest first, from the last page back
	trash  = "trash" // what the user threw away
)

// trashPages is how many pages of the trash a sweep reads at most.
const trashPages = 100

// place is a page of a part.
type place struct {
	part string
	connectors.Numbered
}

func (p place) cursor() connectors.Cursor {
	return connectors.Cursor(p.part+":") + p.Cursor()
}

// parsePlace reads the cursor of q; the start is the newest page.
func parsePlace(q connectors.Query) (place, error) {
	part, rest, found := strings.Cut(string(q.Cursor), ":")
	if q.Cursor != "" && (!found || part != oldest && part != trash || rest == "") {
		return place{}, fault.New(fault.Bug, "raindrop: the stored cursor is not one of this connector's")
	}
	q.Cursor = connectors.Cursor(rest)
	n, err := connectors.PageOf(raindrop{}.Info(), q)
	return place{part, n}, err
}

func (raindrop) Request(q connectors.Query) (connectors.Request, error) {
	at, err := parsePlace(q)
	if err != nil {
		return connectors.Request{}, err
	}
	collection, sort := "0", "-created"
	switch at.part {
	case oldest:
		sort = "created"
	case trash:
		collection = "-99"
	}
	v := url.Values{"page": {strconv.Itoa(at.Page - 1)}, "perpage": {strconv.Itoa(at.Size)}, "sort": {sort}}
	return request("/raindrops/" + collection + "?" + v.Encode()), nil
}

func request(path string) connectors.Request {
	return connectors.Request{URL: base + path, Header: http.Header{"Accept": {"application/json"}}}
}

// list is a page as the API writes it.
type list struct {
	Result bool            `json:"result"`
	Items  json.RawMessage `json:"items"`
	Count  *int            `json:"count"` // of the whole collection
}

func (raindrop) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := parsePlace(q)
	if err != nil {
		return connectors.Page{}, err
	}
	var body list
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	if !body.Result || body.Count == nil || *body.Count < 0 {
		return connectors.Page{}, fault.New(fault.Malformed, "raindrop did not say that the list is right and how long it is")
	}
	var page connectors.Page
	if err := bookmarks().Map(&page, body.Items); err != nil {
		return connectors.Page{}, err
	}
	count, last := *body.Count, (*body.Count+at.Size-1)/at.Size
	if len(page.Items)+len(page.Bad) == 0 && at.Page <= last {
		return connectors.Page{}, fault.New(fault.Malformed, "raindrop answered an empty page %d of %d", at.Page, last)
	}
	switch at.part {
	case newest:
		page.Total, page.Pages = count, 1
		if last > 1 {
			page.Next, page.Pages = ascending(at.Size, last), last+1
		} else if q.Walk == connectors.Sweep && count > 0 {
			page.Next = thrown(at.Size, 1)
		}
		if q.Walk != connectors.Backfill { // a poll stops when it will, and nobody knows how much lies in the trash
			page.Pages = 0
		}
	case oldest:
		page.Total = count
		if !connectors.Ordered(page.Items, false) {
			page.Doubt = "Raindrop.io did not list the bookmarks oldest first, as asked for"
		}
		if at.Page > 1 {
			page.Next = ascending(at.Size, at.Page-1)
		} else if q.Walk == connectors.Sweep {
			page.Next = thrown(at.Size, 1)
		}
	case trash:
		page = removed(page)
		if at.Page < min(last, trashPages) {
			page.Next = thrown(at.Size, at.Page+1)
		}
	}
	return page, nil
}

func ascending(size, page int) connectors.Cursor {
	return place{oldest, connectors.Numbered{Page: page, Size: size}}.cursor()
}

func thrown(size, page int) connectors.Cursor {
	return place{trash, connectors.Numbered{Page: page, Size: size}}.cursor()
}

// removed is a page of the trash: its bookmarks are no likes any more.
func removed(page connectors.Page) connectors.Page {
	out := connectors.Page{Bad: page.Bad}
	for _, it := range page.Items {
		out.Removed = append(out.Removed, it.ID)
	}
	return out
}

// Remap maps an object from quarantine as Parse does.
func (raindrop) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return bookmarks().One(raw)
}

func bookmarks() connectors.Mapping[bookmark] {
	return connectors.Mapping[bookmark]{
		To: bookmark.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "_id") },
	}
}

// bookmark is one element of a list.
type bookmark struct {
	ID      int64    `json:"_id"`
	Link    string   `json:"link"`
	Title   string   `json:"title"`
	Excerpt string   `json:"excerpt"`
	Note    string   `json:"note"` // the user's own words
	Cover   string   `json:"cover"`
	Tags    []string `json:"tags"`
	Created string   `json:"created"`
}

func (b bookmark) item() (item.Item, error) {
	it := item.Item{
		ID:      connectors.ID(b.ID),
		URL:     b.Link,
		Kind:    "bookmark",
		Title:   b.Title,
		Text:    strings.TrimSpace(b.Excerpt + "\n\n" + b.Note),
		Image:   b.Cover,
		Tags:    b.Tags,
		LikedAt: connectors.Time(b.Created),
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	} else if b.Created != "" {
		return item.Item{}, fault.New(fault.Malformed, "created is not a time")
	}
	return it, nil
}
