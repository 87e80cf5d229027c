package connectors

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"collector/fault"
)

func TestLinksReadsWhatTheStandardAllows(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  map[string]string
	}{
		{nil, map[string]string{}},
		{[]string{""}, map[string]string{}},
		{[]string{`<https://a.example/x?page=2>; rel="next", <https://a.example/x?page=9>; rel="last"`}, map[string]string{"next": "https://a.example/x?page=2", "last": "https://a.example/x?page=9"}},
		{[]string{`<https://a.example/x?ids=1,2,3>; rel="next"`}, map[string]string{"next": "https://a.example/x?ids=1,2,3"}},
		{[]string{`<https://a.example/x>;rel=next,<https://a.example/y>;rel=prev`}, map[string]string{"next": "https://a.example/x", "prev": "https://a.example/y"}},
		{[]string{`<https://a.example/x> ; title="a, \"b\"; rel=\"prev\"" ; rel="next"`}, map[string]string{"next": "https://a.example/x"}},
		{[]string{`</x?a=b;c=d>; REL="Next Last"`}, map[string]string{"next": "/x?a=b;c=d", "last": "/x?a=b;c=d"}},
		{[]string{`<https://a.example/1>; rel="next"`, `<https://a.example/2>; rel="prev"`}, map[string]string{"next": "https://a.example/1", "prev": "https://a.example/2"}},
		{[]string{`<https://a.example/1>; rel="next", <https://a.example/2>; rel="next"`}, map[string]string{"next": "https://a.example/1"}},
		{[]string{`<https://a.example/1>; rel="next"; rel="prev"`}, map[string]string{"next": "https://a.example/1"}},
		{[]string{`, ,<https://a.example/1>; crossorigin; rel="next",`}, map[string]string{"next": "https://a.example/1"}},
	} {
		got, err := Links(http.Header{"Link": c.lines})
		if err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%q: %q, %v; want %q", c.lines, got, err, c.want)
		}
	}
}

// TestLinksNeverLosesALinkSilently cuts a header at every byte: what is left
// either still has the relation or is refused.
func TestLinksNeverLosesALinkSilently(t *testing.T) {
	whole := `<https://a.example/x?page=2>; rel="next"`
	for i := 1; i < len(whole); i++ {
		links, err := Links(http.Header{"Link": {whole[:i]}})
		if err == nil && links["next"] == "" && !strings.Contains(whole[:i], ">") {
			t.Errorf("%q is read as having no link", whole[:i])
		}
	}
	for _, broken := range []string{"nonsense", "<https://a.example/", `<a>; rel="next`, `<a> rel="next"`, `a; rel="next"`, `<a>; rel="x" y`, "<"} {
		if links, err := Links(http.Header{"Link": {broken}}); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%q is read as %q, %v", broken, links, err)
		}
	}
}

func TestFollowStaysAtItsOrigin(t *testing.T) {
	info := Info{Hosts: []string{"api.a.example"}, Servers: true}
	q := Query{Server: "https://social.example"}
	for _, c := range []struct {
		target, origin string
		want           Cursor
		foreign        bool
	}{
		{"https://api.a.example/x?page=2&a=%20", "", "/x?page=2&a=%20", false},
		{"https://API.A.example:443/x", "", "/x", false},
		{"https://social.example/api?max_id=1", "", "/api?max_id=1", false},
		{"/api?max_id=1", "", "/api?max_id=1", false},
		{"http://127.0.0.1:4711/api?max_id=1", "http://127.0.0.1:4711", "/api?max_id=1", false},
		{"https://social.example/api", "http://127.0.0.1:4711", "/api", false},
		{"http://social.example/api", "", "", true},
		{"https://social.example:8443/api", "", "", true},
		{"https://social.example.evil.example/api", "", "", true},
		{"https://evil.example/api", "", "", true},
		{"//evil.example/api", "", "", true},
		{"http://127.0.0.1:4712/api", "http://127.0.0.1:4711", "", true},
		{"https://user@social.example/api", "", "", false},
		{"javascript:alert(1)", "", "", false},
		{"?page=2", "", "", false},
		{"https://social.example", "", "", false},
		{"https://social.example/" + strings.Repeat("a", MaxCursor), "", "", false},
	} {
		r := Reply{Header: http.Header{"Link": {"<" + c.target + `>; rel="next"`}}, Origin: c.origin}
		got, err := Follow(info, q, r, "next")
		if got != c.want || (err == nil) != (c.want != "") || errors.Is(err, ErrForeignLink) != c.foreign {
			t.Errorf("%s at %q: %q, %v; want %q, foreign %v", c.target, c.origin, got, err, c.want, c.foreign)
		}
		if err != nil && fault.KindOf(err) != fault.Malformed {
			t.Errorf("%s: %v is no Malformed error", c.target, err)
		}
		if err == nil {
			if back, err := Address("https://social.example", got); err != nil || back != "https://social.example"+string(c.want) {
				t.Errorf("%s: back as %q, %v", c.target, back, err)
			}
		}
	}
	if at, err := Follow(info, q, Reply{Header: http.Header{}}, "next"); at != "" || err != nil {
		t.Errorf("without a Link header: %q, %v", at, err)
	}
	if err := fault.New(fault.Malformed, "%w", ErrForeignLink); err.Error() != "stalled: next link leads to another host" {
		t.Errorf("the words are %q", err)
	}
}

func TestAddressRefusesWhatLeavesTheOrigin(t *testing.T) {
	for _, at := range []Cursor{"", "x", "@evil.example/", ".evil.example", ":99/", "https://evil.example/", `/\evil`, "/a b", "/a\r\nb", "/a#b", "/%zz", "?x"} {
		if got, err := Address("https://social.example", at); err == nil {
			t.Errorf("%q became %q", at, got)
		}
	}
}

func TestOpaque(t *testing.T) {
	for _, s := range []string{"", "3lkelp2222aaa", "CAoQAA==", "a:b/c?d&e", "日本"} {
		if got, err := Opaque(s); err != nil || string(got) != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"a b", "a\nb", "\x00", "\xff", "\u202e", strings.Repeat("x", MaxCursor+1)} {
		if got, err := Opaque(s); err == nil {
			t.Errorf("%q was taken as %q", s, got)
		}
	}
}
