package remote

import (
	"context"

	"collector/control"
)

// chosen is the body of a wish, as web/api reads it.
type chosen struct {
	User           string   `json:"user,omitempty"`
	Networks       []string `json:"networks,omitempty"`
	All            bool     `json:"all,omitempty"`
	Full           bool     `json:"full,omitempty"`
	AcceptRemovals bool     `json:"acceptRemovals,omitempty"`
}

func (c *Client) wish(ctx context.Context, path string, w chosen) (done []control.Done, works bool, err error) {
	var out struct {
		Networks []control.Done
		Works    bool
	}
	err = c.post(ctx, path, w, &out)
	return out.Networks, out.Works, err
}

// Sync is control.Panel.Sync, and whether a collector runs that does it.
func (c *Client) Sync(ctx context.Context, w control.Wish, full bool) (done []control.Done, works bool, err error) {
	return c.wish(ctx, "sync", chosen{User: w.User, Networks: w.Networks, All: w.All, Full: full})
}

// AcceptRemovals is control.Panel.AcceptRemovals, and whether a collector runs that does it.
func (c *Client) AcceptRemovals(ctx context.Context, w control.Wish) (done []control.Done, works bool, err error) {
	return c.wish(ctx, "sync", chosen{User: w.User, Networks: w.Networks, AcceptRemovals: true})
}

// SetPaused is control.Panel.SetPaused.
func (c *Client) SetPaused(ctx context.Context, w control.Wish, paused bool) ([]control.Done, error) {
	path := "resume"
	if paused {
		path = "pause"
	}
	done, _, err := c.wish(ctx, path, chosen{User: w.User, Networks: w.Networks, All: w.All})
	return done, err
}

// Remove is control.Panel.Remove.
func (c *Client) Remove(ctx context.Context, w control.Removing) (out control.Removed, err error) {
	err = c.slow(ctx, "accounts/remove", map[string]any{"user": w.User, "network": w.Network, "purge": w.Purge, "dryRun": w.DryRun}, &out)
	return out, err
}
