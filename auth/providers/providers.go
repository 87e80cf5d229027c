// Package providers says what a provider's sign-in looks like: which calls turn
// a stored credential into fresh tokens, and what their answers mean. Like a
// connector it is pure. A call carries placeholders (connectors.Secret) where
// secrets belong; fetch fills them in at the last moment, after everything that
// logs, and package auth decides when to call, and stores what comes back
// before it is used.
package providers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
)

// Provider is one provider's sign-in. All methods are pure.
type Provider interface {
	// Renew returns the steps that can lead to a fresh access token, given what
	// is stored, best first: a refused step is followed by the next. None: the
	// access token is all there is.
	Renew(has Has) []Step
}

// Has says which fields of the credential are stored.
type Has struct{ Access, Refresh, ClientID, ClientSecret, Password bool }

// Step is one call and the reading of its answer.
type Step struct {
	Name    string             // in words, for texts: "refreshing the token"
	Hosts   []string           // the only hosts it may name; nil: the account's own server only
	Root    bool               // its path stands at the root of the server, whatever path prefix an overridden base address has
	Quotas  []connectors.Quota // what the call spends
	Request func(server string) (connectors.Request, error)
	// Grant reads the reply of any status but a limit. A refusal is a
	// fault.Unauthorized: this step can never succeed with what is stored.
	Grant func(r connectors.Reply) (Grant, error)
}

// Grant is a fresh pair. It prints as "(secret)".
type Grant struct {
	Access  string
	Refresh string        // "": the provider named no new one, the old one stays
	Expires time.Time     // of Access; zero: see ExpiresIn
	In      time.Duration // until Access expires, from the answer on; 0 with zero Expires: not told
	Scopes  []string      // what Access may do; nil: not told
}

// Format implements fmt.Formatter.
func (Grant) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("(secret)")) } // fmt has no way to report it

// MarshalText implements encoding.TextMarshaler.
func (Grant) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

// RefreshForm is what the standard refresh sends, RFC 6749 section 6, with what is
// stored of the client.
func RefreshForm(has Has) url.Values {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {connectors.Secret("refresh")}}
	if has.ClientID {
		form.Set("client_id", connectors.Secret("clientId"))
	}
	if has.ClientSecret {
		form.Set("client_secret", connectors.Secret("clientSecret"))
	}
	return form
}

// AtHost is the standard refresh, RFC 6749 section 6, at a host of the provider, of an
// application that the form names; nothing where no refresh token or no application is
// stored. final are the error codes that say that it can never succeed.
func AtHost(title, host, path string, has Has, final ...string) []Step {
	if !has.Refresh || !has.ClientID {
		return nil
	}
	return []Step{{
		Name:  "refreshing the token at " + title,
		Hosts: []string{host},
		Root:  true,
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(string) (connectors.Request, error) {
			return connectors.Request{
				Method: http.MethodPost, URL: "https://" + host + path,
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(RefreshForm(has).Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (Grant, error) { return Token(title, r, final...) },
	}}
}

// AtServer is the standard refresh, RFC 6749 section 6, at a path of the account's
// own server; nothing where no refresh token is stored.
func AtServer(has Has, path string) []Step {
	if !has.Refresh {
		return nil
	}
	return []Step{{
		Name: "refreshing the token",
		Quotas: []connectors.Quota{{
			Name: "sign-in", Scope: connectors.PerAccount, Unit: "calls", N: 30, Per: time.Hour,
		}},
		Request: func(server string) (connectors.Request, error) {
			return connectors.Request{
				Method: http.MethodPost, URL: server + path,
				Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				Body:   []byte(RefreshForm(has).Encode()),
			}, nil
		},
		Grant: func(r connectors.Reply) (Grant, error) {
			return Token("the server", r, "invalid_grant", "invalid_client", "unauthorized_client")
		},
	}}
}

// OAuth is the reply of a token endpoint, RFC 6749 sections 5.1 and 5.2.
type OAuth struct {
	Access    string  `json:"access_token"`
	Refresh   string  `json:"refresh_token"`
	ExpiresIn float64 `json:"expires_in"` // seconds
	Scope     string  `json:"scope"`      // names with spaces between them; GitHub writes commas
	Error     string  `json:"error"`
	Text      string  `json:"error_description"`
}

// Read decodes a reply without ever quoting it: it may hold tokens.
func Read(r connectors.Reply, into any) error {
	if json.Unmarshal(r.Body, into) != nil {
		if r.Status >= 500 {
			return fault.New(fault.Temporary, "the sign-in answered %d", r.Status)
		}
		return fault.New(fault.Malformed, "the sign-in answered %d with %d bytes that are not the JSON object it documents", r.Status, len(r.Body))
	}
	return nil
}

// Token reads the reply of a standard token endpoint. The names in final are
// its error codes after which no second try can help.
func Token(title string, r connectors.Reply, final ...string) (Grant, error) {
	var o OAuth
	if err := Read(r, &o); err != nil {
		return Grant{}, err
	}
	for _, code := range final {
		if o.Error == code {
			return Grant{}, Refused("%s refused to refresh the token: %s", title, said(o.Error, o.Text))
		}
	}
	switch {
	case o.Error != "" && r.Status < 500:
		// The client's registration or our call is wrong: no new try with the
		// same words can succeed, and the user has to connect again.
		return Grant{}, Refused("%s answered %d to the refresh: %s", title, r.Status, said(o.Error, o.Text))
	case r.Status >= 500 || o.Error != "":
		return Grant{}, fault.New(fault.Temporary, "%s answered %d to the refresh", title, r.Status)
	case r.Status == 401 || r.Status == 400 || r.Status == 403:
		return Grant{}, Refused("%s answered %d to the refresh", title, r.Status)
	case r.Status != 200 || o.Access == "":
		return Grant{}, fault.New(fault.Malformed, "%s answered %d to the refresh, without an access token", title, r.Status)
	case o.ExpiresIn < 0 || o.ExpiresIn > 10*365*86400:
		return Grant{}, fault.New(fault.Malformed, "%s says that the new token expires in %g seconds", title, o.ExpiresIn)
	}
	g := Grant{Access: o.Access, Refresh: o.Refresh, In: time.Duration(o.ExpiresIn * float64(time.Second))}
	if o.Scope != "" {
		g.Scopes = strings.FieldsFunc(o.Scope, func(r rune) bool { return r == ' ' || r == ',' })
	}
	return g, nil
}

// Refused makes the error of a step that can never succeed with what is stored.
func Refused(format string, a ...any) error {
	e := fault.New(fault.Unauthorized, format, a...)
	e.Revoked = true
	return e
}

// said joins a code and its text, cut to a line.
func said(code, text string) string {
	if text != "" {
		code += " (" + text + ")"
	}
	if r := []rune(code); len(r) > 200 {
		code = string(r[:200]) + "…"
	}
	return code
}
