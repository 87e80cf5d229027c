package reddit

import (
	"net/http"

	"collector/connectors"
	"collector/fault"
)

// Fault names the scopes where one is missing. A place in the list that Reddit does not
// know may be answered with 404; the account is not gone for that, since its token
// would be refused first.
func (s reddit) Fault(r connectors.Reply) error {
	e := fault.FromStatus(s.name, r.Status, r.Body)
	if e == nil {
		return nil
	}
	switch r.Status {
	case http.StatusForbidden:
		e.Next = "let the application ask for the scopes history, identity and read, then: collector connect " + s.name
	case http.StatusNotFound:
		e.Kind, e.Next = fault.Malformed, "nothing: the walk is begun again after three tries"
	}
	return e
}

// WhoAmI asks whose token it is.
func (reddit) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("/api/v1/me?raw_json=1"), nil
}

// Identity reads the user's name. It is the id, too: the addresses of the lists are
// made of it, and Reddit neither changes a name nor gives it to somebody else.
func (reddit) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		Name string `json:"name"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	if me.Name == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "reddit did not say whose token this is")
	}
	return connectors.Identity{ID: me.Name, Name: me.Name}, nil
}
