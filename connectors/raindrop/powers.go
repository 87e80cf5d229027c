package raindrop

import (
	"net/http"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// WhoAmI asks whose token it is.
func (raindrop) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("/user"), nil
}

// Identity reads the account's number and its full name, in one word; an account
// without a name is called by its number.
func (raindrop) Identity(r connectors.Reply) (connectors.Identity, error) {
	var body struct {
		User struct {
			ID   int64  `json:"_id"`
			Name string `json:"fullName"`
		} `json:"user"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Identity{}, err
	}
	who := connectors.Identity{ID: connectors.ID(body.User.ID), Name: strings.Join(strings.Fields(connectors.Line(body.User.Name)), "-")}
	if body.User.ID <= 0 {
		return connectors.Identity{}, fault.New(fault.Malformed, "raindrop did not say whose token this is")
	}
	if who.Name == "" {
		who.Name = "user-" + who.ID
	}
	return who, nil
}

// Check asks for one bookmark.
func (raindrop) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	return request("/raindrop/" + url.PathEscape(it.ID)), nil
}

// Liked reads a bookmark: one in the trash, and one that is not there any more,
// was taken back, since nobody but the user throws bookmarks away.
func (raindrop) Liked(r connectors.Reply) (connectors.Presence, error) {
	var body struct {
		Result *bool `json:"result"`
		Item   *struct {
			ID      int64 `json:"_id"`
			Removed *bool `json:"removed"`
		} `json:"item"`
	}
	err := connectors.Decode(r, &body)
	switch {
	case r.Status == http.StatusNotFound && err == nil && body.Result != nil && !*body.Result:
		return connectors.Unliked, nil
	case r.Status == http.StatusNotFound:
		return connectors.Unsure, nil
	case r.Status != http.StatusOK:
		if f := fault.FromStatus("raindrop", r.Status, r.Body); f != nil {
			return connectors.Unsure, f
		}
	case err == nil && body.Item != nil && body.Item.ID > 0 && body.Item.Removed != nil:
		if *body.Item.Removed {
			return connectors.Unliked, nil
		}
		return connectors.Liked, nil
	}
	return connectors.Unsure, fault.New(fault.Malformed, "raindrop answered a check with %d and no bookmark", r.Status)
}
