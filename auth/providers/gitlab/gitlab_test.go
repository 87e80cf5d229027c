package gitlab

import (
	"testing"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRefresh(t *testing.T) {
	if got := (Provider{}).Renew(providers.Has{Access: true}); len(got) != 0 {
		t.Errorf("a personal token cannot be renewed, yet there are %d steps", len(got))
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, ClientID: true})
	if len(steps) != 1 || steps[0].Hosts != nil {
		t.Fatalf("steps %+v", steps)
	}
	if req, err := steps[0].Request("https://lab.example"); err != nil || req.URL != "https://lab.example/oauth/token" || req.Method != "POST" {
		t.Errorf("request %+v %v", req, err)
	}
	if _, err := steps[0].Grant(connectors.Reply{Status: 400, Body: []byte(`{"error":"invalid_grant","error_description":"The provided authorization grant is invalid, expired, revoked."}`)}); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a used refresh token: %v", err)
	}
}
