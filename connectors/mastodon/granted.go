package mastodon

import (
	"collector/connectors"
	"collector/fault"
)

// beyond are the scopes by what they allow (docs.joinmastodon.org/api/oauth-scopes).
func beyond() []connectors.Power {
	return []connectors.Power{
		{Name: "read", May: "read all of your account, private messages too", Covers: []string{"read:favourites", "read:bookmarks", "read:accounts"}},
		{Name: "profile", May: "read your profile", Covers: []string{"read:accounts"}},
		{Name: "write", May: "post and change everything in your name"},
		{Name: "write:statuses", May: "post in your name"},
		{Name: "write:favourites", May: "favourite in your name"},
		{Name: "write:bookmarks", May: "change your bookmarks"},
		{Name: "write:accounts", May: "change your profile"},
		{Name: "follow", May: "follow and block in your name"},
		{Name: "write:follows", May: "follow in your name"},
		{Name: "push", May: "receive your notifications"},
		{Name: "admin:read", May: "see what administrators see"},
		{Name: "admin:write", May: "administer the server"},
	}
}

// Granted asks what the application behind a token may do. Servers tell it from Mastodon 4.3
// on (GET /api/v1/apps/verify_credentials; from memory).
func (mastodon) Granted(q connectors.Query) (connectors.Request, error) {
	return request(q, "/api/v1/apps/verify_credentials")
}

// Grants reads the scopes that the application was registered for. The token that a server
// shows beside an application has all of them.
func (mastodon) Grants(r connectors.Reply) ([]string, error) {
	var app struct {
		Scopes []string `json:"scopes"`
	}
	if err := connectors.Decode(r, &app); err != nil {
		return nil, err
	}
	if len(app.Scopes) == 0 {
		return nil, fault.New(fault.Gone, "the server does not say what the application may do")
	}
	return app.Scopes, nil
}
