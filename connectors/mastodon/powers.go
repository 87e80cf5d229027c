package mastodon

import (
	"net/http"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
)

// Fault names the scope where a permission is missing. Its words come from the
// status and from WWW-Authenticate (RFC 6750, section 3), since the messages of
// the body are in the user's language.
func (m mastodon) Fault(r connectors.Reply) error {
	e := fault.FromStatus(m.name, r.Status, r.Body)
	if e == nil {
		return nil
	}
	challenge := strings.ToLower(r.Header.Get("WWW-Authenticate"))
	switch r.Status {
	case http.StatusUnauthorized:
		e.Revoked = strings.Contains(challenge, `error="invalid_token"`)
	case http.StatusForbidden:
		e.Next = "allow the application " + m.scope() + " and read:accounts, and see on your server that the login is confirmed and not disabled, then: collector connect " + m.name
	case http.StatusNotFound:
		e.Next = "check that the address is of a Mastodon server or one that speaks its API"
	}
	return e
}

// WhoAmI asks whose token it is.
func (mastodon) WhoAmI(q connectors.Query) (connectors.Request, error) {
	return request(q, "/api/v1/accounts/verify_credentials")
}

// Identity reads the account's id and its "@user@host".
func (mastodon) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me account
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	if me.Acct == "" {
		me.Acct = me.User
	}
	if u, err := url.Parse(me.URL); err != nil || u.Host == "" {
		me.URL = r.Origin
	}
	if me.ID == "" || me.Acct == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "mastodon did not say whose token this is")
	}
	return connectors.Identity{ID: me.ID, Name: handle(me)}, nil
}
