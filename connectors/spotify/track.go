package spotify

import (
	"encoding/json"

	"collector/connectors"
	"collector/item"
)

func tracks() connectors.Mapping[saved] {
	return connectors.Mapping[saved]{
		To: saved.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "track", "id") },
	}
}

// Remap maps an object from quarantine as Parse does.
func (spotify) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return tracks().One(raw)
}

type links struct {
	Spotify string `json:"spotify"`
}

// saved is a saved track.
type saved struct {
	Added string `json:"added_at"`
	Track struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		URLs    links  `json:"external_urls"`
		Artists []struct {
			Name string `json:"name"`
			URLs links  `json:"external_urls"`
		} `json:"artists"`
		Album struct {
			Name     string `json:"name"`
			Released string `json:"release_date"` // a year, a month or a day
			Images   []struct {
				URL string `json:"url"`
			} `json:"images"` // the widest first
		} `json:"album"`
	} `json:"track"`
}

func (s saved) item() (item.Item, error) {
	t := s.Track
	it := item.Item{
		ID:        t.ID,
		URL:       t.URLs.Spotify,
		Kind:      "song",
		Title:     t.Name,
		Text:      t.Album.Name,
		CreatedAt: connectors.Time(t.Album.Released + "T00:00:00Z"), // only a day says when
		LikedAt:   connectors.Time(s.Added),
	}
	if len(t.Artists) > 0 {
		it.Author = item.Author{Name: t.Artists[0].Name, URL: t.Artists[0].URLs.Spotify}
	}
	if len(t.Album.Images) > 0 {
		it.Image = t.Album.Images[0].URL
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}
