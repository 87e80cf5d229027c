package auth

import (
	"fmt"
	"slices"
	"testing"
)

// TestHolders finds each of many sign-ins by its mark, and those that two
// accounts share.
func TestHolders(t *testing.T) {
	k := start(t, newVault(), "p1")
	given := func(text string) Credential {
		t.Helper()
		c, err := ParseCredential(text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	put := func(account, text string) {
		t.Helper()
		if err := k.Put(t.Context(), account, given(text)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 450 { // more than two pages of the store's list
		put(fmt.Sprintf("account%03d", i), fmt.Sprintf("token-%d", i))
	}
	put("twin", "token-7")
	put("with-password", `{"identifier":"ada.example","appPassword":"aaaa-bbbb"}`)
	all, err := k.Holders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"token-0": {"account000"}, "token-449": {"account449"}, "token-7": {"account007", "twin"}, "token-450": nil,
		`{"identifier":"ada.example","appPassword":"another"}`: {"with-password"},
	} {
		if got := all[given(text).Mark()]; !slices.Equal(got, want) {
			t.Errorf("%s is held by %q, want %q", text, got, want)
		}
	}
}
