package subsonic

import (
	"encoding/json"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

func (subsonic) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	body, err := read(r)
	if err != nil {
		return connectors.Page{}, err
	}
	var lists *struct {
		Song, Album, Artist json.RawMessage
	}
	if len(body.Starred) > 0 && body.Starred[0] == '{' {
		err = connectors.Decode(connectors.Reply{Body: body.Starred}, &lists)
	}
	if err != nil || lists == nil {
		return connectors.Page{}, fault.New(fault.Malformed, "the server's reply has no starred2")
	}
	var page connectors.Page
	for _, list := range []struct {
		kind string
		raw  json.RawMessage
	}{{"song", lists.Song}, {"album", lists.Album}, {"artist", lists.Artist}} {
		if list.raw == nil {
			continue // an empty list is left out
		}
		if err := things(q, list.kind).Map(&page, connectors.Many(list.raw)); err != nil {
			return connectors.Page{}, err
		}
	}
	page.Total = len(page.Items) + len(page.Bad)
	return page, nil
}

// things maps the objects of one kind. Their ids are those of one kind only.
func things(q connectors.Query, kind string) connectors.Mapping[thing] {
	return connectors.Mapping[thing]{
		To: func(t thing) (item.Item, error) { return t.item(q.Server, kind) },
		ID: func(raw json.RawMessage) string {
			if id := connectors.RawID(raw, "id"); id != "" {
				return kind + "/" + id
			}
			return ""
		},
		Most: connectors.MostEver,
	}
}

// Remap maps an object from quarantine as Parse does. Its kind shows in what it has.
func (subsonic) Remap(q connectors.Query, raw json.RawMessage) (item.Item, error) {
	var t thing
	if err := connectors.Decode(connectors.Reply{Body: raw}, &t); err != nil {
		return item.Item{}, err
	}
	kind := ""
	switch {
	case t.Title != "":
		kind = "song"
	case t.Songs != nil:
		kind = "album"
	case t.Albums != nil:
		kind = "artist"
	default:
		return item.Item{}, fault.New(fault.Malformed, "the object is neither a song nor an album nor an artist")
	}
	return things(q, kind).One(raw)
}

// thing is a song (Child), an album (AlbumID3) or an artist (ArtistID3).
type thing struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"` // songs
	Name    string   `json:"name"`  // albums and artists
	Artist  string   `json:"artist"`
	Album   string   `json:"album"`
	Genre   string   `json:"genre"`
	Songs   *float64 `json:"songCount"`  // albums
	Albums  *float64 `json:"albumCount"` // artists
	Starred string   `json:"starred"`
}

func (t thing) item(server, kind string) (item.Item, error) {
	if t.ID == "" {
		return item.Item{}, fault.New(fault.Malformed, "no id")
	}
	it := item.Item{
		ID:      kind + "/" + t.ID,
		URL:     server + "/#" + kind + "/" + t.ID,
		Kind:    kind,
		Title:   t.Title,
		Text:    t.Album,
		Author:  item.Author{Name: t.Artist},
		LikedAt: when(t.Starred),
	}
	if it.Title == "" {
		it.Title = t.Name
	}
	if t.Genre != "" {
		it.Tags = []string{t.Genre}
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}

// when reads a time, which some servers write without its zone, UTC.
func when(s string) time.Time {
	if t := connectors.Time(s); !t.IsZero() {
		return t
	}
	return connectors.Time(s + "Z")
}
