package vimeo

import (
	"net/http"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// The numbers of the errors that a page behind the end of a list answers.
const (
	noResults  = 2286
	noSuchPage = 2969
)

// Fault reads the number of an error: a page that is not there is no lost account, and
// read by Parse.
func (vimeo) Fault(r connectors.Reply) error {
	e := fault.FromStatus("vimeo", r.Status, r.Body)
	if e == nil {
		return nil
	}
	var body struct {
		Code int `json:"error_code"`
	}
	err := connectors.Decode(r, &body) // a body that is none has no number
	if err == nil && (body.Code == noResults || body.Code == noSuchPage) && (r.Status == http.StatusBadRequest || r.Status == http.StatusNotFound) {
		return connectors.ErrPage
	}
	if r.Status == http.StatusForbidden {
		e.Next = "make a token with the scopes public and private at https://developer.vimeo.com/apps, then: collector connect vimeo"
	}
	return e
}

// WhoAmI asks whose token it is, and how many videos that user likes.
func (vimeo) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("/me", url.Values{"fields": {"uri,link,metadata.connections.likes.total"}}), nil
}

// Identity reads the user's number, which stays, and the name in the address of the
// profile, which the user may change.
func (vimeo) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		URI      string `json:"uri"`
		Link     string `json:"link"`
		Metadata struct {
			Connections struct {
				Likes struct {
					Total *int `json:"total"`
				} `json:"likes"`
			} `json:"connections"`
		} `json:"metadata"`
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	id := lastPart(me.URI, "/users/")
	if id == "" || strings.Trim(id, "0123456789") != "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "vimeo did not say whose token this is")
	}
	who := connectors.Identity{ID: id, Name: connectors.Line(lastPart(me.Link, "https://vimeo.com/"))}
	if who.Name == "" {
		who.Name = "user" + id // as its address is until the user chooses another
	}
	if n := me.Metadata.Connections.Likes.Total; n != nil && *n >= 0 {
		who.Likes, who.Total = *n, true
	}
	return who, nil
}

// Check asks whether a video is liked.
func (vimeo) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	return request("/me/likes/"+url.PathEscape(it.ID), nil), nil
}

// Liked reads 204 as liked. 404 is said of a video that is not liked and of one that
// is gone or hidden, so it decides nothing.
func (v vimeo) Liked(r connectors.Reply) (connectors.Presence, error) {
	switch r.Status {
	case http.StatusNoContent:
		return connectors.Liked, nil
	case http.StatusNotFound:
		return connectors.Unsure, nil
	}
	if err := v.Fault(r); err != nil {
		return connectors.Unsure, err
	}
	return connectors.Unsure, fault.New(fault.Malformed, "vimeo answered a check with %d", r.Status)
}
