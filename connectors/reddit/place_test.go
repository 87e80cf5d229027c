package reddit

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
	"collector/fault"
)

// listing is a page with posts of these names.
func listing(after string, names ...string) connectors.Reply {
	if after != "null" {
		after = `"` + after + `"`
	}
	var rows []string
	for _, n := range names {
		rows = append(rows, fmt.Sprintf(`{"kind":"t3","data":{"name":%q,"permalink":"/r/a/comments/x/"}}`, n))
	}
	return connectors.Reply{Status: http.StatusOK, Body: []byte(`{"data":{"after":` + after + `,"children":[` + strings.Join(rows, ",") + `]}}`)}
}

// TestPlaces: a walk ends only where the list does. An item that marks a place may
// have been un-saved since.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name, at string
		r        connectors.Reply
		next     string
	}{
		{"the first page", "", listing("t3_c", "t3_d", "t3_c"), "t3_c,"},
		{"a later page", "t3_c,", listing("t3_b", "t3_b"), "t3_b,t3_c,"},
		{"no more places than are kept", "t3_c,t3_d,t3_e,", listing("t3_b", "t3_b"), "t3_b,t3_c,t3_d,"},
		{"the last page", "t3_b,t3_c,", listing("null", "t3_a"), ""},
		{"an account without any", "", listing("null"), ""},
		{"a page that Reddit filtered empty", "t3_b,t3_c,", listing("t3_a"), "t3_a,t3_b,t3_c,"},
		{"an empty page: was the item un-saved?", "t3_b,t3_c,", listing("null"), "t3_c,!t3_b"},
		{"it was not, and the list ends", "t3_c,!t3_b", listing("t3_b", "t3_b"), ""},
		{"it was, and there is more", "t3_c,!t3_b", listing("t3_a", "t3_a"), "t3_a,t3_c,"},
		{"it was, and the rest fits a page", "t3_c,!t3_b", listing("null", "t3_a"), ""},
		{"the one before was un-saved as well", "t3_c,t3_d,!t3_b", listing("null"), "t3_d,!t3_c"},
		{"the first page's was", "t3_c,", listing("null"), ",!t3_c"},
		{"from the start again", ",!t3_c", listing("t3_b", "t3_d", "t3_b"), "t3_b,"},
		{"everything was un-saved", ",!t3_c", listing("null"), ""},
	} {
		q := connectors.Query{Cursor: connectors.Cursor(c.at), PageSize: 2, Account: connectors.Identity{ID: "a"}}
		page, err := New().Parse(q, c.r)
		if err != nil || string(page.Next) != c.next {
			t.Errorf("%s: Next %q, %v; want %q", c.name, page.Next, err, c.next)
		}
		q.Cursor = page.Next
		if _, err := New().Request(q); err != nil {
			t.Errorf("%s: its own cursor %q is refused: %v", c.name, page.Next, err)
		}
	}
	for _, at := range []connectors.Cursor{"t3_c", "t3_c,t3_B,", "t3_c,!", ",", "!t3_c", "x,"} {
		if _, err := New().Request(connectors.Query{Cursor: at, Account: connectors.Identity{ID: "a"}}); fault.KindOf(err) != fault.Bug {
			t.Errorf("the cursor %q: %v", at, err)
		}
	}
	if _, err := New().Request(connectors.Query{}); fault.KindOf(err) != fault.Bug {
		t.Errorf("without a name: %v", err)
	}
}
