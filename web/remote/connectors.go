package remote

import (
	"context"
	"strings"

	"collector/control"
)

// Connectors are the services that the collector can collect.
func (c *Client) Connectors(ctx context.Context) ([]control.Service, error) {
	var out struct{ Connectors []control.Service }
	err := c.get(ctx, "connectors", nil, &out)
	return out.Connectors, err
}

// Connector is all about one of them.
func (c *Client) Connector(ctx context.Context, name string) (out control.Service, err error) {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name == "" || len(name) > 100 { // it would be another address
		return out, control.NoService(name, nil)
	}
	err = c.get(ctx, "connectors/"+name, nil, &out)
	return out, err
}
