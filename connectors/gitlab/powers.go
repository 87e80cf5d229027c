package gitlab

import (
	"net/http"
	"net/url"
	"strconv"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Fault reads the error codes of RFC 6750 that GitLab gives beside the status: a
// scope that is missing is named, and a token that is not accepted may have run out.
func (gitlab) Fault(r connectors.Reply) error {
	e := fault.FromStatus("gitlab", r.Status, r.Body)
	if e == nil {
		return nil
	}
	var body struct {
		Error string `json:"error"`
	}
	if connectors.Decode(r, &body) != nil {
		body.Error = ""
	}
	switch {
	case r.Status == http.StatusForbidden && body.Error == "insufficient_scope":
		e.Next = "make a token with the scope read_api on your server, then: collector connect gitlab"
	case r.Status == http.StatusNotFound:
		e.Next = "check that the address is of a GitLab server"
	}
	return e
}

// WhoAmI asks whose token it is.
func (gitlab) WhoAmI(q connectors.Query) (connectors.Request, error) {
	r := request(q, "/user")
	r.Quotas = []string{"api"}
	return r, nil
}

// Identity reads the account's number and its "username@host".
func (gitlab) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
		WebURL   string `json:"web_url"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	at, err := url.Parse(me.WebURL)
	if err != nil || at.Host == "" {
		at, err = url.Parse(r.Origin)
	}
	if me.ID <= 0 || me.Username == "" || err != nil {
		return connectors.Identity{}, fault.New(fault.Malformed, "GitLab did not say whose token this is")
	}
	name := me.Username
	if at.Host != "" {
		name += "@" + at.Host
	}
	return connectors.Identity{ID: connectors.ID(me.ID), Name: name}, nil
}

// Check asks for the list of stars between the numbers around a project's.
func (gitlab) Check(q connectors.Query, it item.Item) (connectors.Request, error) {
	n, err := strconv.ParseInt(it.ID, 10, 64)
	if err != nil || n < 1 {
		return connectors.Request{}, fault.New(fault.Bug, "gitlab: the id of item %q is not a number", it.ID)
	}
	v := starred()
	v.Set("id_after", strconv.FormatInt(n-1, 10))
	v.Set("id_before", strconv.FormatInt(n+1, 10))
	return request(q, "/projects?"+v.Encode()), nil
}

// Liked reads a list of one project as liked. An empty one is given of a project
// without a star, and of one that is gone or hidden, so it decides nothing.
func (g gitlab) Liked(r connectors.Reply) (connectors.Presence, error) {
	if err := g.Fault(r); err != nil {
		return connectors.Unsure, err
	}
	var page connectors.Page
	if r.Status != http.StatusOK {
		return connectors.Unsure, fault.New(fault.Malformed, "GitLab answered a check with %d", r.Status)
	}
	if err := projects().Map(&page, r.Body); err != nil {
		return connectors.Unsure, err
	}
	switch len(page.Items) {
	case 0:
		return connectors.Unsure, nil
	case 1:
		return connectors.Liked, nil
	}
	return connectors.Unsure, fault.New(fault.Malformed, "GitLab was asked about one project and answered with %d", len(page.Items))
}
