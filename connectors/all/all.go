// Package all is the explicit list of connectors. Adding a service is one line
// here; nothing registers itself.
package all

import (
	"collector/connectors"
	"collector/connectors/bluesky"
	"collector/connectors/gist"
	"collector/connectors/gitea"
	blueskybookmarks "collector/connectors/bluesky-bookmarks"
	"collector/connectors/github"
	"collector/connectors/mastodon"
	mastodonbookmarks "collector/connectors/mastodon-bookmarks"
	"collector/connectors/reddit"
	redditupvoted "collector/connectors/reddit-upvoted"
)

// Connectors returns every connector, in order of name.
func Connectors() []connectors.Connector {
	return []connectors.Connector{
		bluesky.New(),
		gist.New(),
		gitea.New(),
		blueskybookmarks.New(),
		github.New(),
		mastodon.New(),
		mastodonbookmarks.New(),
		reddit.New(),
		redditupvoted.New(),
	}
}
