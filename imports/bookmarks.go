package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bookmark files go back to Netscape, and every browser and bookmark service writes
// them: <DT><A HREF ADD_DATE TAGS PRIVATE>title</A> with a note in the <DD> behind it,
// in folders <DT><H3>name</H3><DL>…</DL>. Tags of Firefox and Pinboard are parted by
// commas; folders become tags too, but for the browser's own (its toolbar, its list of
// the unsorted). A file that a browser writes holds its icons in each line.

func bookmarkList() List { return List{Service: "bookmarks"} }

func bookmarks() Format {
	return Format{
		Name: "bookmarks", Title: "a bookmark file",
		Find: func(parts []Part) ([]Part, error) {
			return choose(parts, func(p Part) bool {
				return p.has(".html", ".htm") && strings.Contains(strings.ToUpper(p.head()), "NETSCAPE-BOOKMARK-FILE")
			}), nil
		},
		Read: func(_ context.Context, parts []Part, fn func(Entry) error) error {
			for _, p := range parts {
				if err := readBookmarks(p, fn); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// shelf is where in a bookmark file its reader is.
type shelf struct {
	page    *page
	name    string
	n       int
	folders []string // names from the outermost inwards; "" for one of the browser's own
	opening string   // name of the folder whose list comes next
	held    *Entry   // a bookmark whose note may follow
}

func readBookmarks(p Part, fn func(Entry) error) error {
	page, err := p.page()
	if err != nil {
		return fn(failed(bookmarkList(), p.Name, "%w", err))
	}
	defer page.close() // it was only read
	s := &shelf{page: page, name: p.Base()}
	for {
		t, err := page.next()
		if err != nil {
			if err := s.done(fn); err != nil || errors.Is(page.z.Err(), io.EOF) {
				return err
			}
			return fn(failed(bookmarkList(), p.Base(), "after entry %d it cannot be read: %w", s.n, err))
		}
		if err := s.see(t, fn); err != nil {
			return err
		}
	}
}

// see takes one tag.
func (s *shelf) see(t html.Token, fn func(Entry) error) error {
	begins, ends := t.Type == html.StartTagToken, t.Type == html.EndTagToken
	switch {
	case begins && t.DataAtom == atom.H3:
		if err := s.done(fn); err != nil {
			return err
		}
		name := s.page.text(atom.H3)
		if attr(t, "personal_toolbar_folder") == "true" || attr(t, "unfiled_bookmarks_folder") == "true" {
			name = ""
		}
		s.opening = name
	case begins && t.DataAtom == atom.Dl:
		if len(s.folders) < 1000 { // deeper than any person sorts
			s.folders = append(s.folders, s.opening)
		}
		s.opening = ""
	case ends && t.DataAtom == atom.Dl:
		s.folders = s.folders[:max(0, len(s.folders)-1)]
	case begins && t.DataAtom == atom.A:
		if err := s.done(fn); err != nil {
			return err
		}
		s.n++
		where := fmt.Sprintf("%s, entry %d", s.name, s.n)
		title := s.page.text(atom.A)
		words := append(strings.Split(attr(t, "tags"), ","), s.folders...)
		e := saved(bookmarkList(), "link", where, attr(t, "href"), title, attr(t, "add_date"), slices.DeleteFunc(words, func(w string) bool { return w == "" }))
		e.Item.Private = attr(t, "private") == "1"
		s.held = &e
	case begins && t.DataAtom == atom.Dd && s.held != nil:
		s.held.Item.Text = strings.TrimSpace(s.page.text(atom.Dd))
		return s.done(fn)
	}
	return nil
}

// done hands over the bookmark that waited for its note.
func (s *shelf) done(fn func(Entry) error) error {
	if s.held == nil {
		return nil
	}
	e := *s.held
	s.held = nil
	return fn(e)
}
