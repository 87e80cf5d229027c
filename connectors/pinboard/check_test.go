package pinboard

import (
	"testing"

	"collector/connectors"
	"collector/item"
)

// TestOnlyItsOwnAddressIsAskedFor: what an import brought may have another address
// than the bookmark, for which the service would say that there is none.
func TestOnlyItsOwnAddressIsAskedFor(t *testing.T) {
	own := item.Item{ID: "93f86a5b1b9cd07cc0a67f1438f7c026", URL: "https://kelp.example/"}
	if _, err := (pinboard{}).Check(connectors.Query{}, own); err != nil {
		t.Error(err)
	}
	for _, address := range []string{"https://kelp.example", "http://kelp.example/", ""} {
		own.URL = address
		if r, err := (pinboard{}).Check(connectors.Query{}, own); err == nil {
			t.Errorf("%q is asked for: %s", address, r.URL)
		}
	}
}
