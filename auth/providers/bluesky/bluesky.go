// Package bluesky is the sign-in of Bluesky and other AT Protocol servers: an
// identifier and an app password open a session, which has an access token of
// about two hours and a refresh token of about two months. Each refresh gives
// a new pair. When the refresh token is refused, the app password opens a new
// session; only when that is refused too must the user act.
//
// Opening sessions is limited to 30 in 5 minutes and 300 a day for an account,
// so it is the second choice.
//
// Source: the lexicons com.atproto.server.createSession and refreshSession;
// limits as the reference server (packages/pds) sets them.
package bluesky

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"collector/auth/providers"
	"collector/connectors"
	"collector/fault"
)

// Provider is the sign-in of an AT Protocol server.
type Provider struct{}

// Renew implements providers.Provider.
func (Provider) Renew(has providers.Has) []providers.Step {
	var steps []providers.Step
	if has.Refresh {
		steps = append(steps, providers.Step{
			Name: "refreshing the session", Request: refresh, Grant: grant,
			Quotas: []connectors.Quota{{Name: "refresh", Scope: connectors.PerAccount, Unit: "calls", N: 60, Per: time.Hour}, address()},
		})
	}
	if has.Password {
		steps = append(steps, providers.Step{
			Name: "opening a session with the app password", Request: create, Grant: grant,
			Quotas: []connectors.Quota{
				{
					Name: "session", Scope: connectors.PerAccount, Unit: "sessions", N: 30, Per: 5 * time.Minute, Rolling: true,
					Report: connectors.Report{ // "RateLimit-Policy: 30;w=300"; there is no Retry-After in a PDS 0.4.217
						Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset", Unit: connectors.EpochSeconds,
					},
				},
				{Name: "session-day", Scope: connectors.PerAccount, Unit: "sessions", N: 300, Per: 24 * time.Hour, Rolling: true},
				address(),
			},
		})
	}
	return steps
}

// address is the quota that a server gives each address, of which the list calls
// of connectors/bluesky spend too; both must describe it alike. A refresh counts
// and is told of it like any other call. Opening a session counts, too; the same
// headers tell of it or of the sessions, and the limit that they name says of which.
func address() connectors.Quota {
	return connectors.Quota{
		Name: "pds", Scope: connectors.PerAddress, Unit: "calls", N: 3000, Per: 5 * time.Minute,
		Report: connectors.Report{
			Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset", Unit: connectors.EpochSeconds,
		},
		Parallel: 4, Rate: 20, Burst: 20,
	}
}

func refresh(server string) (connectors.Request, error) {
	return connectors.Request{
		Method: http.MethodPost, URL: server + "/xrpc/com.atproto.server.refreshSession",
		Header: http.Header{"Authorization": {"Bearer " + connectors.Secret("refresh")}, "Accept": {"application/json"}},
	}, nil
}

func create(server string) (connectors.Request, error) {
	body, err := json.Marshal(map[string]string{
		"identifier": connectors.Secret("identifier"), "password": connectors.Secret("appPassword"),
	})
	return connectors.Request{
		Method: http.MethodPost, URL: server + "/xrpc/com.atproto.server.createSession",
		Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
		Body:   body,
	}, err
}

type session struct {
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
	Active  *bool  `json:"active"`
	Status  string `json:"status"` // why not active: "takendown", "suspended", "deactivated"
	Error   string `json:"error"`
	Message string `json:"message"`
}

// refusals are the errors after which the same words can never succeed.
// AuthFactorTokenRequired: the account's main password was given, which asks
// for a code by mail; an app password does not.
var refusals = []string{"ExpiredToken", "InvalidToken", "AuthenticationRequired", "AuthMissing", "AccountTakedown", "AuthFactorTokenRequired"}

func grant(r connectors.Reply) (providers.Grant, error) {
	var s session
	if err := providers.Read(r, &s); err != nil {
		return providers.Grant{}, err
	}
	if s.Error != "" {
		for _, name := range refusals {
			if s.Error == name {
				return providers.Grant{}, providers.Refused("the server refused the sign-in: %s", words(s))
			}
		}
		kind := fault.Temporary
		if r.Status == http.StatusUnauthorized {
			kind = fault.Unauthorized
		}
		return providers.Grant{}, fault.New(kind, "the server answered %d to the sign-in: %s", r.Status, words(s))
	}
	switch {
	case r.Status >= 500:
		return providers.Grant{}, fault.New(fault.Temporary, "the server answered %d to the sign-in", r.Status)
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		return providers.Grant{}, providers.Refused("the server answered %d to the sign-in", r.Status)
	case r.Status != http.StatusOK || s.Access == "" || s.Refresh == "":
		return providers.Grant{}, fault.New(fault.Malformed, "the server answered %d to the sign-in, without a session", r.Status)
	case s.Active != nil && !*s.Active && s.Status != "deactivated":
		return providers.Grant{}, fault.New(fault.Gone, "the account is not active: %s", s.Status)
	}
	has := read(s.Access)
	life, end := has.expiry()
	return providers.Grant{Access: s.Access, Refresh: s.Refresh, In: life, Expires: end, Scopes: has.scopes()}, nil
}

func words(s session) string {
	text := s.Error
	if s.Message != "" {
		text += " (" + s.Message + ")"
	}
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}

// claims are what a JSON Web Token says of itself, zero where it is none or does not say.
// The token is the server's business and is not verified.
type claims struct {
	Exp   float64 `json:"exp"`
	Iat   float64 `json:"iat"`
	Scope string  `json:"scope"` // "com.atproto.appPass" of an app password, "com.atproto.access" of the account's own
}

func read(token string) (c claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return claims{}
	}
	return c
}

// scopes are the names of what the session may do; nil: not told.
func (c claims) scopes() []string {
	if c.Scope == "" {
		return nil
	}
	return strings.Fields(c.Scope)
}

// expiry reads when the token ends (RFC 7519 section 4.1): as a length where it says
// when it was made, so that a wrong local clock does no harm, else as a time. Both zero:
// it does not say.
func (c claims) expiry() (time.Duration, time.Time) {
	switch {
	case c.Exp <= 0, c.Exp > 1<<33:
		return 0, time.Time{}
	case c.Iat > 0 && c.Iat < c.Exp:
		return time.Duration(c.Exp-c.Iat) * time.Second, time.Time{}
	}
	return 0, time.Unix(int64(c.Exp), 0).UTC()
}
