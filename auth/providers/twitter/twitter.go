// Package twitter is the sign-in of X, formerly Twitter: an access token of two
// hours and, where the scope offline.access was granted, a refresh token that
// works once. An application with a secret signs the call with it (HTTP Basic),
// one without names itself in the body.
//
// Source: docs.x.com/fundamentals/authentication/oauth-2-0. From memory, not seen in
// a document: that a refresh token works once.
package twitter

import (
	"net/http"
	"net/url"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is X's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh || !has.ClientID {
		return nil
	}
	return []providers.Step{{
		Name:  "refreshing the token at X",
		Hosts: []string{"api.x.com"},
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {connectors.Secret("refresh")}}
			header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}}
			if has.ClientSecret {
				header.Set("Authorization", "Basic "+connectors.Secret("clientId")+":"+connectors.Secret("clientSecret"))
			} else {
				form.Set("client_id", connectors.Secret("clientId"))
			}
			return connectors.Request{
				Method: http.MethodPost, URL: "https://api.x.com/2/oauth2/token", Header: header, Body: []byte(form.Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (providers.Grant, error) {
			return providers.Token("X", r, "invalid_request", "invalid_grant", "unauthorized_client")
		},
	}}
}
