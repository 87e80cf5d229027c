package remote

import (
	"context"

	"collector/control"
	"collector/deliver/webhook"
)

// Webhooks are the webhooks of a user, or of all.
func (c *Client) Webhooks(ctx context.Context, user string) ([]control.Webhook, error) {
	var out struct{ Webhooks []control.Webhook }
	err := c.get(ctx, "webhooks", asked("user", user), &out)
	return out.Webhooks, err
}

// wantsWebhook is the body of a wish for a webhook, as web/api reads it.
type wantsWebhook struct {
	User      string   `json:"user,omitempty"`
	URL       string   `json:"url"`
	Query     string   `json:"query,omitempty"`
	Kinds     []string `json:"kinds,omitempty"`
	Private   bool     `json:"private,omitempty"`
	Parallel  int      `json:"parallel,omitempty"`
	PerMinute int      `json:"perMinute,omitempty"`
}

// AddWebhook is control.Panel.AddWebhook, with a check of the address.
func (c *Client) AddWebhook(ctx context.Context, e webhook.Endpoint) (out control.MadeWebhook, err error) {
	err = c.post(ctx, "webhooks/add", wantsWebhook{e.User, e.URL, e.Query, e.Kinds, e.Private, e.Parallel, e.PerMinute}, &out)
	return out, err
}

// ofWebhook is the body of a wish about one webhook.
type ofWebhook struct {
	ID    string `json:"id"`
	Since *int64 `json:"since,omitempty"`
}

// PingWebhook is control.Panel.PingWebhook.
func (c *Client) PingWebhook(ctx context.Context, id string) (out control.PingedWebhook, err error) {
	err = c.post(ctx, "webhooks/test", ofWebhook{ID: id}, &out)
	return out, err
}

// PauseWebhook is control.PauseWebhook.
func (c *Client) PauseWebhook(ctx context.Context, id string, paused bool) error {
	path := "webhooks/resume"
	if paused {
		path = "webhooks/pause"
	}
	return c.post(ctx, path, ofWebhook{ID: id}, &struct{}{})
}

// ReplayWebhook sends again what was given up, and returns how many messages that are.
func (c *Client) ReplayWebhook(ctx context.Context, id string) (int, error) {
	var out struct{ Changed int }
	err := c.post(ctx, "webhooks/replay", ofWebhook{ID: id}, &out)
	return out.Changed, err
}

// RewindWebhook sends all changes after a number again.
func (c *Client) RewindWebhook(ctx context.Context, id string, since int64) error {
	return c.post(ctx, "webhooks/replay", ofWebhook{ID: id, Since: &since}, &struct{}{})
}

// RotateWebhook is control.Panel.RotateWebhook.
func (c *Client) RotateWebhook(ctx context.Context, id string) (out control.RotatedWebhook, err error) {
	err = c.post(ctx, "webhooks/rotate", ofWebhook{ID: id}, &out)
	return out, err
}

// RemoveWebhook is control.Panel.RemoveWebhook.
func (c *Client) RemoveWebhook(ctx context.Context, id string) error {
	return c.post(ctx, "webhooks/remove", ofWebhook{ID: id}, &struct{}{})
}
