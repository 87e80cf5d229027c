// Package spotify is the sign-in of Spotify: an access token lives an hour, and is
// refreshed; a new refresh token may come along, and replaces the old one.
//
// Source: developer.spotify.com/documentation/web-api/tutorials/refreshing-tokens.
package spotify

import "collector/auth/providers"

// Provider is Spotify's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	return providers.AtHost("Spotify", "accounts.spotify.com", "/api/token", has, "invalid_grant", "invalid_client", "unauthorized_client")
}
