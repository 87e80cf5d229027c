package control

import (
	"time"

	"collector/control/words"
	"collector/grant"
)

// Grant is a token, a feed, a session or a login link, without what lets anybody in.
type Grant struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"` // "token", "feed", "session", "login"
	User    string     `json:"user"` // "" for all users
	Name    string     `json:"name"`
	Scopes  []string   `json:"scopes"`
	Search  string     `json:"search,omitempty"`  // of a feed
	Private bool       `json:"private,omitempty"` // of a feed
	By      string     `json:"by,omitempty"`      // the token that made a feed
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires"` // null for never
	Used    *time.Time `json:"used"`    // to an hour; null for never
}

// GrantOf is what is shown of a grant.
func GrantOf(r grant.Record) Grant {
	return Grant{
		ID: r.ID, Kind: string(r.Kind), User: r.User, Name: r.Name, Scopes: ScopeNames(r.Scopes), Search: r.Search, Private: r.Private, By: r.By,
		Created: *words.Stamp(r.CreatedAt), Expires: words.Stamp(r.Until()), Used: words.Stamp(r.UsedAt),
	}
}

// ScopeNames are scopes as texts.
func ScopeNames(scopes []grant.Scope) []string {
	out := []string{}
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return out
}
