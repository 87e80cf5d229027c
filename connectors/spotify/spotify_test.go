package spotify

import (
	"fmt"
	"strings"
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name             string
		at               connectors.Cursor
		offset, n, total int
		next             bool // the reply names a next page
		items            int
		goes             connectors.Cursor
		bad              bool
	}{
		{name: "the first page", n: 2, total: 5, next: true, items: 2, goes: "2/5/1"},
		{name: "the last", at: "4/5/2", offset: 4, n: 1, total: 5, items: 1},
		{name: "a short page goes on", at: "2/5/1", offset: 2, n: 1, total: 5, next: true, items: 1, goes: "4/5/2"},
		{name: "no next, and there are more", at: "2/5/1", offset: 2, n: 2, total: 5, items: 2, goes: "4/5/2"},
		{name: "a next that leads past the total", n: 2, total: 2, next: true, items: 2, goes: "2/2/1"},
		{name: "is followed once", at: "2/2/1", offset: 2, total: 2, next: true},
		{name: "one was taken out", at: "2/6/1", offset: 2, n: 2, total: 5, next: true, goes: "1/5/2"},
		{name: "behind the new end", at: "4/6/2", offset: 4, total: 3, goes: "1/3/3"},
		{name: "new ones only repeat", at: "2/5/1", offset: 2, n: 2, total: 7, next: true, items: 2, goes: "4/7/2"},
		{name: "another place than asked for", at: "2/5/1", n: 2, total: 5, next: true, bad: true},
		{name: "an empty page in the middle", at: "2/5/1", offset: 2, total: 5, next: true, bad: true},
	} {
		var items []string
		for i := range c.n {
			items = append(items, fmt.Sprintf(`{"added_at":"2026-01-02T03:04:05Z","track":{"id":"t%d","external_urls":{"spotify":"https://open.spotify.com/track/t%d"}}}`, i, i))
		}
		next := "null"
		if c.next {
			next = `"https://api.spotify.com/v1/me/tracks?offset=9"`
		}
		body := fmt.Appendf(nil, `{"items":[%s],"next":%s,"offset":%d,"total":%d}`, strings.Join(items, ","), next, c.offset, c.total)
		page, err := New().Parse(connectors.Query{Cursor: c.at, PageSize: 2}, connectors.Reply{Status: 200, Body: body})
		if (err != nil) != c.bad || len(page.Items) != c.items || page.Next != c.goes {
			t.Errorf("%s: %d items, Next %q, %v", c.name, len(page.Items), page.Next, err)
		}
	}
}
