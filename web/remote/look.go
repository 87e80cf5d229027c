package remote

import (
	"context"
	"net/url"
	"strconv"

	"collector/control"
)

// asked is a question of parameters; those that are empty are left out.
func asked(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// Status is control.Panel.Status, of one network where one is named.
func (c *Client) Status(ctx context.Context, user, network string) (out control.Status, err error) {
	err = c.get(ctx, "status", asked("user", user, "network", network), &out)
	return out, err
}

// Accounts is control.Panel.Accounts.
func (c *Client) Accounts(ctx context.Context, user string) ([]control.Account, error) {
	var out struct{ Accounts []control.Account }
	err := c.get(ctx, "accounts", asked("user", user), &out)
	return out.Accounts, err
}

// Explain is control.Panel.Explain.
func (c *Client) Explain(ctx context.Context, user, network string) (out control.Explained, err error) {
	err = c.get(ctx, "explain", asked("user", user, "network", network), &out)
	return out, err
}

// Results is control.Panel.Results.
func (c *Client) Results(ctx context.Context, s control.Search) (out control.Results, err error) {
	err = c.get(ctx, "search", asked("user", s.User, "q", s.Query, "sort", s.Sort, "limit", strconv.Itoa(s.Limit), "after", s.After, "saved", s.Saved), &out)
	return out, err
}

// Changes is control.Panel.ChangesSince.
func (c *Client) Changes(ctx context.Context, user string, since int64, n int) (list []control.Change, next int64, err error) {
	var out struct {
		Changes []control.Change
		Next    int64
	}
	err = c.get(ctx, "changes", asked("user", user, "since", strconv.FormatInt(since, 10), "limit", strconv.Itoa(n)), &out)
	return out.Changes, out.Next, err
}

// LastChange is the number of the newest change.
func (c *Client) LastChange(ctx context.Context) (int64, error) {
	var out struct{ Next int64 }
	err := c.get(ctx, "changes/last", nil, &out)
	return out.Next, err
}

// Config is what the collector runs with; what is secret is hidden.
func (c *Client) Config(ctx context.Context) ([]control.Setting, error) {
	var out struct{ Settings []control.Setting }
	err := c.get(ctx, "config", nil, &out)
	return out.Settings, err
}

// Top is control.Panel.Top.
func (c *Client) Top(ctx context.Context) (out control.Top, err error) {
	err = c.get(ctx, "top", nil, &out)
	return out, err
}
