package subsonic

import (
	"strings"
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

// The JSON is made of XML: an empty list is left out, a list of one may be its
// element, and old servers write no zone.
func TestFormsOfLists(t *testing.T) {
	one := `{"id":"7","title":"Tide","isDir":false,"starred":"2026-01-02T03:04:05"}`
	for form, n := range map[string]int{
		`{}`:                                  0,
		`{"song":[]}`:                         0,
		`{"song":[` + one + `]}`:              1,
		`{"song":` + one + `}`:                1,
		`{"album":{"id":"7","name":"Tides"}}`: 1,
		`{"song":` + one + `,"album":` + one + `}`: 2, // the same number, another thing
	} {
		page, err := New().Parse(connectors.Query{Server: "https://m.example"}, connectors.Reply{Status: 200, Body: []byte(`{"subsonic-response":{"status":"ok","starred2":` + form + `}}`)})
		if err != nil || len(page.Items) != n || len(page.Bad) > 0 || page.Next != "" {
			t.Errorf("%s: %d items, %d bad, %v", form, len(page.Items), len(page.Bad), err)
		}
		for _, it := range page.Items {
			if it.Kind == "song" && it.LikedAt.Format("2006-01-02T15:04:05Z07:00") != "2026-01-02T03:04:05Z" {
				t.Errorf("%s: liked at %v", form, it.LikedAt)
			}
		}
	}
}

// A server that knows no salted tokens gets the password, one that does never.
func TestOnlyThePlainParameterSendsThePassword(t *testing.T) {
	for _, params := range []map[string]string{nil, {"plain": "no"}, {"plain": "yes"}} {
		r, err := New().Request(connectors.Query{Server: "https://m.example", Params: params})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(r.URL, "appPassword") != (params["plain"] == "yes") {
			t.Errorf("%v: %s", params, r.URL)
		}
	}
}
