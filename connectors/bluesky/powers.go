package bluesky

import (
	"net/http"
	"strings"

	"collector/connectors"
	"collector/fault"
)

// noRepo is how the reference server (run as PDS 0.4.217) says that an account
// was deactivated or deleted. It has no error name of its own for that.
const noRepo = "Could not find repo"

// user is what the lists of an account share: whose session it is, and what the
// errors of its server mean.
type user struct {
	service string // whose connector it is
}

// Fault reads the name of the error, which is a fixed word of the protocol: a
// session that ran out is answered with status 400. A 500 stays Temporary,
// although this server gives it for some mistakes of the caller too.
func (u user) Fault(r connectors.Reply) error {
	e := fault.FromStatus(u.service, r.Status, r.Body)
	if e == nil {
		return nil
	}
	var body struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if connectors.Decode(r, &body) != nil || r.Status >= 500 {
		return e
	}
	if body.Error == "InvalidRequest" && strings.HasPrefix(body.Message, noRepo) {
		body.Error = "RepoNotFound"
	}
	switch body.Error {
	case "ExpiredToken", "InvalidToken", "AuthMissing", "AuthMissingError", "AuthenticationRequired":
		u.unauthorized(e)
	case "RateLimitExceeded":
		e.Kind, e.Whose, e.Next = fault.RateLimited, u.service, "nothing: the collector waits and goes on"
	case "AccountTakedown", "AccountDeactivated", "RepoNotFound", "RepoTakendown", "RepoSuspended", "RepoDeactivated":
		e.Kind, e.Whose = fault.Gone, "you"
		e.Next = "see at https://bsky.app whether the account still exists, and restore it there"
	}
	if r.Status == http.StatusNotFound {
		e.Next = "check that the address is of a Bluesky data server"
	}
	return e
}

func (u user) unauthorized(e *fault.Error) {
	e.Kind, e.Whose, e.Next = fault.Unauthorized, "you", "sign in again: collector connect "+u.service
}

// WhoAmI asks whose session it is.
func (user) WhoAmI(q connectors.Query) (connectors.Request, error) {
	return request(q, "com.atproto.server.getSession"), nil
}

// Identity reads the DID, which survives a change of handle, and the handle.
func (user) Identity(r connectors.Reply) (connectors.Identity, error) {
	var session struct {
		DID    string `json:"did"`
		Handle string `json:"handle"`
	}
	if err := connectors.Decode(r, &session); err != nil {
		return connectors.Identity{}, err
	}
	if len(session.DID) < len("did:x:y") || session.DID[:4] != "did:" || session.Handle == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "bluesky did not say whose session this is")
	}
	return connectors.Identity{ID: session.DID, Name: session.Handle}, nil
}
