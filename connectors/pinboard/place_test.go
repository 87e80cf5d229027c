package pinboard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
)

// body is a list of bookmarks saved at given times.
func body(times ...string) []byte {
	out := []string{}
	for i, at := range times {
		out = append(out, fmt.Sprintf(`{"hash":"h%d%s","href":"https://a.example/%d","time":%q}`, i, at, i, at))
	}
	return []byte("[" + strings.Join(out, ",") + "]")
}

func TestPlaces(t *testing.T) {
	const a, b, c = "2026-05-03T10:00:00Z", "2026-05-02T10:00:00Z", "2026-05-01T10:00:00Z"
	for _, x := range []struct {
		name          string
		walk          connectors.Walk
		at, resume    connectors.Cursor
		times         []string
		next, resume2 connectors.Cursor
		doubt         bool
	}{
		{name: "the first page", times: []string{a, b}, next: b + "/0", resume2: "2026-05-03T09:59:59Z"},
		{name: "a short page goes on", times: []string{a}, next: a + "/1", resume2: "2026-05-03T09:59:59Z"},
		{name: "a first page of one second", times: []string{a, a}, next: a + "/1", resume2: "2026-05-03T09:59:59Z"},
		{name: "an account without bookmarks"},
		{name: "nothing older ends the walk", at: b + "/0", times: []string{b}},
		{name: "all were removed", at: b + "/0"},
		{name: "older ones go on", at: b + "/0", times: []string{b, c}, next: c + "/0"},
		{name: "a second that fills a page", at: b + "/0", times: []string{b, b}, next: b + "/1"},
		{name: "a second that fills two", at: b + "/2", times: []string{b, b}, next: b + "/3"},
		{name: "and what follows it", at: b + "/4", times: []string{b, c}, next: c + "/0"},
		{name: "not in order", times: []string{b, a}, next: b + "/0", resume2: "2026-05-03T09:59:59Z", doubt: true},
		{name: "a bookmark without a time", at: b + "/0", times: []string{b, ""}, next: b + "/1", doubt: true},

		{name: "a poll's first bookmarks", walk: connectors.Poll, resume: b, at: first, times: []string{a, b}, next: b + "/0"},
		{name: "a change that is no bookmark", walk: connectors.Poll, resume: b, at: first, times: []string{b, c}, next: c + "/0", doubt: true},
		{name: "a change that left nothing", walk: connectors.Poll, resume: b, at: first, doubt: true},
		{name: "a later page of a poll may be old", walk: connectors.Poll, resume: a, at: b + "/0", times: []string{b, c}, next: c + "/0"},
	} {
		q := connectors.Query{Walk: x.walk, Cursor: x.at, Resume: x.resume, PageSize: 2}
		page, err := New().Parse(q, connectors.Reply{Status: 200, Body: body(x.times...)})
		if err != nil || page.Next != x.next || page.Resume != x.resume2 || (page.Doubt != "") != x.doubt {
			t.Errorf("%s: Next %q, Resume %q, doubt %q, %v", x.name, page.Next, page.Resume, page.Doubt, err)
		}
	}
}

func TestTheLastChange(t *testing.T) {
	const at = "2026-05-03T10:00:00Z"
	for _, x := range []struct {
		name, resume, date string
		next, resume2      connectors.Cursor
	}{
		{"nothing has changed", at, "Sun, 03 May 2026 10:09:00 GMT", "", at},
		{"something has", "2026-05-03T09:00:00Z", "Sun, 03 May 2026 10:09:00 GMT", first, at},
		{"in this very second", "2026-05-03T09:00:00Z", "Sun, 03 May 2026 10:00:00 GMT", first, "2026-05-03T09:59:59Z"},
		{"again in the second after the last one seen", "2026-05-03T09:59:59Z", "Sun, 03 May 2026 10:00:00 GMT", first, "2026-05-03T09:59:59Z"},
		{"without a date", "2026-05-03T09:00:00Z", "", first, at},
	} {
		q := connectors.Query{Walk: connectors.Poll, Resume: connectors.Cursor(x.resume)}
		page, err := New().Parse(q, connectors.Reply{Status: 200, Header: http.Header{"Date": {x.date}}, Body: []byte(`{"update_time":"` + at + `"}`)})
		if err != nil || page.Next != x.next || page.Resume != x.resume2 || len(page.Items) > 0 {
			t.Errorf("%s: Next %q, Resume %q, %v", x.name, page.Next, page.Resume, err)
		}
	}
}
