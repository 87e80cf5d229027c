package twitter

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
)

// An author who is suspended comes as an error beside the posts: the page is no
// fault, and the post is kept without an author.
func TestErrorsBesidePosts(t *testing.T) {
	r := connectors.Reply{Status: http.StatusOK, Header: http.Header{}, Body: []byte(`{
		"data":[{"id":"2","text":"two","author_id":"9"},{"id":"1","text":"one","author_id":"8"}],
		"includes":{"users":[{"id":"8","username":"ada"}]},
		"errors":[{"type":"https://api.x.com/2/problems/resource-not-found","title":"Not Found Error","detail":"Could not find user with author_id: [9].","resource_type":"user","parameter":"author_id","resource_id":"9"}],
		"meta":{"result_count":2,"next_token":"n"}}`)}
	if err := New().(connectors.Faulter).Fault(r); err != nil {
		t.Errorf("%v", err)
	}
	page, err := New().Parse(connectors.Query{PageSize: 5}, r)
	if err != nil || len(page.Items) != 2 || page.Next != "n" || page.Items[0].Author.Name != "" || page.Items[0].URL != "https://x.com/i/status/2" || page.Items[1].Author.Name != "@ada" {
		t.Errorf("%+v, %v", page, err)
	}
}

// A page that lacks what tells how many posts it has, or the posts that it speaks
// of, is never an empty one.
func TestOddPages(t *testing.T) {
	for body, want := range map[string]fault.Kind{
		`{"meta":{"result_count":0}}`:                  fault.Unknown,
		`{"meta":{"result_count":0,"next_token":"n"}}`: fault.Unknown,
		`{"meta":{"result_count":3}}`:                  fault.Malformed,
		`{"meta":{}}`:                                  fault.Malformed,
		`{"data":[]}`:                                  fault.Malformed,
		`{}`:                                           fault.Malformed,
	} {
		page, err := Bookmarks().Parse(connectors.Query{}, connectors.Reply{Status: http.StatusOK, Body: []byte(body)})
		if fault.KindOf(err) != want || len(page.Items) > 0 || err == nil && (string(page.Next) == "n") != strings.Contains(body, `"n"`) {
			t.Errorf("%s: %v, Next %q", body, err, page.Next)
		}
	}
}

// A cap on a month's use ends with the month in which the reply was made.
func TestCapEndsWithTheMonth(t *testing.T) {
	body := []byte(`{"title":"UsageCapExceeded","type":"https://api.twitter.com/2/problems/usage-capped","period":"Monthly"}`)
	for date, want := range map[string]time.Time{
		"Thu, 26 Nov 2026 01:00:00 GMT": time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		"Thu, 31 Dec 2026 23:59:59 GMT": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"":                              {},
	} {
		err := New().(connectors.Faulter).Fault(connectors.Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Date": {date}}, Body: body})
		if f := fault.As(err); f == nil || f.Kind != fault.RateLimited || !f.Until.Equal(want) {
			t.Errorf("%q: %+v", date, f)
		}
	}
}
