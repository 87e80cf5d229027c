package lastfm

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

func (l lastfm) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	at, err := connectors.PlaceOf(l.Info(), q)
	if err != nil {
		return connectors.Page{}, err
	}
	var body struct {
		Loved struct {
			Track json.RawMessage `json:"track"`
			Attr  json.RawMessage `json:"@attr"`
		} `json:"lovedtracks"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Page{}, err
	}
	var said struct{ page, pages, size, total int }
	for name, n := range map[string]*int{"page": &said.page, "totalPages": &said.pages, "perPage": &said.size, "total": &said.total} {
		if *n, err = strconv.Atoi(connectors.RawID(body.Loved.Attr, name)); err != nil || *n < 0 {
			return connectors.Page{}, fault.New(fault.Malformed, "the reply does not say its %s", name)
		}
	}
	if said.page != at.Page() || said.size == 0 || at.Size > 0 && said.size != at.Size {
		return connectors.Page{}, fault.New(fault.Malformed, "page %d was asked for, and page %d of %d each came", at.Page(), said.page, said.size)
	}
	page := connectors.Page{Total: said.total, Pages: said.pages}
	if len(body.Loved.Track) > 0 || said.page <= said.pages {
		if err := tracks().Map(&page, connectors.Many(body.Loved.Track)); err != nil {
			return connectors.Page{}, err
		}
	}
	if len(page.Items)+len(page.Bad) == 0 && said.page <= said.pages {
		return connectors.Page{}, fault.New(fault.Malformed, "page %d of %d is empty", said.page, said.pages)
	}
	at.Onward(&page, said.size, said.total, false)
	return page, nil
}

func tracks() connectors.Mapping[track] {
	return connectors.Mapping[track]{
		To: track.item,
		ID: func(raw json.RawMessage) string {
			return trackID(connectors.RawID(raw, "artist", "name"), connectors.RawID(raw, "name"))
		},
	}
}

// Remap maps an object from quarantine as Parse does.
func (lastfm) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return tracks().One(raw)
}

// track is a loved track.
type track struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Artist struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"artist"`
	Date  json.RawMessage `json:"date"`
	Image []struct {
		Text string `json:"#text"`
	} `json:"image"` // the largest last
}

// noImage is in the address of the star that stands for no picture.
const noImage = "2a96cbd8b46e442fc41c2b86b821562f"

func (t track) item() (item.Item, error) {
	it := item.Item{
		ID:     trackID(t.Artist.Name, t.Name),
		URL:    t.URL,
		Kind:   "song",
		Title:  t.Name,
		Author: item.Author{Name: t.Artist.Name, URL: t.Artist.URL},
	}
	if n := len(t.Image); n > 0 && !strings.Contains(t.Image[n-1].Text, noImage) {
		it.Image = t.Image[n-1].Text
	}
	if n, err := strconv.ParseInt(connectors.RawID(t.Date, "uts"), 10, 64); err == nil && n > 0 {
		it.LikedAt = connectors.Time(time.Unix(min(n, 1<<40), 0).UTC().Format(time.RFC3339))
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}

func trackID(artist, name string) string {
	if artist == "" || name == "" {
		return ""
	}
	return artist + "/_/" + name
}
