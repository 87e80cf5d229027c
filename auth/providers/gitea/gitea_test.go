package gitea

import (
	"net/url"
	"testing"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRefresh(t *testing.T) {
	if got := (Provider{}).Renew(providers.Has{Access: true}); len(got) != 0 {
		t.Errorf("a token that a user made does not expire, yet there are %d steps", len(got))
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, ClientID: true})
	if len(steps) != 1 || steps[0].Hosts != nil {
		t.Fatalf("steps %+v", steps)
	}
	req, err := steps[0].Request("https://git.example")
	if err != nil || req.URL != "https://git.example/login/oauth/access_token" || req.Method != "POST" {
		t.Errorf("request %+v %v", req, err)
	}
	form, err := url.ParseQuery(string(req.Body))
	if err != nil || form.Get("refresh_token") != connectors.Secret("refresh") || form.Get("client_id") != connectors.Secret("clientId") || form.Has("client_secret") {
		t.Errorf("form %v %v", form, err)
	}
	if _, err := steps[0].Grant(connectors.Reply{Status: 400, Body: []byte(`{"error":"unauthorized_client","error_description":"token was already used"}`)}); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a used token: %v", err)
	}
}
