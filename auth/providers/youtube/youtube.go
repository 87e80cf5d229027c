// Package youtube is the sign-in of Google: an access token lives an hour, and comes
// with a refresh token that stays the same. The refresh tokens of a project that is
// in testing end after 7 days, and then only a new sign-in helps.
//
// Source: developers.google.com/identity/protocols/oauth2/web-server, "Refreshing an
// access token".
package youtube

import "collector/auth/providers"

// Provider is Google's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	return providers.AtHost("Google", "oauth2.googleapis.com", "/token", has, "invalid_grant", "invalid_client", "unauthorized_client")
}
