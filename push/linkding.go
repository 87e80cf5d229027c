package push

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Linkding is a linkding server, by its REST API (linkding.link/api). Its POST of an address
// that is there changes that bookmark without a word, so each address is asked for first:
// some one by one, which has the server read each page that it does not know; many by
// reading the lists of all bookmarks once, the archived ones too, and the newest of them
// again and again, since a person adds some meanwhile. It takes the time of a bookmark
// (date_added), although its documentation does not say so; older ones disregard it, so the
// time stands in the notes, too.
type Linkding struct {
	service
	known map[known]bool // what is there
	most  int            // of it that is held
	whole bool           // known are all of them
	asked int            // one by one, or since the newest were read
}

// NewLinkding returns a target.
func NewLinkding(s Server) *Linkding {
	s.Base = strings.TrimSuffix(strings.TrimRight(s.Base, "/"), "/api")
	return &Linkding{service: service{s, "linkding", "Token"}, known: map[known]bool{}, most: linkdingMost}
}

const (
	askedMost      = 20  // addresses that are asked for one by one
	askedAgain     = 50  // addresses after which the newest bookmarks are read again
	linkdingPage   = 100 // bookmarks of a list that are read at once: its default
	linkdingPages  = 10_000
	linkdingMost   = linkdingPages * linkdingPage // bookmarks that are known at a time: a list is a stranger's
	longestLinking = 512                          // characters of a title: its model allows no more
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
	if l.known[knownBy(address)] {
		return true, nil
	}
	l.asked++
	switch {
	case !l.whole && l.asked > askedMost:
		if err := l.readBoth(ctx, linkdingPages); err != nil {
			return false, err
		}
		l.whole, l.asked = true, 0
	case l.whole && l.asked > askedAgain:
		if err := l.readBoth(ctx, 1); err != nil {
			return false, err
		}
		l.asked = 0
	}
	if l.whole {
		return l.known[knownBy(address)], nil
	}
	var found struct {
		Bookmark *linkdingBookmark `json:"bookmark"`
	}
	_, err := l.call(ctx, http.MethodGet, "/api/bookmarks/check/", url.Values{"url": {address}}, nil, &found)
	if err == nil && found.Bookmark != nil {
		l.known[knownBy(address)] = true
	}
	return found.Bookmark != nil, err
}

// readBoth reads so many pages of both lists, which begin with the newest.
func (l *Linkding) readBoth(ctx context.Context, pages int) error {
	for _, list := range []string{"/api/bookmarks/", "/api/bookmarks/archived/"} {
		end, err := l.read(ctx, list, pages)
		if err == nil && !end && pages == linkdingPages {
			err = l.foreign("has a list of bookmarks without an end")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read notes the addresses of a list, and tells whether it was read to its end. Where the
// next page is, is counted and not believed: a link may lead anywhere. What is removed
// meanwhile may hide others from a page, so each page begins one before the end of the last.
func (l *Linkding) read(ctx context.Context, list string, pages int) (end bool, err error) {
	for at := 0; pages > 0; pages-- {
		var found struct {
			Results []linkdingBookmark `json:"results"`
		}
		q := url.Values{"limit": {strconv.Itoa(linkdingPage)}, "offset": {strconv.Itoa(at)}}
		if _, err := l.call(ctx, http.MethodGet, list, q, nil, &found); err != nil {
			return false, err
		}
		for _, b := range found.Results {
			l.known[knownBy(b.URL)] = true
		}
		if len(l.known) > l.most {
			return false, l.foreign("lists more bookmarks than anybody has")
		}
		if len(found.Results) <= 1 {
			return true, nil
		}
		at += len(found.Results) - 1
	}
	return false, nil
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
	in := map[string]any{
		"url": b.URL, "title": short(b.Title, longestLinking), "description": short(b.Text, longestText), "notes": b.Note, "tag_names": tags,
		"unread": false, "shared": false, "is_archived": false,
	}
	if !b.Liked.IsZero() {
		in["date_added"] = b.Liked.Format(time.RFC3339Nano)
	}
	if _, err = l.call(ctx, http.MethodPost, "/api/bookmarks/", q, in, nil); err != nil {
		return false, err
	}
	l.known[knownBy(b.URL)] = true
	return true, nil
}

// known stands for an address that is there, in little room.
type known [16]byte

func knownBy(address string) known {
	sum := sha256.Sum256([]byte(normal(address)))
	return known(sum[:16])
}

// normal is an address as it is compared: two that lead to one bookmark over there are alike.
// A slash at the end does not matter, nor do the order and the spelling of a query.
func normal(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), asciiHost(strings.ToLower(u.Host))
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if pair != "" {
			name, value, _ := strings.Cut(pair, "=")
			pairs = append(pairs, spelled(name)+"="+spelled(value))
		}
	}
	slices.Sort(pairs)
	u.RawQuery, u.ForceQuery = strings.Join(pairs, "&"), false
	return u.String()
}

// spelled writes a part of a query in one way; what is no escape stands for itself.
func spelled(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		s = plain
	}
	return url.QueryEscape(s)
}
