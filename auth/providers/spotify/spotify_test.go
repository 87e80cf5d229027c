package spotify

import (
	"net/url"
	"testing"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRefresh(t *testing.T) {
	for _, has := range []providers.Has{{Access: true}, {Refresh: true}, {Password: true, ClientID: true}} {
		if got := (Provider{}).Renew(has); len(got) != 0 {
			t.Errorf("%+v has %d steps", has, len(got))
		}
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, ClientID: true, ClientSecret: true})
	if len(steps) != 1 {
		t.Fatalf("steps %+v", steps)
	}
	req, err := steps[0].Request("")
	form, formErr := url.ParseQuery(string(req.Body))
	if err != nil || formErr != nil || req.Method != "POST" || req.URL != "https://accounts.spotify.com/api/token" {
		t.Fatalf("%+v %v %v", req, err, formErr)
	}
	for name, want := range map[string]string{
		"grant_type": "refresh_token", "refresh_token": connectors.Secret("refresh"),
		"client_id": connectors.Secret("clientId"), "client_secret": connectors.Secret("clientSecret"),
	} {
		if form.Get(name) != want {
			t.Errorf("%s is %q", name, form.Get(name))
		}
	}
	// With PKCE there is no client secret.
	req, err = Provider{}.Renew(providers.Has{Refresh: true, ClientID: true})[0].Request("")
	if form, _ := url.ParseQuery(string(req.Body)); err != nil || form.Has("client_secret") {
		t.Error("a secret that is not stored is asked for")
	}
	g, err := steps[0].Grant(connectors.Reply{Status: 200, Body: []byte(`{"access_token":"new","refresh_token":"next","expires_in":3599,"token_type":"Bearer"}`)})
	if err != nil || g.Access != "new" || g.Refresh != "next" || g.In != 3599*time.Second {
		t.Errorf("a grant: %v %v", g.In, err)
	}
	_, err = steps[0].Grant(connectors.Reply{Status: 400, Body: []byte(`{"error":"invalid_grant","error_description":"Refresh token revoked"}`)})
	if f := fault.As(err); f == nil || f.Kind != fault.Unauthorized || !f.Revoked {
		t.Errorf("a refresh token that ended: %v", err)
	}
}
