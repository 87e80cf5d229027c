package mastodon

import (
	"slices"
	"testing"

	"collector/connectors"
)

// TestGranted asks the server about the application, and reads its scopes where it names them.
func TestGranted(t *testing.T) {
	m, _ := New().(connectors.Granter)
	req, err := m.Granted(connectors.Query{Server: "https://social.example"})
	if err != nil || req.URL != "https://social.example/api/v1/apps/verify_credentials" || req.Anonymous {
		t.Fatal(req, err)
	}
	got, err := m.Grants(connectors.Reply{Status: 200, Body: []byte(`{"id":"1","name":"x","scopes":["read:accounts","write"]}`)})
	if err != nil || !slices.Equal(got, []string{"read:accounts", "write"}) {
		t.Error(got, err)
	}
	for _, body := range []string{`{"name":"x","website":null,"vapid_key":"k"}`, `{"scopes":[]}`, `[]`, `<html>`} { // an older server, or another one
		if got, err := m.Grants(connectors.Reply{Status: 200, Body: []byte(body)}); err == nil {
			t.Errorf("%s: %v", body, got)
		}
	}
}
