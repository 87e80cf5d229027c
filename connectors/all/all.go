// Package all is the explicit list of connectors. Adding a service is one line
// here; nothing registers itself.
package all

import (
	"collector/connectors"
	"collector/connectors/bluesky"
	blueskybookmarks "collector/connectors/bluesky-bookmarks"
	"collector/connectors/forem"
	"collector/connectors/gist"
	"collector/connectors/gitea"
	"collector/connectors/github"
	"collector/connectors/gitlab"
	"collector/connectors/huggingface"
	"collector/connectors/lastfm"
	"collector/connectors/mastodon"
	mastodonbookmarks "collector/connectors/mastodon-bookmarks"
	"collector/connectors/pinboard"
	"collector/connectors/raindrop"
	"collector/connectors/reddit"
	redditupvoted "collector/connectors/reddit-upvoted"
	"collector/connectors/spotify"
	"collector/connectors/stackexchange"
	"collector/connectors/subsonic"
	"collector/connectors/twitter"
	twitterbookmarks "collector/connectors/twitter-bookmarks"
	"collector/connectors/vimeo"
	"collector/connectors/youtube"
)

// Connectors returns every connector, in order of name.
func Connectors() []connectors.Connector {
	return []connectors.Connector{
		bluesky.New(),
		blueskybookmarks.New(),
		forem.New(),
		gist.New(),
		gitea.New(),
		github.New(),
		gitlab.New(),
		huggingface.New(),
		lastfm.New(),
		mastodon.New(),
		mastodonbookmarks.New(),
		pinboard.New(),
		raindrop.New(),
		reddit.New(),
		redditupvoted.New(),
		spotify.New(),
		stackexchange.New(),
		subsonic.New(),
		twitter.New(),
		twitterbookmarks.New(),
		vimeo.New(),
		youtube.New(),
	}
}
