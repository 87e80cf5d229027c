// Package bookmarks reads the posts a user has bookmarked on Mastodon, and on
// servers that speak its API. The list is paged, polled and written like that of
// the favourites, so package mastodon, whose comment says how, reads both. Its
// token needs read:bookmarks.
//
// API: GET /api/v1/bookmarks (docs.joinmastodon.org/methods/bookmarks).
package bookmarks

import (
	"collector/connectors"
	"collector/connectors/mastodon"
)

// New returns the connector of Mastodon bookmarks.
func New() connectors.Connector { return mastodon.Bookmarks() }
