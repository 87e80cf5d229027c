// Package github is the sign-in of GitHub: classic and fine-grained tokens do
// not expire by themselves and have no refresh; the user tokens of a GitHub App
// live 8 hours and come with a refresh token of 6 months that works once.
//
// Source: docs.github.com, "Refreshing user access tokens".
package github

import (
	"net/http"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is GitHub's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh {
		return nil
	}
	return []providers.Step{{
		Name:  "refreshing the token at GitHub",
		Hosts: []string{"github.com"},
		Root:  true, // GitHub Enterprise: /login/oauth, not /api/v3/login/oauth
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			return connectors.Request{
				Method: http.MethodPost, URL: "https://github.com/login/oauth/access_token",
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(providers.RefreshForm(has).Encode()),
			}, nil
		},
		Grant: grant,
	}}
}

// grant reads the reply. GitHub answers errors with status 200.
func grant(r connectors.Reply) (providers.Grant, error) {
	return providers.Token("GitHub", r, "bad_refresh_token", "incorrect_client_credentials", "unauthorized_client")
}
