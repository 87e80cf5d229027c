package vimeo

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
		name           string
		at             connectors.Cursor
		page, n, total int
		more           bool // the reply names a next page
		items          int
		goes           connectors.Cursor
		doubt, bad     bool
	}{
		{name: "the first page", page: 1, n: 2, total: 5, more: true, items: 2, goes: "2/5/2/1"},
		{name: "the last", at: "4/5/2/2", page: 3, n: 1, total: 5, items: 1},
		{name: "a short page goes on", at: "2/5/2/1", page: 2, n: 1, total: 5, more: true, items: 1, goes: "4/5/2/2"},
		{name: "no next, and there are more", at: "2/5/2/1", page: 2, n: 2, total: 5, items: 2, goes: "4/5/2/2"},
		{name: "a next behind the total", page: 1, n: 2, total: 2, more: true, items: 2, goes: "2/2/2/1"},
		{name: "is followed once", at: "2/2/2/1", page: 2, total: 2, more: true},
		{name: "one was taken back", at: "2/6/2/1", page: 2, n: 2, total: 5, more: true, goes: "1/5/2/2"},
		{name: "what moved, and then what is behind", at: "1/5/2/2", page: 1, n: 2, total: 5, more: true, items: 1, goes: "2/5/2/3"},
		{name: "of a short page nobody knows what moved", at: "1/5/2/2", page: 1, n: 1, total: 5, more: true, items: 1, goes: "2/5/2/3"},
		{name: "new ones only repeat", at: "2/5/2/1", page: 2, n: 2, total: 7, more: true, items: 2, goes: "4/7/2/2"},
		{name: "an empty page in the middle is read on, in doubt", at: "2/9/2/1", page: 2, total: 9, more: true, goes: "4/9/2/2", doubt: true},
		{name: "an empty page that would end the list", at: "2/4/2/1", page: 2, total: 4, doubt: true},
		{name: "another page than asked for", at: "2/5/2/1", page: 1, n: 2, total: 5, more: true, bad: true},
	} {
		var list []string
		for i := range c.n {
			list = append(list, one(i, fmt.Sprintf("2026-01-02T03:04:%02dZ", 30-i)))
		}
		page, err := New().Parse(connectors.Query{Cursor: c.at, PageSize: 2}, reply(c.page, c.total, c.more, list))
		if (err != nil) != c.bad || len(page.Items) != c.items || page.Next != c.goes || (page.Doubt != "") != c.doubt {
			t.Errorf("%s: %d items, Next %q, doubt %q, %v", c.name, len(page.Items), page.Next, page.Doubt, err)
		}
	}
}

// TestOrderIsDoubted: likes that do not come newest first make a poll unsafe.
func TestOrderIsDoubted(t *testing.T) {
	newest, older := one(1, "2026-01-02T03:04:05Z"), one(2, "2026-01-02T03:04:04Z")
	for _, c := range []struct {
		list  []string
		doubt bool
	}{{[]string{newest, older}, false}, {[]string{older, newest}, true}} {
		page, err := New().Parse(connectors.Query{PageSize: 2}, reply(1, 2, false, c.list))
		if err != nil || len(page.Items) != 2 || (page.Doubt != "") != c.doubt {
			t.Errorf("%v: %d items, doubt %q, %v", c.list, len(page.Items), page.Doubt, err)
		}
	}
}

// TestWhoMaySee: what not everybody may see is private, and so is what does not say.
func TestWhoMaySee(t *testing.T) {
	for view, private := range map[string]bool{"anybody": false, "users": true, "unlisted": true, "password": true, "disable": true, "nobody": true, "contacts": true, "": true} {
		object := strings.Replace(one(1, "2026-01-02T03:04:05Z"), `"anybody"`, fmt.Sprintf("%q", view), 1)
		page, err := New().Parse(connectors.Query{PageSize: 2}, reply(1, 1, false, []string{object}))
		if err != nil || len(page.Items) != 1 || page.Items[0].Private != private {
			t.Errorf("view %q: %+v, %v", view, page.Items, err)
		}
	}
}

func one(n int, liked string) string {
	return fmt.Sprintf(`{"uri":"/videos/%d","link":"https://vimeo.com/%d","privacy":{"view":"anybody"},"metadata":{"interactions":{"like":{"added_time":%q}}}}`, n+1, n+1, liked)
}

func reply(page, total int, more bool, list []string) connectors.Reply {
	next := "null"
	if more {
		next = `"/me/likes?page=9"`
	}
	return connectors.Reply{Status: 200, Body: fmt.Appendf(nil, `{"total":%d,"page":%d,"per_page":2,"paging":{"next":%s},"data":[%s]}`, total, page, next, strings.Join(list, ","))}
}

// TestALengthThatIsNotTrue: a list that ends before the length it is said to have, time
// and again, ends the walk in doubt; one that became shorter is read from where it ends.
func TestALengthThatIsNotTrue(t *testing.T) {
	gone := connectors.Reply{Status: 400, Body: []byte(`{"error_code":2969}`)}
	parse := func(at connectors.Cursor, r connectors.Reply) connectors.Page {
		t.Helper()
		page, err := New().Parse(connectors.Query{Cursor: at, PageSize: 2}, r)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	lost := parse("4/6/2/2", gone)
	if lost.Next != "4/6/2/3/1" || len(lost.Items) > 0 {
		t.Fatalf("%+v", lost)
	}
	list := []string{one(1, "2026-01-02T03:04:05Z"), one(2, "2026-01-02T03:04:04Z")}
	if page := parse(lost.Next, reply(2, 4, false, list)); page.Next != "2/4/2/4" || len(page.Items) > 0 || page.Doubt != "" {
		t.Errorf("two were taken back: %+v", page)
	}
	if page := parse(lost.Next, reply(2, 6, true, list)); page.Next != "" || page.Doubt == "" {
		t.Errorf("none was taken back: %+v", page)
	}
	if page := parse(lost.Next, gone); page.Next != "4/6/2/4/2" {
		t.Errorf("the page in front is gone, too: %+v", page)
	}
}
