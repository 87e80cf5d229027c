package github

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// list is a body of stars with the given ids, one second apart in their order.
func list(ids ...int) []byte {
	var out []string
	for _, id := range ids {
		at := time.Unix(1700000000+int64(id), 0).UTC().Format(time.RFC3339)
		out = append(out, fmt.Sprintf(`{"starred_at":%q,"repo":{"id":%d,"full_name":"o/r%d","html_url":"https://github.com/o/r%d"}}`, at, id, id, id))
	}
	return []byte("[" + strings.Join(out, ",") + "]")
}

// links is the Link header of page n of last.
func links(n, last int) http.Header {
	var out []string
	for rel, to := range map[string]int{"next": n + 1, "last": last, "prev": n - 1, "first": 1} {
		if (rel == "next" || rel == "last") && n >= last || (rel == "prev" || rel == "first") && n <= 1 {
			continue
		}
		out = append(out, fmt.Sprintf(`<https://api.github.com/user/10308/starred?page=%d&per_page=2>; rel="%s"`, to, rel))
	}
	if len(out) == 0 {
		return http.Header{}
	}
	return http.Header{"Link": {strings.Join(out, ", ")}}
}

func TestNextPage(t *testing.T) {
	for _, c := range []struct {
		name  string
		walk  connectors.Walk
		at    connectors.Cursor
		ids   []int
		link  http.Header
		next  connectors.Cursor
		pages int
		doubt bool
		fails bool
	}{
		{name: "the newest page of many", ids: []int{9, 8}, link: links(1, 31), next: "asc:31:2", pages: 32},
		{name: "the only page", ids: []int{9, 8}, link: links(1, 1), pages: 1},
		{name: "a poll does not promise to read all", walk: connectors.Poll, ids: []int{9, 8}, link: links(1, 31), next: "asc:31:2"},
		{name: "an ascending page", at: "asc:31:2", ids: []int{8, 9}, link: links(31, 31), next: "asc:30:2"},
		{name: "the page size of the cursor stays", at: "asc:7:50", ids: []int{8, 9}, link: links(7, 31), next: "asc:6:50"},
		{name: "the oldest page ends the walk", at: "asc:1:2", ids: []int{1, 2}, link: links(1, 31)},
		{name: "an ascending page past an end that shrank", at: "asc:31:2", link: links(31, 30), next: "asc:30:2"},
		{name: "equal times ascend", at: "asc:3:2", ids: []int{4, 4 + 0}, next: "asc:2:2"},
		{name: "a page that does not ascend", at: "asc:31:2", ids: []int{9, 8}, link: links(31, 31), next: "desc:2:2", doubt: true},
		{name: "the fall-back goes on newest first", at: "desc:2:2", ids: []int{7, 6}, link: links(2, 31), next: "desc:3:2"},
		{name: "and ends", at: "desc:31:2", ids: []int{1}, link: links(31, 31)},
		{name: "and never goes back", at: "desc:5:2", ids: []int{7, 6}, link: http.Header{"Link": {`<https://api.github.com/user/starred?page=2>; rel="next"`}}, fails: true},
		{name: "all stars taken back in the middle", at: "asc:1:2", link: links(1, 1), doubt: true},
		{name: "an empty page in the middle", at: "asc:3:2", link: links(3, 31), fails: true},
		{name: "an empty first page of many", link: links(1, 31), fails: true},
		{name: "a next page and no last", ids: []int{9, 8}, link: http.Header{"Link": {`<https://api.github.com/user/starred?page=2>; rel="next"`}}, fails: true},
		{name: "a link without a number", ids: []int{9, 8}, link: http.Header{"Link": {`<https://api.github.com/user/starred?after=x>; rel="last"`}}, fails: true},
		{name: "an unreadable header", ids: []int{9, 8}, link: http.Header{"Link": {"<https://api.github.com"}}, fails: true},
		{name: "somebody else's cursor", at: "asc:0:2", ids: []int{9}, fails: true},
	} {
		q := connectors.Query{Walk: c.walk, Cursor: c.at, PageSize: 2}
		if c.link == nil {
			c.link = http.Header{}
		}
		page, err := New().Parse(q, connectors.Reply{Status: 200, Header: c.link, Body: list(c.ids...)})
		if (err != nil) != c.fails || page.Next != c.next || page.Pages != c.pages || (page.Doubt != "") != c.doubt {
			t.Errorf("%s: Next %q of %d pages, doubt %q, %v; want %q of %d, doubt %v, error %v", c.name, page.Next, page.Pages, page.Doubt, err, c.next, c.pages, c.doubt, c.fails)
		}
	}
}

