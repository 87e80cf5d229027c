package gitea

import (
	"net/http"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Fault names the permission where one is missing. The server's words on tokens
// are fixed text, not translated (seen in 1.26.0).
func (gitea) Fault(r connectors.Reply) error {
	e := fault.FromStatus("gitea", r.Status, r.Body)
	if e == nil {
		return nil
	}
	switch r.Status {
	case http.StatusUnauthorized:
		e.Revoked = strings.Contains(fault.Message(r.Body), "invalid username, password or token")
	case http.StatusForbidden:
		e.Next = "make a token with " + missing(r) + " on your server, then: collector connect gitea"
	case http.StatusNotFound:
		e.Next = "check that the address is of a Gitea or Forgejo server"
	}
	return e
}

// missing is what a token lacks, as the server names it: "required=[read:user]".
func missing(r connectors.Reply) string {
	_, rest, found := strings.Cut(fault.Message(r.Body), "required=[")
	scope, _, closed := strings.Cut(rest, "]")
	if !found || !closed || scope == "" {
		return "the permissions user: read and repository: read"
	}
	return "the permission " + scope
}

// WhoAmI asks whose token it is.
func (gitea) WhoAmI(q connectors.Query) (connectors.Request, error) {
	return request(q, "/user")
}

// Identity reads the account's number and its "login@host".
func (gitea) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		ID      int64  `json:"id"`
		Login   string `json:"login"`
		HTMLURL string `json:"html_url"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	at, err := url.Parse(me.HTMLURL)
	if err != nil || at.Host == "" { // servers before 1.20 (from memory) do not tell it
		at, err = url.Parse(r.Origin)
	}
	if me.ID <= 0 || me.Login == "" || err != nil {
		return connectors.Identity{}, fault.New(fault.Malformed, "the server did not say whose token this is")
	}
	name := me.Login
	if at.Host != "" {
		name += "@" + at.Host
	}
	return connectors.Identity{ID: connectors.ID(me.ID), Name: name}, nil
}

// Check asks whether a repository is starred; its title is owner/name.
func (gitea) Check(q connectors.Query, it item.Item) (connectors.Request, error) {
	owner, name, ok := strings.Cut(it.Title, "/")
	if !ok || strings.Contains(name, "/") || strings.Trim(owner, ".") == "" || strings.Trim(name, ".") == "" {
		return connectors.Request{}, fault.New(fault.Bug, "gitea: the title of item %s is not owner/name", it.ID)
	}
	return request(q, "/user/starred/"+url.PathEscape(owner)+"/"+url.PathEscape(name))
}

// Liked reads 204 as liked. 404 is said of a repository without a star, and of one
// that is gone or hidden, so it decides nothing.
func (g gitea) Liked(r connectors.Reply) (connectors.Presence, error) {
	switch r.Status {
	case http.StatusNoContent:
		return connectors.Liked, nil
	case http.StatusNotFound:
		return connectors.Unsure, nil
	}
	if err := g.Fault(r); err != nil {
		return connectors.Unsure, err
	}
	return connectors.Unsure, fault.New(fault.Malformed, "the server answered a check with %d", r.Status)
}
