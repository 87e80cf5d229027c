// Package mastodon is the sign-in of Mastodon and the servers that speak its
// API. Their tokens do not expire; some relatives issue refresh tokens, for
// which the standard grant of RFC 6749 section 6 is spoken.
//
// Source: docs.joinmastodon.org/methods/oauth.
package mastodon

import (
	"net/http"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is the sign-in of a Mastodon server.
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
				Method: http.MethodPost, URL: server + "/oauth/token",
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(providers.RefreshForm(has).Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (providers.Grant, error) {
			return providers.Token("the server", r, "invalid_grant", "invalid_client", "unauthorized_client")
		},
	}}
}
