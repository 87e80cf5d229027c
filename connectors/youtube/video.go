package youtube

import (
	"encoding/json"
	"net/http"
	"net/url"

	"collector/connectors"
	"collector/fault"
	"collector/item"
)

func videos() connectors.Mapping[entry] {
	return connectors.Mapping[entry]{
		To: entry.item,
		ID: func(raw json.RawMessage) string { return connectors.RawID(raw, "snippet", "resourceId", "videoId") },
	}
}

// Remap maps an object from quarantine as Parse does.
func (youtube) Remap(_ connectors.Query, raw json.RawMessage) (item.Item, error) {
	return videos().One(raw)
}

// entry is a video in a playlist.
type entry struct {
	Snippet struct {
		Added       string `json:"publishedAt"` // to the playlist
		Title       string `json:"title"`
		Description string `json:"description"`
		Owner       string `json:"videoOwnerChannelTitle"`
		OwnerID     string `json:"videoOwnerChannelId"`
		Thumbnails  map[string]struct {
			URL string `json:"url"`
		} `json:"thumbnails"`
		Resource struct {
			Video string `json:"videoId"`
		} `json:"resourceId"`
	} `json:"snippet"`
	Status struct {
		Privacy string `json:"privacyStatus"`
	} `json:"status"`
}

func (e entry) item() (item.Item, error) {
	s := e.Snippet
	if s.Resource.Video == "" {
		return item.Item{}, fault.New(fault.Malformed, "no video id")
	}
	it := item.Item{
		ID:      s.Resource.Video,
		URL:     "https://www.youtube.com/watch?v=" + url.QueryEscape(s.Resource.Video),
		Kind:    "video",
		Title:   s.Title,
		Text:    s.Description,
		Author:  item.Author{Name: s.Owner},
		Private: e.Status.Privacy == "private",
		LikedAt: connectors.Time(s.Added),
	}
	if s.OwnerID != "" {
		it.Author.URL = "https://www.youtube.com/channel/" + url.PathEscape(s.OwnerID)
	}
	for _, size := range []string{"high", "medium", "default"} {
		if it.Image == "" {
			it.Image = s.Thumbnails[size].URL
		}
	}
	if !it.LikedAt.IsZero() {
		it.LikedFrom = item.FromAPI
	}
	return it, nil
}

// WhoAmI asks for the user's own channel.
func (youtube) WhoAmI(connectors.Query) (connectors.Request, error) {
	return request("channels", url.Values{"part": {"snippet"}, "mine": {"true"}}), nil
}

// Identity reads the channel's id and title.
func (youtube) Identity(r connectors.Reply) (connectors.Identity, error) {
	var body struct {
		Items []struct {
			ID      string `json:"id"`
			Snippet struct {
				Title string `json:"title"`
			} `json:"snippet"`
		} `json:"items"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Identity{}, err
	}
	if len(body.Items) != 1 || body.Items[0].ID == "" || body.Items[0].Snippet.Title == "" {
		return connectors.Identity{}, fault.New(fault.Malformed, "YouTube did not name the account's channel: an account needs one")
	}
	return connectors.Identity{ID: body.Items[0].ID, Name: body.Items[0].Snippet.Title}, nil
}

// Check asks how the user has rated a video.
func (youtube) Check(_ connectors.Query, it item.Item) (connectors.Request, error) {
	return request("videos/getRating", url.Values{"id": {it.ID}}), nil
}

// Liked reads the rating.
func (youtube) Liked(r connectors.Reply) (connectors.Presence, error) {
	if r.Status != http.StatusOK {
		return connectors.Unsure, nil
	}
	var body struct {
		Items []struct {
			Rating string `json:"rating"`
		} `json:"items"`
	}
	if err := connectors.Decode(r, &body); err != nil {
		return connectors.Unsure, err
	}
	if len(body.Items) != 1 {
		return connectors.Unsure, fault.New(fault.Malformed, "YouTube did not say how the video is rated")
	}
	switch body.Items[0].Rating {
	case "like":
		return connectors.Liked, nil
	case "none", "dislike":
		return connectors.Unliked, nil
	}
	return connectors.Unsure, nil
}
