// Package upvoted reads the posts a user has upvoted on Reddit. The list is paged
// and written like that of what was saved, but it is in the order in which the posts
// were submitted, so every poll reads all of it. Package reddit, whose comment says
// how, reads both.
//
// API: GET https://oauth.reddit.com/user/{name}/upvoted
// (www.reddit.com/dev/api/oauth#GET_user_{username}_upvoted).
package upvoted

import (
	"collector/connectors"
	"collector/connectors/reddit"
)

// New returns the connector of upvoted posts.
func New() connectors.Connector { return reddit.Upvoted() }
