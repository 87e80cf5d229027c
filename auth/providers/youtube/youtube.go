// Package youtube is the sign-in of Google: an access token lives an hour, and comes
// with a refresh token that stays the same. The refresh tokens of a project that is
// in testing end after 7 days, and then only a new sign-in helps.
//
// Source: developers.google.com/identity/protocols/oauth2/web-server, "Refreshing an
// access token".
package youtube

import (
	"net/http"
	"net/url"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is Google's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh || !has.ClientID {
		return nil
	}
	return []providers.Step{{
		Name:  "refreshing the token at Google",
		Hosts: []string{"oauth2.googleapis.com"},
		Root:  true,
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			form := url.Values{
				"grant_type": {"refresh_token"}, "refresh_token": {connectors.Secret("refresh")}, "client_id": {connectors.Secret("clientId")},
			}
			if has.ClientSecret { // apps of a phone or television have none
				form.Set("client_secret", connectors.Secret("clientSecret"))
			}
			return connectors.Request{
				Method: http.MethodPost, URL: "https://oauth2.googleapis.com/token",
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(form.Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (providers.Grant, error) {
			return providers.Token("Google", r, "invalid_grant", "invalid_client", "unauthorized_client")
		},
	}}
}
