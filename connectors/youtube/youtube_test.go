package youtube

import (
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

func TestTheEndOfTheList(t *testing.T) {
	video := `{"snippet":{"publishedAt":"2026-01-02T03:04:05Z","title":"x","position":3,"resourceId":{"videoId":"v"}}}`
	for _, c := range []struct {
		name, body string
		doubt      bool
	}{
		{"as many as were told", `{"items":[` + video + `],"pageInfo":{"totalResults":4}}`, false},
		{"no number is told", `{"items":[` + video + `]}`, false},
		{"fewer than were told", `{"items":[` + video + `],"pageInfo":{"totalResults":400}}`, true},
		{"a page that goes on", `{"items":[` + video + `],"nextPageToken":"CAoQAA","pageInfo":{"totalResults":400}}`, false},
		{"an empty page that goes on", `{"items":[],"nextPageToken":"CAoQAA","pageInfo":{"totalResults":400}}`, false},
	} {
		page, err := New().Parse(connectors.Query{}, connectors.Reply{Status: 200, Body: []byte(c.body)})
		if err != nil || (page.Doubt != "") != c.doubt {
			t.Errorf("%s: doubt %q, %v", c.name, page.Doubt, err)
		}
	}
}
