package mastodon

import (
	"net/url"
	"testing"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRefresh(t *testing.T) {
	if got := (Provider{}).Renew(providers.Has{Access: true}); len(got) != 0 {
		t.Errorf("Mastodon's own tokens do not expire, yet there are %d steps", len(got))
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, ClientID: true, ClientSecret: true})
	if len(steps) != 1 || steps[0].Hosts != nil {
		t.Fatalf("steps %+v", steps)
	}
	req, err := steps[0].Request("https://social.example")
	if err != nil || req.URL != "https://social.example/oauth/token" || req.Method != "POST" {
		t.Errorf("request %+v %v", req, err)
	}
	if form, err := url.ParseQuery(string(req.Body)); err != nil || form.Get("refresh_token") != connectors.Secret("refresh") || form.Get("grant_type") != "refresh_token" {
		t.Errorf("form %v %v", form, err)
	}
	if _, err := steps[0].Grant(connectors.Reply{Status: 401, Body: []byte(`{"error":"invalid_client"}`)}); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a refused client: %v", err)
	}
	if g, err := steps[0].Grant(connectors.Reply{Status: 200, Body: []byte(`{"access_token":"a"}`)}); err != nil || g.Access != "a" || g.Refresh != "" || g.In != 0 {
		t.Errorf("a grant without a new refresh token: %v", err)
	}
}
