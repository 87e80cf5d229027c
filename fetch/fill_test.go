package fetch

import (
	"errors"
	"net/url"
	"testing"

	"collector/auth"
	"collector/connectors"
)

func TestPlaceholders(t *testing.T) {
	c := auth.Credential{Access: auth.NewSecret(`a"b&c d{{secret:refresh}}`), Refresh: auth.NewSecret("r")}
	for text, want := range map[string]string{
		"":                                      "",
		"plain":                                 "plain",
		"Bearer " + connectors.Secret("access"): `Bearer a"b&c d{{secret:refresh}}`, // what was filled in is not looked at again
		connectors.Secret("refresh") + connectors.Secret("refresh"): "rr",
		"x=%7B%7Bsecret%3Arefresh%7D%7D&y":                          "x=r&y",
		"{{other}}":                                                 "{{other}}",
	} {
		if got, err := fill(text, &c, plain); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
	if got, _ := fill(connectors.Secret("access"), &c, spelling("application/json; charset=utf-8")); got != `a\"b\u0026c d{{secret:refresh}}` {
		t.Errorf("in JSON: %s", got)
	}
	if got, _ := fill(connectors.Secret("access"), &c, spelling("application/x-www-form-urlencoded")); got != "a%22b%26c+d%7B%7Bsecret%3Arefresh%7D%7D" {
		t.Errorf("in a form: %s", got)
	}
	if got, _ := fill("token="+connectors.Secret("access")+"&page=2", &c, url.QueryEscape); got != "token=a%22b%26c+d%7B%7Bsecret%3Arefresh%7D%7D&page=2" {
		t.Errorf("in an address: %s", got)
	}
	for _, text := range []string{connectors.Secret("clientId"), connectors.Secret("expiresAt"), connectors.Secret(""), "{{secret:access", "{{secret:"} {
		if _, err := fill(text, &c, plain); !errors.As(err, new(noFieldError)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := fill(connectors.Secret("access"), nil, plain); err == nil {
		t.Error("an anonymous call was signed")
	}
}

// RFC 7617, section 2: the pair is encoded, once the secrets stand in it.
func TestBasic(t *testing.T) {
	c := auth.Credential{ClientID: auth.NewSecret("Aladdin"), ClientSecret: auth.NewSecret("open sesame")}
	for header, want := range map[string]string{
		"Basic " + connectors.Secret("clientId") + ":" + connectors.Secret("clientSecret"): "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
		"Basic " + connectors.Secret("clientId") + ":":                                     "Basic QWxhZGRpbjo=",
		"Basic QWxhZGRpbjo=":                      "Basic QWxhZGRpbjo=", // nothing was filled in
		"Bearer " + connectors.Secret("clientId"): "Bearer Aladdin",
	} {
		text, err := fill(header, &c, plain)
		if got := basic(header, text); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", header, got, err, want)
		}
	}
}
