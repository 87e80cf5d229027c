package bluesky

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
	"collector/fault"
)

// list is a body of likes with the given record keys.
func list(cursor string, keys ...string) []byte {
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf(`{"uri":"at://did:plc:me/app.bsky.feed.like/%s","value":{"createdAt":"2024-01-01T00:00:00Z","subject":{"uri":"at://did:plc:you/app.bsky.feed.post/%s"}}}`, k, k))
	}
	body := `{"records":[` + strings.Join(out, ",") + "]"
	if cursor != "" {
		body += fmt.Sprintf(`,"cursor":%q`, cursor)
	}
	return []byte(body + "}")
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name          string
		walk          connectors.Walk
		at, resume    connectors.Cursor
		body          []byte
		next, resume2 connectors.Cursor
		doubt, fails  bool
	}{
		{name: "the first page", body: list("k8", "k9", "k8"), next: "k8", resume2: "k9"},
		{name: "a later page gives no resume point", at: "k8", body: list("k6", "k7", "k6"), next: "k6"},
		{name: "a page without a cursor goes on at its last key", at: "k8", body: list("", "k7", "k6"), next: "k6"},
		{name: "the end", at: "k6", body: list("")},
		{name: "an empty page with a cursor is the end too", at: "k6", body: list("k6")},
		{name: "neither cursor nor key", body: []byte(`{"records":[{"uri":"x","value":{"subject":{"uri":"at://did:plc:you/app.bsky.feed.post/1"}}}]}`), fails: true},
		{name: "a cursor of another type", body: []byte(`{"records":[],"cursor":7}`), fails: true},

		{name: "a poll with news", walk: connectors.Poll, resume: "k5", body: list("k7", "k6", "k7"), next: "k7", resume2: "k7"},
		{name: "its end", walk: connectors.Poll, at: "k7", resume: "k5", body: list(""), resume2: "k7"},
		{name: "a poll without news", walk: connectors.Poll, resume: "k5", body: list(""), resume2: "k5"},
		{name: "the first poll of an account without likes", walk: connectors.Poll, body: list("k2", "k1", "k2"), next: "k2", resume2: "k2"},
		{name: "a server that ignores reverse", walk: connectors.Poll, resume: "k5", body: list("k8", "k9", "k8"), resume2: "k5", doubt: true},
		{name: "a server that ignores the place", walk: connectors.Poll, resume: "k5", body: list("k2", "k1", "k2"), resume2: "k5", doubt: true},
		{name: "a record whose key cannot be read", walk: connectors.Poll, resume: "k5", body: []byte(strings.Replace(string(list("k7", "k6", "k7")), "at://did:plc:me/app.bsky.feed.like/k6", "?", 1)), next: "k7", resume2: "k7"},
	} {
		q := connectors.Query{Walk: c.walk, Cursor: c.at, Resume: c.resume, PageSize: 2, Account: connectors.Identity{ID: "did:plc:me"}, Server: "https://pds.example"}
		page, err := New().Parse(q, connectors.Reply{Status: 200, Header: http.Header{}, Body: c.body})
		if (err != nil) != c.fails || page.Next != c.next || page.Resume != c.resume2 || (page.Doubt != "") != c.doubt {
			t.Errorf("%s: Next %q, Resume %q, doubt %q, %v; want %q, %q, doubt %v, error %v", c.name, page.Next, page.Resume, page.Doubt, err, c.next, c.resume2, c.doubt, c.fails)
		}
	}
}

func TestPagesOfRecords(t *testing.T) {
	for uri, want := range map[string][2]string{
		"at://did:plc:a/app.bsky.feed.post/3k":        {"post", "https://bsky.app/profile/did:plc:a/post/3k"},
		"at://did:plc:a/app.bsky.feed.generator/f":    {"feed", "https://bsky.app/profile/did:plc:a/feed/f"},
		"at://did:plc:a/app.bsky.graph.list/l":        {"list", "https://bsky.app/profile/did:plc:a/lists/l"},
		"at://did:plc:a/app.bsky.graph.starterpack/s": {"list", "https://bsky.app/starter-pack/did:plc:a/s"},
		"at://did:plc:a/org.example.recipe/1":         {"record", "https://bsky.app/profile/did:plc:a#org.example.recipe/1"},
		"at://ann.example/app.bsky.feed.post/3k":      {"post", "https://bsky.app/profile/ann.example/post/3k"},
	} {
		at, err := parseAT(uri)
		if err != nil || at.kind() != want[0] || at.page() != want[1] || connectors.WebURL(at.page()) == "" {
			t.Errorf("%s: %s %s, %v", uri, at.kind(), at.page(), err)
		}
	}
	for _, uri := range []string{"", "at://", "at://a", "at://a/b", "at://a/b/", "at://a/b/c/d", "https://a/b/c", "at:///b/c"} {
		if at, err := parseAT(uri); err == nil {
			t.Errorf("%q is read as %+v", uri, at)
		}
	}
}

func TestARequestNeedsTheDID(t *testing.T) {
	if _, err := New().Request(connectors.Query{PageSize: 2}); fault.KindOf(err) != fault.Bug {
		t.Errorf("%v", err)
	}
	r, err := New().Request(connectors.Query{PageSize: 2, Account: connectors.Identity{ID: "did:plc:me"}})
	if err != nil || !strings.HasPrefix(r.URL, "https://bsky.social/xrpc/") {
		t.Errorf("without a server: %q, %v", r.URL, err)
	}
}

func TestOnlyPostsAreDescribedLater(t *testing.T) {
	body := `{"records":[{"uri":"at://did:plc:me/app.bsky.feed.like/k1","value":{"subject":{"uri":"at://did:plc:a/app.bsky.feed.generator/f"}}}]}`
	page, err := New().Parse(connectors.Query{PageSize: 2}, connectors.Reply{Status: 200, Header: http.Header{}, Body: []byte(body)})
	if err != nil || len(page.Items) != 1 || page.Items[0].Bare {
		t.Errorf("%+v, %v", page, err)
	}
}
