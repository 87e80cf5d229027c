// Package raindrop is the sign-in of Raindrop.io: the test token of an application
// does not expire. Tokens that users gave to one live 14 days and come with a
// refresh token.
//
// Source: developer.raindrop.io/v1/authentication/token.
package raindrop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is the sign-in of Raindrop.io.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh {
		return nil
	}
	return []providers.Step{{
		Name:  "refreshing the token at Raindrop.io",
		Hosts: []string{"raindrop.io"},
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			fields := map[string]string{}
			for name, values := range providers.RefreshForm(has) {
				fields[name] = values[0]
			}
			body, err := json.Marshal(fields)
			if err != nil {
				return connectors.Request{}, fmt.Errorf("writing the refresh: %w", err)
			}
			return connectors.Request{
				Method: http.MethodPost, URL: "https://raindrop.io/oauth/access_token",
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}, Body: body,
			}, nil
		},
		Grant: func(r connectors.Reply) (providers.Grant, error) { return providers.Token("Raindrop.io", r) },
	}}
}
