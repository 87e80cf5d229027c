package fetch

import (
	"crypto/md5"
	"encoding/hex"
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
		if got, err := fill(text, fields(&c), plain); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
	if got, _ := fill(connectors.Secret("access"), fields(&c), spelling("application/json; charset=utf-8")); got != `a\"b\u0026c d{{secret:refresh}}` {
		t.Errorf("in JSON: %s", got)
	}
	if got, _ := fill(connectors.Secret("access"), fields(&c), spelling("application/x-www-form-urlencoded")); got != "a%22b%26c+d%7B%7Bsecret%3Arefresh%7D%7D" {
		t.Errorf("in a form: %s", got)
	}
	if got, _ := fill("token="+connectors.Secret("access")+"&page=2", fields(&c), url.QueryEscape); got != "token=a%22b%26c+d%7B%7Bsecret%3Arefresh%7D%7D&page=2" {
		t.Errorf("in an address: %s", got)
	}
	for _, text := range []string{connectors.Secret("clientId"), connectors.Secret("expiresAt"), connectors.Secret(""), "{{secret:access", "{{secret:"} {
		if _, err := fill(text, fields(&c), plain); !errors.As(err, new(noFieldError)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := fill(connectors.Secret("access"), fields(nil), plain); err == nil {
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
		text, err := fill(header, fields(&c), plain)
		if got := basic(header, text); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", header, got, err, want)
		}
	}
}

// A salted token is made anew for each call, of the salt beside it.
func TestSaltedTokens(t *testing.T) {
	c := auth.Credential{AppPassword: auth.NewSecret("sesame")}
	seen := map[string]bool{}
	for range 3 {
		has := fields(&c)
		text, err := fill("t="+connectors.Secret("salted")+"&s="+connectors.Secret("salt"), has, url.QueryEscape)
		if err != nil {
			t.Fatal(err)
		}
		q, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.Sum([]byte("sesame" + q.Get("s")))
		if len(q.Get("s")) != 32 || q.Get("t") != hex.EncodeToString(sum[:]) || seen[q.Get("s")] {
			t.Errorf("%s", text)
		}
		seen[q.Get("s")] = true
	}
	for _, none := range []*auth.Credential{nil, {Access: auth.NewSecret("x")}} {
		if _, err := fill(connectors.Secret("salted"), fields(none), plain); !errors.As(err, new(noFieldError)) {
			t.Errorf("salted without a password: %v", err)
		}
	}
}
