// Package reddit is the sign-in of Reddit: an access token of an hour, and a
// refresh token for an application that asked for a permanent one. A refresh
// may bring a new refresh token, which replaces the old one.
//
// The application signs the call with its id and secret (HTTP Basic); an installed
// application has no secret. A refresh token that was taken back is answered with
// 400, and errors of RFC 6749 come inside a 200.
//
// Source: github.com/reddit-archive/reddit/wiki/OAuth2; recorded replies of prawcore.
package reddit

import (
	"net/http"
	"net/url"
	"time"

	"collector/auth/providers"
	"collector/connectors"
)

// Provider is Reddit's sign-in.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	if !has.Refresh || !has.ClientID {
		return nil
	}
	client := connectors.Secret("clientId") + ":"
	if has.ClientSecret {
		client += connectors.Secret("clientSecret")
	}
	return []providers.Step{{
		Name:  "refreshing the token at Reddit",
		Hosts: []string{"www.reddit.com"},
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {connectors.Secret("refresh")}}
			return connectors.Request{
				Method: http.MethodPost, URL: "https://www.reddit.com/api/v1/access_token",
				Header: http.Header{
					"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"},
					"Authorization": {"Basic " + client},
				},
				Body: []byte(form.Encode()),
			}, nil
		},
		Grant: grant,
	}}
}

// grant reads the reply. The body of a 400 and a 401 repeats the status, not one of
// the error codes of RFC 6749.
func grant(r connectors.Reply) (providers.Grant, error) {
	switch r.Status {
	case http.StatusBadRequest:
		return providers.Grant{}, providers.Refused("Reddit answered 400 to the refresh: the refresh token was taken back")
	case http.StatusUnauthorized:
		return providers.Grant{}, providers.Refused("Reddit answered 401 to the refresh: it does not know the application's id and secret")
	}
	return providers.Token("Reddit", r)
}
