package lastfm

import (
	"fmt"
	"strings"
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

func body(page, pages, total int, tracks string) []byte {
	return fmt.Appendf(nil, `{"lovedtracks":{%s"@attr":{"user":"ada","page":"%d","perPage":"2","totalPages":"%d","total":"%d"}}}`, tracks, page, pages, total)
}

func list(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"name":"t%d","url":"https://www.last.fm/music/a/_/t%d","artist":{"name":"a"},"date":{"uts":"1700000000"}}`, i, i))
	}
	return strings.Join(out, ",")
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name string
		at   connectors.Cursor
		body []byte
		n    int
		next connectors.Cursor
		bad  bool
	}{
		{name: "the first page", body: body(1, 3, 5, `"track":[`+list(2)+`],`), n: 2, next: "2/5/2/1"},
		{name: "the next", at: "2/5/2/1", body: body(2, 3, 5, `"track":[`+list(2)+`],`), n: 2, next: "4/5/2/2"},
		{name: "a list of one is its element", at: "4/5/2/2", body: body(3, 3, 5, `"track":`+list(1)+`,`), n: 1},
		{name: "no loves, no list", body: body(1, 0, 0, ``)},
		{name: "no loves, an empty list", body: body(1, 0, 0, `"track":[],`)},
		{name: "one was taken back", at: "4/7/2/2", body: body(3, 3, 6, `"track":[`+list(2)+`],`), next: "3/6/2/3"},
		{name: "what moved, and then what is behind", at: "3/6/2/3", body: body(2, 3, 6, `"track":[`+list(2)+`],`), n: 1, next: "4/6/2/4"},
		{name: "a page and more was taken back", at: "4/9/2/2", body: body(3, 3, 6, `"track":[`+list(2)+`],`), next: "1/6/2/3"},
		{name: "behind the new end", at: "6/9/2/3", body: body(4, 3, 5, ``), next: "2/5/2/4"},
		{name: "nearly all", at: "6/9/2/3", body: body(4, 1, 1, ``), next: "0/1/2/4"},
		{name: "all", at: "2/3/2/1", body: body(2, 0, 0, ``)},
		{name: "new ones only repeat", at: "2/5/2/1", body: body(2, 3, 6, `"track":[`+list(2)+`],`), n: 2, next: "4/6/2/2"},
		{name: "another page than asked for", at: "2/5/2/1", body: body(1, 3, 5, `"track":[`+list(2)+`],`), bad: true},
		{name: "an empty page in the middle", at: "2/5/2/1", body: body(2, 3, 5, `"track":[],`), bad: true},
		{name: "a page without its list", at: "2/5/2/1", body: body(2, 3, 5, ``), bad: true},
	} {
		page, err := New().Parse(connectors.Query{Cursor: c.at, PageSize: 2}, connectors.Reply{Status: 200, Body: c.body})
		if (err != nil) != c.bad || len(page.Items) != c.n || page.Next != c.next {
			t.Errorf("%s: %d items, Next %q, %v", c.name, len(page.Items), page.Next, err)
		}
	}
}