// TestAWalkMissesNothingWhileStarsAreTakenBack walks a list of 500 from which
// one star is taken back, and to which one is added, between any two pages.
func TestAWalkMissesNothingWhileStarsAreTakenBack(t *testing.T) {
	const size = 10
	var stars []int // oldest first
	for id := 1; id <= 500; id++ {
		stars = append(stars, id)
	}
	seen, next, calls := map[string]bool{}, connectors.Cursor(""), 0
	taken := map[int]bool{}
	for {
		if calls++; calls > 60 {
			t.Fatal("the walk does not end")
		}
		q := connectors.Query{Cursor: next, PageSize: size}
		at, err := parsePlace(q)
		if err != nil {
			t.Fatal(err)
		}
		ordered := slices.Clone(stars)
		if at.direction == descending {
			slices.Reverse(ordered)
		}
		last := (len(ordered) + size - 1) / size
		from, to := min((at.page-1)*size, len(ordered)), min(at.page*size, len(ordered))
		page, err := New().Parse(q, connectors.Reply{Status: 200, Header: links(at.page, last), Body: list(ordered[from:to]...)})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Items {
			seen[it.ID] = true
		}
		if next = page.Next; next == "" {
			break
		}
		for range 3 { // taken back: some old, some new
			i := (calls * 37) % len(stars)
			taken[stars[i]] = true
			stars = slices.Delete(stars, i, i+1)
		}
		stars = append(stars, 1000+calls)
	}
	for _, id := range stars {
		if id <= 500 && !seen[connectors.ID(int64(id))] {
			t.Errorf("star %d was never seen", id)
		}
	}
	t.Logf("%d calls, %d stars taken back, %d seen", calls, len(taken), len(seen))
}

func TestForeignLinksStall(t *testing.T) {
	for _, origin := range []string{"", "http://127.0.0.1:4000"} {
		r := connectors.Reply{Status: 200, Header: http.Header{"Link": {`<https://evil.example/user/starred?page=9>; rel="last"`}}, Body: list(2, 1), Origin: origin}
		if _, err := New().Parse(connectors.Query{PageSize: 2}, r); !errors.Is(err, connectors.ErrForeignLink) || fault.KindOf(err) != fault.Malformed {
			t.Errorf("answered by %q: %v", origin, err)
		}
	}
	r := connectors.Reply{Status: 200, Header: http.Header{"Link": {`<http://127.0.0.1:4000/user/starred?page=9>; rel="last"`}}, Body: list(2, 1), Origin: "http://127.0.0.1:4000"}
	if page, err := New().Parse(connectors.Query{PageSize: 2}, r); err != nil || page.Next != "asc:9:2" {
		t.Errorf("an overridden address: %q, %v", page.Next, err)
	}
}

func TestAMissingStarTimeIsNoLikeTime(t *testing.T) {
	body := `[{"repo":{"id":1,"full_name":"o/r","html_url":"https://github.com/o/r"}},{"starred_at":"soon","repo":{"id":2,"full_name":"o/s","html_url":"https://github.com/o/s"}}]`
	page, err := New().Parse(connectors.Query{PageSize: 2}, connectors.Reply{Status: 200, Header: http.Header{}, Body: []byte(body)})
	if err != nil || len(page.Items) != 1 || page.Items[0].LikedFrom != "" || len(page.Bad) != 1 || page.Bad[0].ID != "2" {
		t.Errorf("%+v, %v", page, err)
	}
	bare := `[{"id":1,"full_name":"o/r","html_url":"https://github.com/o/r"}]` // what GitHub sends without the media type
	if _, err := New().Parse(connectors.Query{PageSize: 2}, connectors.Reply{Status: 200, Header: http.Header{}, Body: []byte(bare)}); fault.KindOf(err) != fault.Malformed {
		t.Errorf("bare repositories: %v", err)
	}
}

func TestCheckNamesTheRepository(t *testing.T) {
	c := New().(connectors.Checker)
	r, err := c.Check(connectors.Query{}, item.Item{ID: "1", Title: "o/r.go"})
	if err != nil || r.URL != "https://api.github.com/user/starred/o/r.go" {
		t.Errorf("%q, %v", r.URL, err)
	}
	for _, title := range []string{"", "o", "o/", "/r", "o/r/x", "../user", "o/.."} {
		if r, err := c.Check(connectors.Query{}, item.Item{ID: "1", Title: title}); err == nil {
			t.Errorf("%q asks %s", title, r.URL)
		}
	}
}
