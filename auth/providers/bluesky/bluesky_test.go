package bluesky

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	list "collector/connectors/bluesky"
	"collector/fault"
)

func jwt(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"ES256K"}`)) + "." + enc([]byte(claims)) + "." + enc([]byte("signature"))
}

func TestStepsInTheirOrder(t *testing.T) {
	for _, c := range []struct {
		has  providers.Has
		want string
	}{
		{providers.Has{Access: true}, ""},
		{providers.Has{Password: true}, "createSession"},
		{providers.Has{Refresh: true}, "refreshSession"},
		{providers.Has{Refresh: true, Password: true}, "refreshSession createSession"},
	} {
		var names []string
		for _, s := range (Provider{}).Renew(c.has) {
			req, err := s.Request("https://pds.example")
			if err != nil || req.Method != "POST" || !strings.HasPrefix(req.URL, "https://pds.example/xrpc/com.atproto.server.") {
				t.Errorf("request %+v %v", req, err)
			}
			names = append(names, req.URL[strings.LastIndexByte(req.URL, '.')+1:])
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%+v: %s", c.has, got)
		}
	}
	req, _ := refresh("https://pds.example")
	if req.Header.Get("Authorization") != "Bearer "+connectors.Secret("refresh") || req.Body != nil {
		t.Errorf("refresh: %+v", req)
	}
	req, _ = create("https://pds.example")
	if string(req.Body) != `{"identifier":"{{secret:identifier}}","password":"{{secret:appPassword}}"}` {
		t.Errorf("create: %s", req.Body)
	}
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		status  int
		body    string
		kind    fault.Kind
		revoked bool
	}{
		{400, `{"error":"ExpiredToken","message":"Token has expired"}`, fault.Unauthorized, true},
		{400, `{"error":"InvalidToken","message":"Token could not be verified"}`, fault.Unauthorized, true},
		{401, `{"error":"AuthenticationRequired","message":"Invalid identifier or password"}`, fault.Unauthorized, true},
		{401, `{"error":"AuthFactorTokenRequired","message":"A sign in code has been sent"}`, fault.Unauthorized, true},
		{401, `{}`, fault.Unauthorized, true},
		{502, `{"error":"UpstreamFailure","message":"x"}`, fault.Temporary, false},
		{500, `oops`, fault.Temporary, false},
		{200, `{"accessJwt":"a"}`, fault.Malformed, false},
		{200, `[]`, fault.Malformed, false},
		{200, `{"accessJwt":"a","refreshJwt":"r","active":false,"status":"takendown"}`, fault.Gone, false},
		{200, `{"accessJwt":"a","refreshJwt":"r","active":false,"status":"deactivated"}`, fault.Unknown, false},
	} {
		_, err := grant(connectors.Reply{Status: c.status, Body: []byte(c.body)})
		f := fault.As(err)
		if fault.KindOf(err) != c.kind || f != nil && f.Revoked != c.revoked {
			t.Errorf("%d %s: %+v", c.status, c.body, f)
		}
	}
}

func TestExpiry(t *testing.T) {
	access := jwt(`{"exp":1767225600,"iat":1767218400}`)
	g, err := grant(connectors.Reply{Status: 200, Body: fmt.Appendf(nil, `{"accessJwt":%q,"refreshJwt":"r"}`, access)})
	if err != nil || g.In != 2*time.Hour {
		t.Errorf("life %s, %v", g.In, err)
	}
	g, err = grant(connectors.Reply{Status: 200, Body: fmt.Appendf(nil, `{"accessJwt":%q,"refreshJwt":"r"}`, jwt(`{"exp":1767225600}`))})
	if err != nil || g.In != 0 || !g.Expires.Equal(time.Unix(1767225600, 0)) {
		t.Errorf("ends %s, %v", g.Expires, err)
	}
	for _, odd := range []string{"", "a.b", "a.!.c", "opaque", jwt(`{`), jwt(`{"exp":-5}`), jwt(`{"exp":1e30}`), jwt(`{"exp":"x"}`), jwt(`{"exp":10,"iat":20}`)} {
		g, err := grant(connectors.Reply{Status: 200, Body: fmt.Appendf(nil, `{"accessJwt":%q,"refreshJwt":"r"}`, odd+"x")})
		if err != nil || g.In != 0 || g.Expires.Year() > 1970 {
			t.Errorf("%q: %+v %v", odd, g.Expires, err)
		}
	}
}

// A refresh and the opening of a session spend of the quota of the address, as the
// list calls do.
func TestRefreshSpendsOfTheAddress(t *testing.T) {
	var want connectors.Quota
	for _, q := range list.New().Info().Quotas {
		if q.Name == "pds" {
			want = q
		}
	}
	steps := Provider{}.Renew(providers.Has{Refresh: true, Password: true})
	if want.N == 0 || len(steps) != 2 {
		t.Fatalf("%+v, and the list spends of %+v", steps, want)
	}
	for _, s := range steps {
		if !slices.Contains(s.Quotas, want) {
			t.Errorf("%s spends of %+v, want %+v among them", s.Name, s.Quotas, want)
		}
	}
}
