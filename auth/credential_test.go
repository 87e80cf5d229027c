package auth

import (
	"strings"
	"testing"
	"time"
)

func TestParseCredential(t *testing.T) {
	c, err := ParseCredential("\ufeff  ghp_abc123 \n")
	if err != nil || c.Access.Reveal() != "ghp_abc123" || !c.Refresh.Empty() {
		t.Errorf("bare token: %v", err)
	}
	c, err = ParseCredential(`{"access":" a1 ","refresh":"r1","expiresAt":"2026-11-22T15:04:05+02:00",
		"clientId":"id","clientSecret":"cs","identifier":"o.example","appPassword":"ab cd"}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"access": "a1", "refresh": "r1", "clientId": "id", "clientSecret": "cs", "identifier": "o.example", "appPassword": "ab cd",
	} {
		if f, ok := c.Field(name); !ok || f.Reveal() != want {
			t.Errorf("field %s is wrong", name)
		}
	}
	if want := time.Date(2026, 11, 22, 13, 4, 5, 0, time.UTC); !c.ExpiresAt.Equal(want) {
		t.Errorf("expires %s, want %s", c.ExpiresAt, want)
	}
	if _, ok := c.Field("expiresAt"); ok {
		t.Error("expiresAt is no field to sign with")
	}
	plain, err := c.plain()
	if err != nil {
		t.Fatal(err)
	}
	back, err := fromPlain(plain)
	if err != nil || !back.Access.Equal(c.Access) || !back.AppPassword.Equal(c.AppPassword) || !back.ExpiresAt.Equal(c.ExpiresAt) {
		t.Errorf("sealed and back: %v", err)
	}
}

func TestParseCredentialSaysWhatIsWrong(t *testing.T) {
	const canary = "CANARY77"
	for text, want := range map[string]string{
		"":                                    "is empty",
		" \n\t ":                              "is empty",
		`{}`:                                  "nothing to sign in with",
		`{"clientId":"` + canary + `"}`:       "nothing to sign in with",
		`{"identifier":"o"}`:                  "nothing to sign in with",
		`{"access":"","refresh":" "}`:         "nothing to sign in with",
		`{"token":"` + canary + `"}`:          "key that nobody reads, \"token\"",
		`{"access":12345}`:                    "\"access\" of the credential is a JSON number",
		`{"access":["` + canary + `"]}`:       "\"access\" of the credential is a JSON array",
		`{"access":{"a":"` + canary + `"}}`:   "\"access\" of the credential is a JSON object",
		`{"access":"a","expiresAt":"soon"}`:   "expiresAt",
		`{"access":"a","expiresAt":12345678}`: "expiresAt",
		`{"access":"` + canary + `"`:          "begins like a JSON object",
		`{access: ` + canary + `}`:            "begins like a JSON object",
		`{"access":"a"} ` + canary:            "text after the JSON object",
		`["` + canary + `"]`:                  "is JSON but no object",
		`"` + canary + `"`:                    "is JSON but no object",
		"<!DOCTYPE html><p>" + canary:         "web page",
		"<html>" + canary:                     "web page",
		"https://x.example/?t=" + canary:      "looks like an address",
		"/home-dir/" + canary + ".txt":        "path of a file",
		"~/" + canary:                         "path of a file",
		"./" + canary:                         "path of a file",
		"Bearer " + canary:                    "begins with the word",
		"two " + canary:                       "space or line break",
		canary + "\n" + canary:                "space or line break",
		canary + "\x00":                       "no token has",
		canary + "\u200b":                     "no token has",
		canary + "\xff":                       "no token has",
		`{"access":"a b` + canary + `"}`:      "space or line break",
		strings.Repeat(canary, 4000):          "more than any token",
	} {
		_, err := ParseCredential(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%.40q: the error repeats what was given: %v", text, err)
		}
	}
}

func FuzzParseCredential(f *testing.F) {
	for _, s := range []string{"ghp_x", `{"access":"a","expiresAt":null}`, `{"access":"a","access":1}`, "{", "\ufeff{}", `{"identifier":"a","appPassword":"b"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCredential(text)
		if err != nil {
			return
		}
		if c.Empty() {
			t.Error("an empty credential was taken")
		}
		if strings.ContainsAny(c.Access.Reveal()+c.Refresh.Reveal(), "\r\n\x00 ") {
			t.Error("a token that would break a header was taken")
		}
	})
}
