package bluesky

import (
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
)

// TestBookmarksThatAreDoubted: what may be a part of the list only is no silent end.
func TestBookmarksThatAreDoubted(t *testing.T) {
	mark := func(key, at string) string {
		return `{"createdAt":"` + at + `","subject":{"uri":"at://did:plc:a/app.bsky.feed.post/` + key + `"},"item":{}}`
	}
	older, newer := mark("1", "2026-01-01T00:00:00Z"), mark("2", "2026-01-02T00:00:00Z")
	for _, c := range []struct {
		name, body, next, doubt string
	}{
		{"a page that goes on", `{"cursor":"c","bookmarks":[` + newer + `,` + older + `]}`, "c", ""},
		{"a short page that goes on", `{"cursor":"c","bookmarks":[` + newer + `]}`, "c", ""},
		{"the short last page", `{"bookmarks":[` + newer + `]}`, "", ""},
		{"the empty last page", `{"bookmarks":[]}`, "", ""},
		{"a full page without a cursor", `{"bookmarks":[` + newer + `,` + older + `]}`, "", "did not say"},
		{"oldest first", `{"cursor":"c","bookmarks":[` + older + `,` + newer + `]}`, "c", "newest first"},
	} {
		page, err := Bookmarks().Parse(connectors.Query{PageSize: 2}, connectors.Reply{Status: http.StatusOK, Body: []byte(c.body)})
		if err != nil || string(page.Next) != c.next || (page.Doubt == "") != (c.doubt == "") || !strings.Contains(page.Doubt, c.doubt) {
			t.Errorf("%s: Next %q, doubt %q, %v", c.name, page.Next, page.Doubt, err)
		}
	}
}
