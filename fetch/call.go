package fetch

import (
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
	Server  string // origin of the account's own server; "" for Info.Hosts
	Request connectors.Request
	ETag    string       // sent as If-None-Match; a reply of status 304 is then not a fault
	Class   limit.Class  // whose share of the quota is spent
	Before  func() error // asked right before each send, after every wait: is the lease still held? nil: always
	Any     bool         // hand back every reply of the service whatever its status, but for limits and 401 (Checker)
}
