package pinboard

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Fault reads 403 as 401: both mean a token that was reset. Neither proves it, so
// a second try is owed.
func (pinboard) Fault(r connectors.Reply) error {
	e := fault.FromStatus("pinboard", r.Status, r.Body)
	if e == nil {
		return nil
	}
	if r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden {
		e.Kind, e.Whose = fault.Unauthorized, "you"
		e.Next = "copy the present token from https://pinboard.in/settings/password, then: collector connect pinboard"
	}
	return e
}

// WhoAmI asks for the newest bookmark, beside which the user's name stands.
func (pinboard) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("recent", url.Values{"count": {"1"}}, "calls", "recent"), nil
}

// Identity reads the user's name, which is all that Pinboard tells.
func (pinboard) Identity(r connectors.Reply) (connectors.Identity, error) {
	var body struct {
		User string `json:"user"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Identity{}, err
	}
	if body.User == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "pinboard did not say whose token this is")
	}
	return connectors.Identity{ID: body.User, Name: body.User}, nil
}

// Check asks for the bookmark of an address. The service knows no other name for it,
// and the id of a bookmark is the MD5 of its address: an item whose address is another
// one, as an import may have brought it, is not asked for, since the answer would be
// that there is none.
func (pinboard) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	if sum := md5.Sum([]byte(it.URL)); hex.EncodeToString(sum[:]) != it.ID {
		return connectors.Request{}, fmt.Errorf("%s is not the address of the bookmark %s at Pinboard", it.URL, it.ID)
	}
	return request("get", url.Values{"url": {it.URL}}, "calls"), nil
}

// Liked reads the answer: a list of one bookmark, or of none.
func (pinboard) Liked(r connectors.Reply) (connectors.Presence, error) {
	if r.Status != http.StatusOK {
		return connectors.Unsure, nil
	}
	var body struct {
		User  string            `json:"user"`
		Posts []json.RawMessage `json:"posts"`
	}
	switch err := connectors.Decode(r, &body); {
	case err != nil:
		return connectors.Unsure, err
	case body.User == "" || body.Posts == nil:
		return connectors.Unsure, fault.New(fault.Malformed, "pinboard's answer has no list of bookmarks")
	case len(body.Posts) == 0:
		return connectors.Unliked, nil
	}
	return connectors.Liked, nil
}
