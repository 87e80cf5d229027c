// Package spotify is the sign-in of Spotify: an access token lives an hour, and is
// refreshed; a new refresh token may come along, and replaces the old one.
//
// Source: developer.spotify.com/documentation/web-api/tutorials/refreshing-tokens.
package spotify

import (
	"net/http"
	"net/url"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is Spotify's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh || !has.ClientID {
		return nil
	}
	return []providers.Step{{
		Name:  "refreshing the token at Spotify",
		Hosts: []string{"accounts.spotify.com"},
		Root:  true,
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			form := url.Values{
				"grant_type": {"refresh_token"}, "refresh_token": {connectors.Secret("refresh")}, "client_id": {connectors.Secret("clientId")},
			}
			if has.ClientSecret { // with PKCE there is none
				form.Set("client_secret", connectors.Secret("clientSecret"))
			}
			return connectors.Request{
				Method: http.MethodPost, URL: "https://accounts.spotify.com/api/token",
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(form.Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (providers.Grant, error) {
			return providers.Token("Spotify", r, "invalid_grant", "invalid_client", "unauthorized_client")
		},
	}}
}
