// Package mastodon is the sign-in of Mastodon and the servers that speak its
// API. Their tokens do not expire; some relatives issue refresh tokens, for
// which the standard grant of RFC 6749 section 6 is spoken.
//
// Source: docs.joinmastodon.org/methods/oauth.
package mastodon

import "collector/auth/providers"

// Provider is the sign-in of a Mastodon server.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	return providers.AtServer(has, "/oauth/token")
}
