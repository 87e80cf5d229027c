package spotify

import (
	"net/http"
	"net/url"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Fault says what to do where a permission is missing.
func (spotify) Fault(r connectors.Reply) error {
	e := fault.FromStatus("spotify", r.Status, r.Body)
	if e == nil {
		return nil
	}
	if r.Status == http.StatusForbidden {
		e.Next = "sign in for the scope user-library-read; an app in development mode has to list its users, and its owner needs Premium: collector connect spotify"
	}
	return e
}

// WhoAmI asks whose token it is.
func (spotify) WhoAmI(connectors.Query) (connectors.Request, error) { return request("me"), nil }

// Identity reads the user's id, which stays, and the name that is shown.
func (spotify) Identity(r connectors.Reply) (connectors.Identity, error) {
	var me struct {
		ID   string `json:"id"`
		Name string `json:"display_name"` // null where there is none
	}
	if err := connectors.Decode(r, &me); err != nil {
		return connectors.Identity{}, err
	}
	if me.ID == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "spotify did not say whose token this is")
	}
	if me.Name == "" {
		me.Name = me.ID
	}
	return connectors.Identity{ID: me.ID, Name: me.Name}, nil
}

// Check asks whether a track is saved.
func (spotify) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	return request("me/tracks/contains?" + url.Values{"ids": {it.ID}}.Encode()), nil
}

// Liked reads a list of one truth.
func (spotify) Liked(r connectors.Reply) (connectors.Presence, error) {
	if r.Status != http.StatusOK {
		return connectors.Unsure, nil
	}
	var saved []bool
	if err := connectors.Decode(r, &saved); err != nil {
		return connectors.Unsure, err
	}
	switch {
	case len(saved) != 1:
		return connectors.Unsure, fault.New(fault.Malformed, "spotify answered about %d tracks, one was asked about", len(saved))
	case saved[0]:
		return connectors.Liked, nil
	}
	return connectors.Unliked, nil
}
