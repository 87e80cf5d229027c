package reddit

import (
	"testing"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

func TestRenew(t *testing.T) {
	for _, has := range []providers.Has{{Access: true}, {Access: true, Refresh: true}, {ClientID: true, ClientSecret: true}} {
		if steps := (Provider{}).Renew(has); len(steps) != 0 {
			t.Errorf("%+v can be renewed by %d steps", has, len(steps))
		}
	}
	for secret, want := range map[bool]string{true: "Basic {{secret:clientId}}:{{secret:clientSecret}}", false: "Basic {{secret:clientId}}:"} {
		steps := (Provider{}).Renew(providers.Has{Refresh: true, ClientID: true, ClientSecret: secret})
		if len(steps) != 1 {
			t.Fatalf("%d steps", len(steps))
		}
		r, err := steps[0].Request("")
		if err != nil || r.Header.Get("Authorization") != want || string(r.Body) != "grant_type=refresh_token&refresh_token=%7B%7Bsecret%3Arefresh%7D%7D" {
			t.Errorf("%v %v %s", err, r.Header, r.Body)
		}
	}
}

// Errors come with 400, with 401 and inside a 200.
func TestReplies(t *testing.T) {
	for _, c := range []struct {
		status  int
		body    string
		kind    fault.Kind
		revoked bool
	}{
		{400, `{"message": "Bad Request", "error": 400}`, fault.Unauthorized, true},
		{401, `{"message": "Unauthorized", "error": 401}`, fault.Unauthorized, true},
		{200, `{"error": "invalid_grant"}`, fault.Unauthorized, true},
		{200, `{}`, fault.Malformed, false},
		{200, `<html></html>`, fault.Malformed, false},
		{503, ``, fault.Temporary, false},
		{520, `<html></html>`, fault.Temporary, false},
	} {
		_, err := grant(connectors.Reply{Status: c.status, Body: []byte(c.body)})
		if f := fault.As(err); fault.KindOf(err) != c.kind || f.Revoked != c.revoked {
			t.Errorf("%d %s: %+v", c.status, c.body, f)
		}
	}
	g, err := grant(connectors.Reply{Status: 200, Body: []byte(`{"access_token":"a","token_type":"bearer","expires_in":3600,"refresh_token":"r","scope":"history"}`)})
	if err != nil || g.Access != "a" || g.Refresh != "r" || g.In != time.Hour {
		t.Errorf("%v", err)
	}
}
