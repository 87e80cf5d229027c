package subsonic

import (
	"encoding/json"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// response is what each reply holds.
type response struct {
	Status string `json:"status"` // ok, failed
	Error  struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Starred json.RawMessage `json:"starred2"`
	User    struct {
		Name string `json:"username"`
	} `json:"user"`
	Song, Album, Artist *thing
}

// read opens a reply that is no failure.
func read(r connectors.Reply) (response, error) {
	var body struct {
		Response response `json:"subsonic-response"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return response{}, err
	}
	if body.Response.Status != "ok" {
		return response{}, fault.New(fault.Malformed, "the reply is not one of the Subsonic API")
	}
	return body.Response, nil
}

// The numbers of errors that say more than that it did not work.
const (
	serverTooOld  = 30
	wrongPassword = 40
	noTokens      = 41 // salted tokens, for users of LDAP
	otherSignIn   = 42
	notAllowed    = 50
	trialOver     = 60
	notFound      = 70
)

// Fault reads the errors inside a reply of status 200. The words beside the number
// are for people.
func (subsonic) Fault(r connectors.Reply) error {
	var body struct {
		Response struct {
			Status string `json:"status"`
			Error  struct {
				Code    int    `json:"code"`
				Message string `json:"message"`
			} `json:"error"`
		} `json:"subsonic-response"`
	}
	if connectors.Decode(r, &body) != nil || body.Response.Status != "failed" {
		return nil
	}
	failed := body.Response.Error
	e := fault.New(fault.Malformed, "the music server says: %s (error %d)", connectors.Cut(connectors.Line(failed.Message), 200), failed.Code)
	e.Status, e.Whose, e.Next = r.Status, "the music server", "report it with the output of collector explain"
	switch failed.Code {
	case wrongPassword:
		e.Kind, e.Whose, e.Next = fault.Unauthorized, "you", "give the user name and password of the music server: collector connect subsonic"
	case noTokens, otherSignIn, serverTooOld:
		e.Kind, e.Whose, e.Next = fault.Forbidden, "you", "connect again with --param plain=yes: the server takes the password alone"
	case notAllowed, trialOver:
		e.Kind, e.Whose, e.Next = fault.Forbidden, "you", "ask who runs the music server to allow it"
	case notFound:
		e.Kind, e.Whose, e.Next = fault.Gone, "you", "see on the music server whether it still exists"
	}
	return e
}

// WhoAmI asks about the user who signs in.
func (subsonic) WhoAmI(q connectors.Query) (connectors.Request, error) {
	return request(q, "getUser", url.Values{"username": {connectors.Secret("identifier")}})
}

// Identity reads the user's name as the server spells it, which is all it has.
func (subsonic) Identity(r connectors.Reply) (connectors.Identity, error) {
	body, err := read(r)
	if err != nil {
		return connectors.Identity{}, err
	}
	if body.User.Name == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "the music server did not say who signed in")
	}
	return connectors.Identity{ID: body.User.Name, Name: body.User.Name}, nil
}

// Check asks for the song, the album or the artist.
func (subsonic) Check(q connectors.Query, it item.Item) (connectors.Request, error) {
	kind, id, _ := strings.Cut(it.ID, "/")
	method := map[string]string{"song": "getSong", "album": "getAlbum", "artist": "getArtist"}[kind]
	if method == "" || id == "" {
		return connectors.Request{}, fault.New(fault.Bug, "subsonic: %q names no song, album or artist", it.ID)
	}
	return request(q, method, url.Values{"id": {id}})
}

// Liked reads whether it is starred.
func (s subsonic) Liked(r connectors.Reply) (connectors.Presence, error) {
	if f := fault.As(s.Fault(r)); f != nil {
		if f.Kind == fault.Gone {
			return connectors.Gone, nil
		}
		return connectors.Unsure, nil
	}
	body, err := read(r)
	if err != nil {
		return connectors.Unsure, err
	}
	for _, t := range []*thing{body.Song, body.Album, body.Artist} {
		switch {
		case t == nil:
		case t.Starred != "":
			return connectors.Liked, nil
		default:
			return connectors.Unliked, nil
		}
	}
	return connectors.Unsure, fault.New(fault.Malformed, "the music server's answer names nothing")
}
