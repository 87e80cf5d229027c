package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"collector/control"
)

// long asks for something that takes as long as it takes.
func (c *Client) long(ctx context.Context, path string, wish, out any) error {
	body, err := json.Marshal(wish)
	if err != nil {
		return fmt.Errorf("writing what is asked for: %w", err)
	}
	return c.send(ctx, http.MethodPost, path, nil, sending{kind: "application/json", body: bytes.NewReader(body)}, out)
}

// PurgeUser deletes everything of a user.
func (c *Client) PurgeUser(ctx context.Context, user string) (out control.PurgedUser, err error) {
	if user == "" { // of a variable that is not set
		return out, control.NothingOf(user)
	}
	err = c.long(ctx, "users/purge", map[string]any{"user": user}, &out)
	return out, err
}

// CleanUsers ends the collecting for users who were not there for a time, or says who they are.
func (c *Client) CleanUsers(ctx context.Context, after time.Duration, dry bool) (out control.Cleaning, err error) {
	seconds := int(after / time.Second)
	if after != 0 && seconds <= 0 { // too short is said there, and not taken for none
		seconds = 1
	}
	err = c.slow(ctx, "users/clean", map[string]any{"inactive": seconds, "dryRun": dry}, &out)
	return out, err
}

// UsersSeen notes that users are there.
func (c *Client) UsersSeen(ctx context.Context, users []string) error {
	return c.post(ctx, "users/seen", map[string]any{"users": users}, &struct{}{})
}
