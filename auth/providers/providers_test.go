package providers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/fault"
)

func TestGrantsAreNeverPrinted(t *testing.T) {
	g := Grant{Access: "CANARY", Refresh: "CANARY"}
	text, err := json.Marshal(map[string]any{"g": g})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(g), fmt.Sprintf("%+v %#v %s %q %x", g, g, g, g, g), fmt.Sprintf("%v", &g), string(text)} {
		if strings.Contains(out, "CANARY") {
			t.Errorf("printed: %s", out)
		}
	}
}

func TestTokenReplies(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
	}{
		{200, `{"access_token":"CANARY","refresh_token":"r","expires_in":28800}`, fault.Unknown},
		{200, `{"error":"bad_refresh_token","error_description":"The refresh token passed is incorrect or expired."}`, fault.Unauthorized},
		{400, `{"error":"invalid_grant"}`, fault.Unauthorized},
		{400, `{"error":"something_new"}`, fault.Unauthorized},
		{401, `{}`, fault.Unauthorized},
		{500, `{"error":"server_error"}`, fault.Temporary},
		{502, `<html>CANARY</html>`, fault.Temporary},
		{200, `<html>CANARY</html>`, fault.Malformed},
		{200, ``, fault.Malformed},
		{200, `{"access_token":""}`, fault.Malformed},
		{200, `{"access_token":{"CANARY":1}}`, fault.Malformed},
		{200, `{"access_token":"x","expires_in":-1}`, fault.Malformed},
		{200, `{"access_token":"x","expires_in":1e18}`, fault.Malformed},
		{404, `{"message":"Not Found"}`, fault.Malformed},
	} {
		g, err := Token("the service", connectors.Reply{Status: c.status, Body: []byte(c.body)}, "invalid_grant")
		if fault.KindOf(err) != c.kind {
			t.Errorf("%d %s: %v", c.status, c.body, err)
		}
		if err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%d: the error quotes the reply: %v", c.status, err)
		}
		if err == nil && (g.Access != "CANARY" || g.Refresh != "r" || g.In != 8*time.Hour) {
			t.Errorf("%s: wrong grant", c.body)
		}
	}
}

// TestAGrantTellsWhatItMay where the answer names it (RFC 6749 section 5.1; GitHub writes
// commas), and nothing where it does not.
func TestAGrantTellsWhatItMay(t *testing.T) {
	for body, want := range map[string]string{
		`{"access_token":"a","scope":"history  read"}`: "history read",
		`{"access_token":"a","scope":"repo,gist"}`:     "repo gist",
		`{"access_token":"a","scope":""}`:              "",
		`{"access_token":"a"}`:                         "",
	} {
		g, err := Token("the service", connectors.Reply{Status: 200, Body: []byte(body)})
		if got := strings.Join(g.Scopes, " "); err != nil || got != want || want == "" && g.Scopes != nil {
			t.Errorf("%s: %q %v", body, g.Scopes, err)
		}
	}
}
