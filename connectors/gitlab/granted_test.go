package gitlab

import (
	"slices"
	"testing"

	"collector/connectors"
)

// TestGranted asks GitLab about the token itself; a token of an application has no such answer.
func TestGranted(t *testing.T) {
	g, _ := New().(connectors.Granter)
	req, err := g.Granted(connectors.Query{Server: "https://gitlab.example"})
	if err != nil || req.URL != "https://gitlab.example/api/v4/personal_access_tokens/self" || !slices.Equal(req.Quotas, []string{"api"}) {
		t.Fatal(req, err)
	}
	got, err := g.Grants(connectors.Reply{Status: 200, Body: []byte(`{"id":4,"name":"x","revoked":false,"scopes":["api"],"user_id":24,"active":true}`)})
	if err != nil || !slices.Equal(got, []string{"api"}) {
		t.Error(got, err)
	}
	for _, body := range []string{`{"message":"404"}`, `{"scopes":null}`, `[]`} {
		if got, err := g.Grants(connectors.Reply{Status: 200, Body: []byte(body)}); err == nil {
			t.Errorf("%s: %v", body, got)
		}
	}
}
