// Package item holds what was liked: one value per starred repository,
// favourited post or saved link, in the same shape whatever network it came
// from. An item is one like in one network; the same thing liked through two
// networks is two items that share a canonical URL.
package item

import (
	"encoding/json"
	"time"
)

// Item is one liked thing. ID and URL are always set; the rest may be empty.
// All times are UTC.
type Item struct {
	ID       string   // the service's own id of the liked thing; unique within a network
	URL      string   // absolute http(s) address where a person can see it
	Kind     string   // "repository", "post", "video", "article", …
	Title    string   // one line
	Text     string   // longer text as plain text, as the service gave it
	Author   Author   // who made it
	Image    string   // absolute address of a preview; never fetched
	Tags     []string // topics and hashtags, lower case, in the service's order
	Language string   // programming language or BCP 47 tag of the text
	Private  bool     // private at the service: stays out of feeds and webhooks unless asked for

	CreatedAt time.Time // when the thing was made; zero if unknown
	LikedAt   time.Time // when the user liked it; zero if the service does not say
	LikedFrom Source    // how LikedAt is known

	// Bare says that the list gave only a reference and the content fields
	// (Title … Language, CreatedAt) are still to be filled by a
	// connectors.Hydrator. A Bare item never empties fields filled earlier.
	Bare bool

	// Raw is the service's own object, unchanged. It is kept only where the
	// archive is switched on.
	Raw json.RawMessage
}

// Author made the item. A deleted account gives the zero Author.
type Author struct {
	Name   string // the handle people know: "octocat", "@ada@social.example"
	URL    string // absolute address of the profile
	Avatar string // absolute address of the picture; never fetched
}

// Source says how a like time is known.
type Source string

// The sources of a like time, best first.
const (
	FromAPI       Source = "api"        // the service states it
	FromOrder     Source = "order"      // estimated from the neighbours in a list that is in like order
	FromFirstSeen Source = "first-seen" // the service says nothing: when the collector first stored it
)
