package huggingface

import (
	"net/http"
	"testing"

	"collector/connectors"
	"collector/connectors/connectortest"
)

func TestConnector(t *testing.T) { connectortest.Run(t, New()) }

func FuzzParse(f *testing.F) { connectortest.Fuzz(f, New()) }

func TestAnotherOrderIsDoubted(t *testing.T) {
	body := []byte(`[{"createdAt":"2024-05-01T00:00:00.000Z","repo":{"name":"a/b","type":"model"}},{"createdAt":"2024-06-01T00:00:00.000Z","repo":{"name":"a/b","type":"dataset"}}]`)
	page, err := New().Parse(connectors.Query{}, connectors.Reply{Status: 200, Header: http.Header{}, Body: body})
	if err != nil || len(page.Items) != 2 || page.Doubt == "" {
		t.Errorf("%+v, %v", page, err)
	}
}

// An account without a name has no list: asking for it would ask for another's.
func TestARequestNeedsAName(t *testing.T) {
	if r, err := New().Request(connectors.Query{}); err == nil {
		t.Errorf("asks %s", r.URL)
	}
}
