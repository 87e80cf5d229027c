// Package gitea is the sign-in of Gitea servers: tokens that a user made do not
// expire. Those of an OAuth application live an hour and come with a refresh
// token (from memory; docs.gitea.com/development/oauth2-provider), for which the
// standard grant of RFC 6749 section 6 is spoken.
package gitea

import (
	"net/http"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is the sign-in of a Gitea server.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh {
		return nil
	}
	return []providers.Step{{
		Name: "refreshing the token",
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(server string) (connectors.Request, error) {
			return connectors.Request{
				Method: http.MethodPost, URL: server + "/login/oauth/access_token",
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(providers.RefreshForm(has).Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (providers.Grant, error) {
			return providers.Token("the server", r, "invalid_grant", "invalid_client", "unauthorized_client")
		},
	}}
}
