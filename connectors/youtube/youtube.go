// Package youtube reads the videos that a user has liked on YouTube.
//
// API: https://developers.google.com/youtube/v3/docs/playlistItems/list. GET
// playlistItems of the playlist LL, the user's liked videos: 50 a page, newest like
// first, with the time at which each was added. (videos.list?myRating=like has no
// times, and shows fewer.) Every call costs one unit of the 10,000 that a project of
// Google Cloud has a day, and the day ends at midnight in California; nothing tells
// how many are left.
//
// How the list is walked. By nextPageToken, until a reply has none. How many there
// are (pageInfo) is not reliable; but where a walk ends before the number that was
// told, Page.Doubt asks for a sweep.
//
// From memory, not seen in a document: that snippet.publishedAt is the time of the
// like in LL, that LL shows 5,000 videos as other playlists do, that an API project
// which is in testing loses its refresh tokens after 7 days, and the reasons
// quotaExceeded, dailyLimitExceeded, rateLimitExceeded and userRateLimitExceeded.
package youtube

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/connectors"
	"collector/fault"
)

const host = "www.googleapis.com"

// New returns the connector of liked videos.
func New() connectors.Connector { return youtube{} }

type youtube struct{}

func (youtube) Info() connectors.Info {
	return connectors.Info{
		Name:     "youtube",
		Tested:   connectors.RealReplies,
		Provider: "youtube",
		Title:    "YouTube likes",
		Likes:    "liked videos",
		Docs:     "https://developers.google.com/youtube/v3/docs/playlistItems/list",
		Connect: "Make a project with the YouTube Data API and an OAuth client at https://console.cloud.google.com/apis/credentials, publish it (in testing its sign-ins end after 7 days), and sign in for the scope youtube.readonly. " +
			"Give {\"refresh\": …, \"clientId\": …, \"clientSecret\": …}.",
		Hosts: []string{host},
		Auth: connectors.Auth{
			Header: "Authorization",
			Prefix: "Bearer ",
			Scopes: []connectors.Scope{{Name: "https://www.googleapis.com/auth/youtube.readonly", Why: "the liked videos are refused without it"}},
			Beyond: []connectors.Power{
				{Name: "https://www.googleapis.com/auth/youtube", May: "change your videos, lists and likes", Covers: []string{"https://www.googleapis.com/auth/youtube.readonly"}},
				{Name: "https://www.googleapis.com/auth/youtube.force-ssl", May: "change your videos, lists and likes", Covers: []string{"https://www.googleapis.com/auth/youtube.readonly"}},
				{Name: "https://www.googleapis.com/auth/youtube.upload", May: "upload videos"},
			},
		},
		PageSize: 50,
		Quotas: []connectors.Quota{{
			Name: "units", Scope: connectors.PerApp, Unit: "units", N: 10_000, Per: 24 * time.Hour, Calendar: connectors.DayPacific, Rate: 10, Burst: 5,
		}},
		Order:      connectors.ByLikeTime,
		Poll:       connectors.PollNewest,
		Window:     5000,
		EmptyPages: 2, // hidden videos may leave a page empty
		PollMin:    10 * time.Minute,
		PollMax:    6 * time.Hour,
		Limits: []string{
			"YouTube shows the last 5,000 likes.",
			"A like taken back while the history is read may hide another one, until the whole list is read again (collector sync --full).",
			"A deleted video stays in the list, without its title.",
		},
	}
}

func (y youtube) Request(q connectors.Query) (connectors.Request, error) {
	size, limit := q.PageSize, y.Info().PageSize
	if size < 1 || size > limit {
		size = limit
	}
	v := url.Values{"part": {"snippet,status"}, "playlistId": {"LL"}, "maxResults": {strconv.Itoa(size)}}
	if q.Cursor != "" {
		v.Set("pageToken", string(q.Cursor))
	}
	return request("playlistItems", v), nil
}

// request is a call of a method of the API.
func request(method string, v url.Values) connectors.Request {
	return connectors.Request{URL: "https://" + host + "/youtube/v3/" + method + "?" + v.Encode(), Header: http.Header{"Accept": {"application/json"}}}
}

func (youtube) Parse(_ connectors.Query, r connectors.Reply) (connectors.Page, error) {
	var body struct {
		Items json.RawMessage `json:"items"`
		Next  string          `json:"nextPageToken"`
		Info  struct {
			Total json.RawMessage `json:"totalResults"`
		} `json:"pageInfo"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	if err := videos().Map(&page, body.Items); err != nil {
		return connectors.Page{}, err
	}
	var err error
	if page.Next, err = connectors.Opaque(body.Next); err != nil {
		return connectors.Page{}, err
	}
	if total, err := strconv.Atoi(string(body.Info.Total)); err == nil && page.Next == "" && ends(body.Items) < min(total, 5000) {
		page.Doubt = "the list ended before the number of likes that YouTube told"
	}
	return page, nil
}

// ends is how many likes there are up to the last of a page, by the places that
// they tell; 0 where none does.
func ends(items json.RawMessage) (n int) {
	var list []struct {
		Snippet struct {
			Position json.RawMessage `json:"position"`
		} `json:"snippet"`
	}
	if connectors.Decode(connectors.Reply{Body: items}, &list) != nil {
		return 0
	}
	for _, it := range list {
		if at, err := strconv.Atoi(string(it.Snippet.Position)); err == nil {
			n = max(n, at+1)
		}
	}
	return n
}

// said is what an error holds. Some are a text alone.
type said struct {
	Error struct {
		Message string `json:"message"`
		Errors  []struct {
			Reason string `json:"reason"`
		} `json:"errors"`
	} `json:"error"`
}

// Fault reads the reason, a fixed word: a quota that is used up is a 403.
func (youtube) Fault(r connectors.Reply) error {
	e := fault.FromStatus("youtube", r.Status, r.Body)
	var body said
	if e == nil || connectors.Decode(r, &body) != nil {
		return asError(e)
	}
	reason := ""
	if len(body.Error.Errors) > 0 {
		reason = body.Error.Errors[0].Reason
	}
	switch {
	case reason == "quotaExceeded", reason == "dailyLimitExceeded":
		e.Kind, e.UsedUp, e.Whose = fault.RateLimited, true, "nobody: the service's quota"
		e.Reason, e.Next = "the day's quota of the Google project is used up", "nothing: the collector goes on after midnight in California"
	case reason == "rateLimitExceeded", reason == "userRateLimitExceeded":
		e.Kind, e.Whose, e.Next = fault.RateLimited, "nobody: the service's quota", "nothing: the collector waits and goes on"
	case reason == "keyInvalid":
		e.Kind, e.Whose, e.Next = fault.Unauthorized, "you", "sign in again: collector connect youtube"
	case r.Status == http.StatusForbidden:
		e.Next = "sign in for the scope youtube.readonly, and see that the project has the YouTube Data API: collector connect youtube"
	}
	return e
}

func asError(e *fault.Error) error {
	if e == nil {
		return nil
	}
	return e
}
