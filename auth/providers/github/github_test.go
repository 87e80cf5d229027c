package github

import (
	"net/url"
	"testing"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRefresh(t *testing.T) {
	if got := (Provider{}).Renew(providers.Has{Access: true, Password: true}); len(got) != 0 {
		t.Errorf("a token without a refresh token has %d steps", len(got))
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, ClientID: true, ClientSecret: true})
	if len(steps) != 1 || !steps[0].Root || steps[0].Hosts[0] != "github.com" {
		t.Fatalf("steps %+v", steps)
	}
	req, err := steps[0].Request("")
	if err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(string(req.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"grant_type": "refresh_token", "refresh_token": connectors.Secret("refresh"),
		"client_id": connectors.Secret("clientId"), "client_secret": connectors.Secret("clientSecret"),
	} {
		if form.Get(name) != want {
			t.Errorf("%s is %q", name, form.Get(name))
		}
	}
	if req.Method != "POST" || req.URL != "https://github.com/login/oauth/access_token" || req.Header.Get("Accept") != "application/json" {
		t.Errorf("request %+v", req)
	}
	// The device flow of a GitHub App has no client secret.
	req, err = Provider{}.Renew(providers.Has{Refresh: true, ClientID: true})[0].Request("")
	if form, _ := url.ParseQuery(string(req.Body)); err != nil || form.Has("client_secret") {
		t.Error("a secret that is not stored is asked for")
	}
	_, err = steps[0].Grant(connectors.Reply{Status: 200, Body: []byte(`{"error":"bad_refresh_token"}`)})
	if f := fault.As(err); f == nil || f.Kind != fault.Unauthorized || !f.Revoked {
		t.Errorf("an error inside 200: %v", err)
	}
}
