package control

import (
	"errors"
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

// GrantProblem says what helps where somebody asked for what cannot be.
func GrantProblem(err error) error {
	switch {
	case errors.Is(err, grant.ErrUnknown):
		return you(Unknown, "collector tokens list   shows the ids", "%w", err)
	case errors.Is(err, grant.ErrRefused):
		return you(Forbidden, "sign in with a browser, or ask for a token with the scope that is missing", "%w", err)
	case errors.Is(err, grant.ErrMany):
		return you(Wrong, "collector tokens list   shows them, `collector tokens revoke ID` ends one", "%w", err)
	case errors.Is(err, grant.ErrScope), errors.Is(err, grant.ErrAsk):
		return you(Wrong, "collector tokens add --help", "%w", err)
	}
	return err
}

// ScopeNames are scopes as texts.
func ScopeNames(scopes []grant.Scope) []string {
	out := []string{}
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return out
}
