package raindrop

import (
	"encoding/json"
	"testing"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRefresh(t *testing.T) {
	if got := (Provider{}).Renew(providers.Has{Access: true}); len(got) != 0 {
		t.Errorf("a test token does not expire, yet there are %d steps", len(got))
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, ClientID: true, ClientSecret: true})
	if len(steps) != 1 || len(steps[0].Hosts) != 1 {
		t.Fatalf("steps %+v", steps)
	}
	req, err := steps[0].Request("")
	var fields map[string]string
	if err != nil || req.URL != "https://raindrop.io/oauth/access_token" || json.Unmarshal(req.Body, &fields) != nil {
		t.Fatalf("request %+v %v", req, err)
	}
	if fields["grant_type"] != "refresh_token" || fields["refresh_token"] != connectors.Secret("refresh") || fields["client_secret"] != connectors.Secret("clientSecret") {
		t.Errorf("fields %v", fields)
	}
	g, err := steps[0].Grant(connectors.Reply{Status: 200, Body: []byte(`{"access_token":"a","refresh_token":"r","expires":1209599000,"expires_in":1209599,"token_type":"Bearer"}`)})
	if err != nil || g.Access != "a" || g.Refresh != "r" || g.In != 1209599*time.Second {
		t.Errorf("a grant: %v", err)
	}
	if _, err := steps[0].Grant(connectors.Reply{Status: 400, Body: []byte(`{"error":"incorrect refresh_token"}`)}); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a refused token: %v", err)
	}
}
