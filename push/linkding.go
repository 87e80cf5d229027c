package push

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Linkding is a linkding server, by its REST API (linkding.link/api). Its POST of an address
// that is there changes that bookmark without a word, so each address is asked for first:
// some one by one, which has the server read each page that it does not know; many by
// reading the lists of all bookmarks once, the archived ones too. The API does not take the
// time of a bookmark (issue 940 there): it is told in the notes.
type Linkding struct {
	service
	known map[string]bool // addresses that are there, by normal
	whole bool            // known are all of them
	asked int
}

// NewLinkding returns a target.
func NewLinkding(s Server) *Linkding {
	s.Base = strings.TrimSuffix(strings.TrimRight(s.Base, "/"), "/api")
	return &Linkding{service: service{s, "linkding", "Token"}, known: map[string]bool{}}
}

const (
	askedMost      = 20  // addresses that are asked for one by one
	linkdingPage   = 100 // bookmarks of a list that are read at once: its default
	linkdingPages  = 10_000
	longestLinking = 512 // characters of a title: its model allows no more
)

type linkdingBookmark struct {
	URL string `json:"url"`
}

// Check implements Target.
func (l *Linkding) Check(ctx context.Context) error {
	var profile struct {
		Theme *string `json:"theme"`
	}
	_, err := l.call(ctx, http.MethodGet, "/api/user/profile/", nil, nil, &profile)
	if err == nil && profile.Theme == nil {
		err = l.foreign("shows no profile")
	}
	return err
}

// Has implements Target.
func (l *Linkding) Has(ctx context.Context, address string) (bool, error) {
	if l.known[normal(address)] || l.whole {
		return l.known[normal(address)], nil
	}
	if l.asked++; l.asked > askedMost {
		for _, list := range []string{"/api/bookmarks/", "/api/bookmarks/archived/"} {
			if err := l.read(ctx, list); err != nil {
				return false, err
			}
		}
		l.whole = true
		return l.known[normal(address)], nil
	}
	var found struct {
		Bookmark *linkdingBookmark `json:"bookmark"`
	}
	_, err := l.call(ctx, http.MethodGet, "/api/bookmarks/check/", url.Values{"url": {address}}, nil, &found)
	if err == nil && found.Bookmark != nil {
		l.known[normal(address)] = true
	}
	return found.Bookmark != nil, err
}

// read notes the addresses of a list. Where the next page is, is counted and not believed:
// a link may lead anywhere. What is removed meanwhile may hide others from a page, so each
// page begins one before the end of the last one, and the list is read to its end.
func (l *Linkding) read(ctx context.Context, list string) error {
	for at, pages := 0, 0; pages < linkdingPages; pages++ {
		var found struct {
			Results []linkdingBookmark `json:"results"`
		}
		q := url.Values{"limit": {strconv.Itoa(linkdingPage)}, "offset": {strconv.Itoa(at)}}
		if _, err := l.call(ctx, http.MethodGet, list, q, nil, &found); err != nil {
			return err
		}
		for _, b := range found.Results {
			l.known[normal(b.URL)] = true
		}
		if len(found.Results) <= 1 {
			return nil
		}
		at += len(found.Results) - 1
	}
	return l.foreign("has a list of bookmarks without an end")
}

// Put implements Target.
func (l *Linkding) Put(ctx context.Context, b Bookmark) (added bool, err error) {
	there, err := l.Has(ctx, b.URL)
	if err != nil || there {
		return false, err
	}
	tags := b.Tags
	if tags == nil {
		tags = []string{}
	}
	q := url.Values{}
	if b.Title != "" { // without a title it may read the page for one
		q.Set("disable_scraping", "true")
	}
	_, err = l.call(ctx, http.MethodPost, "/api/bookmarks/", q, map[string]any{
		"url": b.URL, "title": short(b.Title, longestLinking), "description": short(b.Text, longestText), "notes": b.Note, "tag_names": tags,
		"unread": false, "shared": false, "is_archived": false,
	}, nil)
	if err != nil {
		return false, err
	}
	l.known[normal(b.URL)] = true
	return true, nil
}

// normal is an address as it is compared: two that lead to one bookmark are alike.
func normal(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	u.RawQuery = u.Query().Encode()
	return u.String()
}
