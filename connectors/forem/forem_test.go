package forem

import (
	"fmt"
	"strings"
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
	"collector/fault"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

// One entry where a hundred were asked for is not the end; none is.
func TestAShortPageIsNotTheEnd(t *testing.T) {
	const entry = `{"type_of":"readinglist","id":9,"created_at":"2024-05-01T00:00:00Z","article":{"id":7,"url":"https://dev.to/a/b"}}`
	for n, want := range []connectors.Cursor{"", "4:100", "4:100"} {
		body := "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]"
		page, err := New().Parse(connectors.Query{Cursor: "3:100"}, connectors.Reply{Status: 200, Body: []byte(body)})
		if err != nil || page.Next != want {
			t.Errorf("%d entries: Next %q, %v; want %q", n, page.Next, err, want)
		}
	}
}

// The published description has articles where the code has entries.
func TestBareArticlesAreAChangedAPI(t *testing.T) {
	body := `[{"type_of":"article","id":7,"title":"x","url":"https://dev.to/a/b"}]`
	if page, err := New().Parse(connectors.Query{}, connectors.Reply{Status: 200, Body: []byte(body)}); fault.KindOf(err) != fault.Malformed {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestTagsOfBothForms(t *testing.T) {
	for raw, want := range map[string]string{`["a","b"]`: "[a b]", `"a, b"`: "[a b]", `null`: "[]", `7`: "[]", ``: "[]"} {
		if got := fmt.Sprint(tags([]byte(raw))); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}
