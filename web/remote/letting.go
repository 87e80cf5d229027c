package remote

import (
	"cmp"
	"context"
	"time"

	"collector/control"
	"collector/grant"
	"collector/search/saved"
)

// Someone is who is meant where no user is named: whose token it is, or who is meant at the
// store itself.
func (c *Client) Someone() string { return cmp.Or(c.about.User, control.Someone) }

// Grants are the tokens, feeds, sessions and login links that whoever asks may end, of a user
// where one is named.
func (c *Client) Grants(ctx context.Context, user string) ([]control.Grant, error) {
	var out struct{ Tokens []control.Grant }
	err := c.get(ctx, "tokens", asked("user", user), &out)
	return out.Tokens, err
}

// asksGrant is the body of a wish for a token or a feed, as web/api reads it.
type asksGrant struct {
	User    string        `json:"user,omitempty"`
	Name    string        `json:"name"`
	Scopes  []grant.Scope `json:"scopes,omitempty"`
	For     int           `json:"for,omitempty"`
	Query   string        `json:"q,omitempty"`
	Private bool          `json:"private,omitempty"`
}

// MakeGrant makes a token or a feed, and returns its text, which is shown this once.
func (c *Client) MakeGrant(ctx context.Context, a grant.Ask) (control.Grant, string, error) {
	path, wish := "tokens/add", asksGrant{User: a.User, Name: a.Name, Scopes: a.Scopes, For: int(a.For / time.Second)}
	if a.Kind == grant.Feed {
		path, wish = "feeds/add", asksGrant{User: a.User, Name: a.Name, Query: a.Search, Private: a.Private}
	}
	var out struct {
		control.Grant
		Token string
	}
	err := c.post(ctx, path, wish, &out)
	return out.Grant, out.Token, err
}

// RevokeGrant ends one of what Grants lists; only its id, kind and name are told.
func (c *Client) RevokeGrant(ctx context.Context, id string) (out control.Grant, err error) {
	err = c.post(ctx, "tokens/revoke", map[string]string{"id": id}, &out)
	return out, err
}

// Searches are the saved searches of a user.
func (c *Client) Searches(ctx context.Context, user string) ([]saved.Search, error) {
	var out struct{ Searches []saved.Search }
	err := c.get(ctx, "searches", asked("user", user), &out)
	return out.Searches, err
}

// SaveSearch keeps a search of a user under its name.
func (c *Client) SaveSearch(ctx context.Context, user string, s saved.Search) error {
	return c.post(ctx, "searches/save", map[string]string{"user": user, "name": s.Name, "query": s.Query}, &struct{}{})
}

// RemoveSearch drops a saved search of a user.
func (c *Client) RemoveSearch(ctx context.Context, user, name string) error {
	return c.post(ctx, "searches/remove", map[string]string{"user": user, "name": name}, &struct{}{})
}
