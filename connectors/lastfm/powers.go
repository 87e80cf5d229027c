package lastfm

import (
	"net/http"
	"net/url"
	"strings"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

// Fault reads the number of an error, which tells more than the status, 200 among
// them. The words beside it are for people.
func (lastfm) Fault(r connectors.Reply) error {
	var body struct {
		Code    int    `json:"error"`
		Message string `json:"message"`
	}
	if connectors.Decode(r, &body) != nil || body.Code == 0 {
		return nil
	}
	e := fault.New(fault.Malformed, "Last.fm says: %s (error %d)", connectors.Cut(connectors.Line(body.Message), 200), body.Code)
	e.Status, e.Whose, e.Next = r.Status, "lastfm", "report it with the output of collector explain"
	switch body.Code {
	case 8, 11, 16: // failed, offline, for the moment
		e.Kind, e.Next = fault.Temporary, "nothing: the collector tries again"
	case 29:
		e.Kind, e.Next = fault.RateLimited, "nothing: the collector waits and goes on"
	case 4, 9, 10, 13, 14, 15:
		e.Kind, e.Whose, e.Next = fault.Unauthorized, "you", "copy the API key from https://www.last.fm/api/accounts, then: collector connect lastfm"
	case 26:
		e.Kind, e.Whose, e.Next = fault.Forbidden, "you", "the API key is suspended: make another at https://www.last.fm/api/account/create"
	case 17:
		e.Kind, e.Whose, e.Next = fault.Forbidden, "you", "show your recent listening to everybody, in the privacy settings of Last.fm"
	case 6:
		e.Kind, e.Whose, e.Next = fault.Gone, "you", "check the user's name: collector connect lastfm --param user=NAME"
	}
	return e
}

// WhoAmI asks for the user whose loves are read.
func (lastfm) WhoAmI(q connectors.Query) (connectors.Request, error) {
	return request(q, "user.getinfo", url.Values{"user": {q.Params["user"]}})
}

// Identity reads the user's name, whose case Last.fm does not mind.
func (lastfm) Identity(r connectors.Reply) (connectors.Identity, error) {
	var body struct {
		User struct {
			Name string `json:"name"`
		} `json:"user"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Identity{}, err
	}
	if body.User.Name == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "Last.fm did not describe the user")
	}
	return connectors.Identity{ID: strings.ToLower(body.User.Name), Name: body.User.Name}, nil
}

// Check asks whether the user loves a track.
func (lastfm) Check(q connectors.Query, it item.Item) (connectors.Request, error) {
	if it.Author.Name == "" || it.Title == "" {
		return connectors.Request{}, fault.New(fault.Bug, "lastfm: %q has no artist or no title", it.ID)
	}
	return request(q, "track.getinfo", url.Values{"artist": {it.Author.Name}, "track": {it.Title}, "username": {q.Params["user"]}})
}

// Liked reads userloved. A track that is not found proves nothing: its name may
// have been corrected.
func (lastfm) Liked(r connectors.Reply) (connectors.Presence, error) {
	if r.Status != http.StatusOK {
		return connectors.Unsure, nil
	}
	var body struct {
		Code  int `json:"error"`
		Track struct {
			Loved string `json:"userloved"`
		} `json:"track"`
	}
	switch err := connectors.Decode(r, &body); {
	case err != nil:
		return connectors.Unsure, err
	case body.Code != 0:
		return connectors.Unsure, nil
	case body.Track.Loved == "1":
		return connectors.Liked, nil
	case body.Track.Loved == "0":
		return connectors.Unliked, nil
	}
	return connectors.Unsure, fault.New(fault.Malformed, "Last.fm does not say whether the track is loved")
}
