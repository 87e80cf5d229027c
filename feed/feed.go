// Package feed writes a list of likes as Atom 1.0 (RFC 4287), RSS 2.0 (rssboard.org) or
// JSON Feed 1.1 (jsonfeed.org), and serves such lists under secret addresses.
//
// A feed is read by programs that remember: what an entry is called must stay the same for
// as long as the like is kept, so its id is a tag: URI (RFC 4151) of the network and the
// item, and holds no address that could move. A feed goes further than a page does: so
// what is private at its service is left out unless asked for, likes that were taken back
// always are, and titles from a simulated store say what they are.
//
// Everything in an item was written by strangers. It is text here, never markup: each
// format escapes it once more than it would need to where readers take text for HTML.
package feed

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"collector/item"
	"collector/store"
)

// Authority is the first part of all ids, where whoever runs the collector gives no name
// of his own: a name that is nobody's (RFC 2606), and a year in which it was.
const Authority = "collector.invalid,2026"

// mark begins the titles of what comes from a simulated store.
const mark = "[simulated] "

// Options say what a feed is.
type Options struct {
	Title     string
	Author    string // whose likes they are
	Name      string // what the feed is called within its Authority, always the same
	Home      string // http(s) address of a page that shows the same
	Authority string // "domain,year" of RFC 4151; "" is Authority
	Private   bool   // also what is private at its service
	Simulated bool   // the store is simulated: titles say so
}

// Feed is a list of entries, the newest first.
type Feed struct {
	ID, Title, Author, Home string
	Updated                 time.Time // the newest time that an entry has; the Unix epoch of an empty feed
	Entries                 []Entry
}

// Entry is one like in a feed. Its texts hold nothing that XML cannot.
type Entry struct {
	ID     string
	URL    string // http or https; "" where the item has no such address
	Title  string // one line, never empty
	Text   string // never empty
	Author item.Author
	Image  string // http or https, or ""
	Tags   []string
	Liked  time.Time // when it was liked, or first seen where nobody knows
}

// Of makes a feed of items. It leaves out what may not be in it, whatever was searched for.
func Of(items []store.Liked, o Options) Feed {
	authority := cmp.Or(o.Authority, Authority)
	f := Feed{ID: tag(authority, "feed", o.Name), Title: cmp.Or(clean(o.Title), "Likes"), Author: cmp.Or(oneLine(o.Author), "collector"), Home: o.Home, Updated: time.Unix(0, 0).UTC()}
	if o.Simulated {
		f.Title = mark + f.Title
	}
	for _, it := range items {
		if !it.RemovedAt.IsZero() || it.Private && !o.Private {
			continue
		}
		e := entry(it, authority)
		if o.Simulated {
			e.Title = mark + e.Title
		}
		f.Entries = append(f.Entries, e)
		for _, at := range []time.Time{e.Liked, it.FirstSeenAt} { // what was found late is news, too
			if at = at.UTC(); at.After(f.Updated) {
				f.Updated = at
			}
		}
	}
	slices.SortStableFunc(f.Entries, func(a, b Entry) int { return b.Liked.Compare(a.Liked) })
	return f
}

func entry(it store.Liked, authority string) Entry {
	e := Entry{
		ID: tag(authority, it.NetworkID, it.ID), URL: web(it.URL), Title: oneLine(it.Title), Text: clean(it.Text), Image: web(it.Image),
		Author: item.Author{Name: oneLine(it.Author.Name), URL: web(it.Author.URL), Avatar: web(it.Author.Avatar)},
		Liked:  it.LikedAt.UTC(),
	}
	if it.LikedAt.IsZero() {
		e.Liked = it.FirstSeenAt.UTC()
	}
	if e.Liked.IsZero() {
		e.Liked = time.Unix(0, 0).UTC()
	}
	e.Title = cmp.Or(e.Title, short(oneLine(e.Text), titleLength), e.URL, "(untitled)")
	e.Text = cmp.Or(e.Text, e.Title)
	for _, t := range it.Tags {
		if t = oneLine(t); t != "" && !slices.Contains(e.Tags, t) {
			e.Tags = append(e.Tags, t)
		}
	}
	return e
}

// tag is a tag: URI. Its parts are escaped, so that what strangers call their things
// cannot be another thing's id.
func tag(authority string, parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ":", "%3A")
	}
	return "tag:" + authority + ":" + strings.Join(parts, "/")
}
