package push

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Karakeep is a Karakeep server, by its API of version 1 (docs.karakeep.app/api). Its POST
// compares addresses sign by sign, so check-url is asked first, which disregards a slash at
// the end; it disregards what stands behind #, too, so the bookmark that it names is looked
// at. POST answers 201 for a new link and 200 with the one that is there, which stays as it is
// if the new one comes by an import. Tags are attached by a second call. A bookmark of ours
// can be told by its note, so that tags are completed where a push ended in between.
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
	Content struct {
		URL string `json:"url"`
	} `json:"content"`
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
	there, err := k.find(ctx, address)
	return there != nil, err
}

// find returns the bookmark of an address, nil where there is none.
func (k *Karakeep) find(ctx context.Context, address string) (*karakeepBookmark, error) {
	var found struct {
		ID string `json:"bookmarkId"`
	}
	if _, err := k.call(ctx, http.MethodGet, "/api/v1/bookmarks/check-url", url.Values{"url": {address}}, nil, &found); err != nil || found.ID == "" {
		return nil, err
	}
	var there karakeepBookmark
	status, err := k.call(ctx, http.MethodGet, "/api/v1/bookmarks/"+url.PathEscape(found.ID), url.Values{"includeContent": {"false"}}, nil, &there)
	switch {
	case status == http.StatusNotFound: // it was removed a moment ago
		return nil, nil
	case err != nil:
		return nil, err
	}
	_, theirs, _ := strings.Cut(there.Content.URL, "#")
	if _, ours, _ := strings.Cut(address, "#"); ours != theirs {
		return nil, nil
	}
	return &there, nil
}

// Put implements Target.
func (k *Karakeep) Put(ctx context.Context, b Bookmark) (added bool, err error) {
	there, err := k.find(ctx, b.URL)
	if err != nil {
		return false, err
	}
	if there != nil {
		return false, k.complete(ctx, *there, b)
	}
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
	if status != http.StatusCreated || out.Known { // since it was asked for, or behind another #
		return false, k.complete(ctx, out, b)
	}
	return true, k.attach(ctx, out.ID, b.Tags)
}

// complete attaches the tags of a bookmark that is there, if it is ours and has none of them.
func (k *Karakeep) complete(ctx context.Context, there karakeepBookmark, b Bookmark) error {
	if there.Note != note(b) {
		return nil
	}
	for _, t := range there.Tags {
		if slices.Contains(b.Tags, t.Name) {
			return nil
		}
	}
	return k.attach(ctx, there.ID, b.Tags)
}

func (k *Karakeep) attach(ctx context.Context, id string, tags []string) error {
	if len(tags) == 0 || id == "" {
		return nil
	}
	var list []map[string]string
	for _, t := range tags {
		list = append(list, map[string]string{"tagName": t})
	}
	_, err := k.call(ctx, http.MethodPost, "/api/v1/bookmarks/"+url.PathEscape(id)+"/tags", nil, map[string]any{"tags": list}, nil)
	return err
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
