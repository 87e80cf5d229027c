package connectortest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/connectors"
)

// Each case breaks one rule of a real connector; the kit must say so, by the
// rule that is named, and must have nothing to say of the same connector intact.
func TestKitCatchesSabotage(t *testing.T) {
	checked := map[string]bool{ // the two slow rules pass in the connectors' own packages
		"githubknockout": true, "mastodonknockout": true, "blueskyknockout": true, "githubrefuse": true, "blueskyrefuse": true,
	}
	for _, s := range sabotages() {
		t.Run(s.rule+"/"+strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			intact, _ := rig(t, s.of)
			broken, handle := rig(t, s.of)
			s.how(handle)
			for _, r := range rules() {
				if r.name != s.rule {
					continue
				}
				if !checked[s.of+r.name] {
					if p := intact.problems(r, 1); len(p) > 0 {
						t.Fatalf("the intact connector fails: %s", p[0])
					}
					checked[s.of+r.name] = true
				}
				p := broken.problems(r, 1)
				if len(p) == 0 {
					t.Fatal("not caught")
				}
				t.Logf("caught: %.160s", p[0])
				return
			}
			t.Fatalf("there is no rule %q", s.rule)
		})
	}
}

func TestEveryRuleIsSabotaged(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sabotages() {
		seen[s.rule] = true
	}
	for _, r := range rules() {
		if !seen[r.name] {
			t.Errorf("nothing breaks the rule %q: does it bite?", r.name)
		}
	}
}

// A secret stands in an address only as a placeholder, as a whole value, of a
// service that wants it there.
func TestSecretsStandOnlyWhereTheyArePlaced(t *testing.T) {
	secret := connectors.Secret("access")
	for _, c := range []struct {
		name   string
		placed bool
		r      connectors.Request
		wrong  bool
	}{
		{"a header is signed", false, connectors.Request{URL: "/x?page=2"}, false},
		{"a header is signed, and the address holds a placeholder", false, connectors.Request{URL: "/x?auth=" + secret}, true},
		{"a parameter", true, connectors.Request{URL: "/x?auth_token=" + secret + "&page=2"}, false},
		{"as url.Values spells it", true, connectors.Request{URL: "/x?auth_token=%7B%7Bsecret%3Aaccess%7D%7D"}, false},
		{"two parameters", true, connectors.Request{URL: "/x?u=" + connectors.Secret("identifier") + "&key=" + secret}, false},
		{"a secret in clear", true, connectors.Request{URL: "/x?auth_token=abc"}, true},
		{"a secret in clear beside a placeholder", true, connectors.Request{URL: "/x?auth=" + secret + "&api_key=abc"}, true},
		{"twice the same parameter", true, connectors.Request{URL: "/x?auth=" + secret + "&auth=abc"}, true},
		{"a part of a value", true, connectors.Request{URL: "/x?auth=ada:" + secret}, true},
		{"the path", true, connectors.Request{URL: "/" + secret + "/x?auth=" + secret}, true},
		{"the body", true, connectors.Request{URL: "/x", Body: []byte("token=" + secret)}, false},
		{"a header of the request", true, connectors.Request{URL: "/x", Header: http.Header{"X-Key": {secret}}}, false},
		{"nowhere", true, connectors.Request{URL: "/x"}, true},
		{"nowhere, and it need not be", true, connectors.Request{URL: "/x", Anonymous: true}, false},
	} {
		k, r := rig(t, "github")
		onInfo(func(i *connectors.Info) {
			if c.placed {
				i.Auth = connectors.Auth{Placed: true}
			}
		})(r)
		c.r.URL = "https://api.github.com" + c.r.URL
		var said []string
		checkCall(k, "call", c.r, func(format string, a ...any) { said = append(said, fmt.Sprintf(format, a...)) })
		if (len(said) > 0) != c.wrong {
			t.Errorf("%s: %q", c.name, said)
		}
	}
}
