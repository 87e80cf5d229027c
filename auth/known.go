package auth

import (
	"collector/auth/providers"
	"collector/auth/providers/bluesky"
	"collector/auth/providers/gitea"
	"collector/auth/providers/github"
	"collector/auth/providers/mastodon"
	"collector/auth/providers/reddit"
	"collector/auth/providers/twitter"
	"collector/auth/providers/raindrop"
)

// Providers are the sign-ins that the program knows, by provider.
func Providers() map[string]providers.Provider {
	return map[string]providers.Provider{
		"bluesky":  bluesky.Provider{},
		"gitea":    gitea.Provider{},
		"github":   github.Provider{},
		"mastodon": mastodon.Provider{},
		"reddit":   reddit.Provider{},
		"twitter":  twitter.Provider{},
		"raindrop": raindrop.Provider{},
	}
}
