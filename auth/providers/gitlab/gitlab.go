// Package gitlab is the sign-in of GitLab servers. A personal token cannot be
// renewed; the user makes a new one each year. Tokens of an OAuth application live
// two hours and come with a refresh token that is used once
// (docs.gitlab.com/api/oauth2), for which the standard grant of RFC 6749 section 6
// is spoken.
package gitlab

import "collector/auth/providers"

// Provider is the sign-in of a GitLab server.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	return providers.AtServer(has, "/oauth/token")
}
