package gitlab

import (
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
	"collector/fault"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

// list is a page of projects with these numbers.
func list(numbers ...string) []byte {
	var out []string
	for _, n := range numbers {
		out = append(out, `{"id":`+n+`,"web_url":"https://gitlab.com/a/p`+n+`","path_with_namespace":"a/p`+n+`"}`)
	}
	return []byte("[" + strings.Join(out, ",") + "]")
}

// TestWhereTheListGoesOn: by the last number, from a page that is full or names a
// next one, and never in a circle.
func TestWhereTheListGoesOn(t *testing.T) {
	next := http.Header{"Link": {`<https://lab.example/api/v4/projects?page=2>; rel="next"`}}
	for name, c := range map[string]struct {
		at     connectors.Cursor
		header http.Header
		body   []byte
		next   connectors.Cursor
		doubt  bool
		fails  bool
	}{
		"a page that is not full and names none is the last": {body: list("4", "9")},
		"a full page goes on, also without a link":           {body: list("4", "9", "12"), next: "after:12:3"},
		"a short page with a link goes on":                   {header: next, body: list("4"), next: "after:4:3"},
		"from a place":                                       {at: "after:12:3", body: list("13", "14", "99"), next: "after:99:3"},
		"the last page is full, so an empty one follows":     {at: "after:12:3", body: list()},
		"an empty page with a link":                          {at: "after:12:3", header: next, body: list(), fails: true},
		"a server that does not know id_after":               {at: "after:12:3", header: next, body: list("4", "9", "12"), fails: true},
		"what was read already beside what was not":          {at: "after:12:3", header: next, body: list("9", "12", "13"), fails: true},
		"another order than the one asked for is doubted":    {body: list("9", "4", "7"), next: "after:9:3", doubt: true},
		"an object without a number is doubted":              {body: list("4", "5", "null"), next: "after:5:3", doubt: true},
	} {
		page, err := New().Parse(connectors.Query{Cursor: c.at, PageSize: 3}, connectors.Reply{Status: 200, Header: c.header, Body: c.body})
		if page.Next != c.next || (page.Doubt != "") != c.doubt || (fault.KindOf(err) == fault.Malformed) != c.fails {
			t.Errorf("%s: next %q, doubt %q, %v", name, page.Next, page.Doubt, err)
		}
	}
}

// TestWithoutAServerItIsGitLabCom: requests of an account that names no server.
func TestWithoutAServerItIsGitLabCom(t *testing.T) {
	r, err := New().Request(connectors.Query{})
	if want := "https://gitlab.com/api/v4/projects?order_by=id&per_page=100&sort=asc&starred=true"; err != nil || r.URL != want {
		t.Errorf("%s, %v; want %s", r.URL, err, want)
	}
}
