package fetch

import (
	"collector/auth"
	"collector/connectors"
	"collector/limit"
)

// Call is one request of a connector on behalf of an account.
type Call struct {
	Info    connectors.Info
	Fault   func(connectors.Reply) error // the connector's Faulter; nil for none
	Account string                       // account id; "" for calls without a credential
	Remote  string                       // the account's id at the service; "" until learned: quotas are then kept by account id
	User    string
	Name    string // for texts: "github/octocat"
	What    string // for the trace of a run: what is asked for, "page 2"
	Server  string // origin of the account's own server; "" for Info.Hosts
	Request connectors.Request
	ETag    string       // sent as If-None-Match; a reply of status 304 is then not a fault
	Class   limit.Class  // whose share of the quota is spent
	Before  func() error // asked right before each send, after every wait: is the lease still held? nil: always
	Any     bool         // hand back every reply of the service whatever its status, but for limits and 401 (Checker)

	// Trial signs with a credential that is not stored (yet) instead of the
	// account's own; what a sign-in makes of it is written back into it, to be
	// saved by Keeper.Put. It is for the call that asks whose a credential is.
	Trial *auth.Credential

	// Told reads from the reply the id of the account at its service, "" where the reply
	// does not tell. It is for the call that asks whose a credential is: what that call
	// spent of the account's own quotas is counted as the account's. nil: another call.
	Told func(connectors.Reply) string

	// Use reads the reply while its share of the memory budget is held, so that
	// parsing many large replies at once is bounded too. The body is used again
	// after it: Use copies what it keeps, and Do returns the reply without one.
	// Its error is returned by Do. nil: the caller reads what Do returns.
	Use func(connectors.Reply) error

	// Usage tells what Use has read in the body about quotas (Page.Usage); it is
	// asked after Use. nil: nothing.
	Usage func() []connectors.Usage
}

// signed says that the call carries a credential.
func (c Call) signed() bool {
	return (c.Account != "" || c.Trial != nil) && !c.Request.Anonymous && (c.Info.Auth.Header != "" || c.Info.Auth.Placed)
}

// who is the account for the keeper of credentials.
func (c Call) who() auth.Who {
	server := c.Server
	if server == "" {
		server = c.Info.Server
	}
	account := c.Account
	if c.Trial != nil {
		account = ""
	}
	return auth.Who{Account: account, Remote: c.Remote, Provider: c.Info.Provider, Server: server, Standard: c.Info.Server, Name: c.Name, User: c.User}
}
