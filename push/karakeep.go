package push

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Karakeep is a Karakeep server, by its API of version 1 (docs.karakeep.app/api): POST
// /bookmarks answers 201 for a new link and 200 with the one that is there; links that came
// by an import leave that one as it is. Tags are attached by a second call. A bookmark of
// ours can be told by its note, so that tags are completed where a push ended in between.
type Karakeep struct{ service }

// NewKarakeep returns a target.
func NewKarakeep(s Server) *Karakeep {
	s.Base = strings.TrimSuffix(strings.TrimRight(s.Base, "/"), "/api/v1")
	return &Karakeep{service{s, "Karakeep", "Bearer"}}
}

// longestKarakeep are characters of a title: its schema allows 1,000 units of UTF-16, of
// which a character has two at most.
const longestKarakeep = 500

type karakeepBookmark struct {
	ID    string `json:"id"`
	Note  string `json:"note"`
	Known bool   `json:"alreadyExists"` // of older servers, which answer 201 either way
	Tags  []struct {
		Name string `json:"name"`
	} `json:"tags"`
}

// Check implements Target.
func (k *Karakeep) Check(ctx context.Context) error {
	var who struct {
		ID string `json:"id"`
	}
	_, err := k.call(ctx, http.MethodGet, "/api/v1/users/me", nil, nil, &who)
	if err == nil && who.ID == "" {
		err = k.foreign("does not say whose the token is")
	}
	return err
}

// Has implements Target.
func (k *Karakeep) Has(ctx context.Context, address string) (bool, error) {
	var found struct {
		ID string `json:"bookmarkId"`
	}
	_, err := k.call(ctx, http.MethodGet, "/api/v1/bookmarks/check-url", url.Values{"url": {address}}, nil, &found)
	return found.ID != "", err
}

// Put implements Target.
func (k *Karakeep) Put(ctx context.Context, b Bookmark) (added bool, err error) {
	in := map[string]any{"type": "link", "url": b.URL, "source": "import", "crawlPriority": "low", "note": note(b)}
	if b.Title != "" {
		in["title"] = short(b.Title, longestKarakeep)
	}
	if !b.Liked.IsZero() {
		in["createdAt"] = b.Liked.Format(time.RFC3339Nano)
	}
	var out karakeepBookmark
	status, err := k.call(ctx, http.MethodPost, "/api/v1/bookmarks", nil, in, &out)
	if err != nil {
		return false, err
	}
	added = status == http.StatusCreated && !out.Known
	ours := out.Note == note(b) && !slices.ContainsFunc(out.Tags, func(t struct {
		Name string `json:"name"`
	},
	) bool {
		return slices.Contains(b.Tags, t.Name)
	})
	if len(b.Tags) == 0 || out.ID == "" || !added && !ours {
		return added, nil
	}
	var tags []map[string]string
	for _, t := range b.Tags {
		tags = append(tags, map[string]string{"tagName": t})
	}
	_, err = k.call(ctx, http.MethodPost, "/api/v1/bookmarks/"+url.PathEscape(out.ID)+"/tags", nil, map[string]any{"tags": tags}, nil)
	return added, err
}

// note is the text of a like and where it comes from.
func note(b Bookmark) string {
	if b.Text == "" {
		return b.Note
	}
	return short(b.Text, longestText) + "\n\n" + b.Note
}

// longestText in characters that a note or a description gets.
const longestText = 5000
