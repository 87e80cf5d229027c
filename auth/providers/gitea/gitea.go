// Package gitea is the sign-in of Gitea servers: tokens that a user made do not
// expire. Those of an OAuth application live an hour and come with a refresh
// token (from memory; docs.gitea.com/development/oauth2-provider), for which the
// standard grant of RFC 6749 section 6 is spoken.
package gitea

import "collector/auth/providers"

// Provider is the sign-in of a Gitea server.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	return providers.AtServer(has, "/login/oauth/access_token")
}
