package auth

import (
	"context"
	"testing"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

// A password that no sign-in turns into tokens signs each call itself; where there
// is a sign-in, a password alone signs nothing.
func TestPasswordsThatSignCalls(t *testing.T) {
	ring, err := ParseKeys("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	never := func(context.Context, Who, providers.Step, Credential) (connectors.Reply, error) {
		return connectors.Reply{}, fault.New(fault.Unauthorized, "refused")
	}
	k := NewKeeper(newVault(), ring, Providers(), "p1", time.Now)
	c := Credential{Identifier: NewSecret("ada"), AppPassword: NewSecret("open sesame")}
	for provider, signs := range map[string]bool{"subsonic": true, "bluesky": false} {
		who := Who{Account: "a-" + provider, Provider: provider, Name: provider + "/ada", User: "me"}
		if err := k.Put(t.Context(), who.Account, c); err != nil {
			t.Fatal(err)
		}
		opened, err := k.Access(t.Context(), who, never)
		if (err == nil) != signs || signs && !opened.AppPassword.Equal(c.AppPassword) {
			t.Errorf("%s: %v", provider, err)
		}
		if _, err := k.Try(t.Context(), who, c, never); (err == nil) != signs {
			t.Errorf("trying at %s: %v", provider, err)
		}
		if _, again, _ := k.Refused(t.Context(), who, opened, never); signs && again {
			t.Errorf("%s: a refused password is tried again as it is", provider)
		}
	}
}
