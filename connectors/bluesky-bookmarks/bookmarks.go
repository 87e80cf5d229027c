// Package bookmarks reads the posts a user has bookmarked on Bluesky. They come
// from the same servers, with the same session and in the same shapes as the likes,
// so package bluesky, whose comment says how they are read, has both.
//
// API: GET /xrpc/app.bsky.bookmark.getBookmarks (lexicon of that name).
package bookmarks

import (
	"collector/connectors"
	"collector/connectors/bluesky"
)

// New returns the connector of Bluesky bookmarks.
func New() connectors.Connector { return bluesky.Bookmarks() }
