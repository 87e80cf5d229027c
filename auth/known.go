package auth

import (
	"collector/auth/providers"
	"collector/auth/providers/bluesky"
	"collector/auth/providers/gitea"
	"collector/auth/providers/github"
	"collector/auth/providers/gitlab"
	"collector/auth/providers/mastodon"
	"collector/auth/providers/raindrop"
	"collector/auth/providers/reddit"
	"collector/auth/providers/spotify"
	"collector/auth/providers/twitter"
	"collector/auth/providers/youtube"
)

// Providers are the sign-ins that the program knows, by provider.
func Providers() map[string]providers.Provider {
	return map[string]providers.Provider{
		"bluesky":  bluesky.Provider{},
		"gitea":    gitea.Provider{},
		"github":   github.Provider{},
		"gitlab":   gitlab.Provider{},
		"mastodon": mastodon.Provider{},
		"raindrop": raindrop.Provider{},
		"reddit":   reddit.Provider{},
		"twitter":  twitter.Provider{},
		"spotify":  spotify.Provider{},
		"youtube":  youtube.Provider{},
	}
}
