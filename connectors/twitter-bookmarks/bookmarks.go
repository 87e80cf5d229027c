// Package bookmarks reads the posts a user has bookmarked on X, formerly Twitter.
// They come in the shape of the likes and cost as much, but have a quota of their own
// and are asked for 90 at a time. Package twitter, whose comment says how and why,
// reads both.
//
// API: GET https://api.x.com/2/users/{id}/bookmarks (docs.x.com/x-api/users/get-bookmarks).
package bookmarks

import (
	"collector/connectors"
	"collector/connectors/twitter"
)

// New returns the connector of bookmarks on X.
func New() connectors.Connector { return twitter.Bookmarks() }
