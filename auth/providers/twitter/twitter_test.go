package twitter

import (
	"strings"
	"testing"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRenew(t *testing.T) {
	if steps := (Provider{}).Renew(providers.Has{Access: true, Refresh: true}); len(steps) != 0 {
		t.Errorf("without the application's id: %d steps", len(steps))
	}
	for secret, want := range map[bool][2]string{
		true:  {"Basic {{secret:clientId}}:{{secret:clientSecret}}", "grant_type=refresh_token&refresh_token="},
		false: {"", "client_id=%7B%7Bsecret%3AclientId%7D%7D&grant_type=refresh_token&refresh_token="},
	} {
		steps := (Provider{}).Renew(providers.Has{Refresh: true, ClientID: true, ClientSecret: secret})
		if len(steps) != 1 {
			t.Fatalf("%d steps", len(steps))
		}
		r, err := steps[0].Request("")
		if err != nil || r.Header.Get("Authorization") != want[0] || !strings.HasPrefix(string(r.Body), want[1]) {
			t.Errorf("%v %v %s", err, r.Header, r.Body)
		}
	}
}

func TestReplies(t *testing.T) {
	step := (Provider{}).Renew(providers.Has{Refresh: true, ClientID: true})[0]
	for _, c := range []struct {
		status  int
		body    string
		kind    fault.Kind
		revoked bool
	}{
		{400, `{"error":"invalid_request","error_description":"Value passed for the token was invalid."}`, fault.Unauthorized, true},
		{401, `{"error":"unauthorized_client","error_description":"Missing valid authorization header"}`, fault.Unauthorized, true},
		{503, `{"title":"Service Unavailable","status":503}`, fault.Temporary, false},
		{200, `{}`, fault.Malformed, false},
	} {
		_, err := step.Grant(connectors.Reply{Status: c.status, Body: []byte(c.body)})
		if f := fault.As(err); fault.KindOf(err) != c.kind || f.Revoked != c.revoked {
			t.Errorf("%d %s: %+v", c.status, c.body, f)
		}
	}
	g, err := step.Grant(connectors.Reply{Status: 200, Body: []byte(`{"token_type":"bearer","expires_in":7200,"access_token":"a","scope":"x","refresh_token":"r"}`)})
	if err != nil || g.Access != "a" || g.Refresh != "r" || g.In != 2*time.Hour {
		t.Errorf("%v", err)
	}
}
