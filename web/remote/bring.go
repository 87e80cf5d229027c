package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"collector/control"
	"collector/control/bring"
)

// slow asks for something that the collector asks others for.
func (c *Client) slow(ctx context.Context, path string, wish, out any) error {
	body, err := json.Marshal(wish)
	if err != nil {
		return fmt.Errorf("writing what is asked for: %w", err)
	}
	return c.send(ctx, http.MethodPost, path, nil, sending{kind: "application/json", body: bytes.NewReader(body), within: slowWithin}, out)
}

// connecting is the body of a wish to connect, as web/api reads it.
type connecting struct {
	Service string            `json:"service"`
	User    string            `json:"user,omitempty"`
	Server  string            `json:"server,omitempty"`
	Name    string            `json:"name,omitempty"`
	Params  map[string]string `json:"params,omitempty"`
	Token   string            `json:"token"`
	Budget  *int              `json:"budget,omitempty"`
	Look    bool              `json:"look,omitempty"`
}

// Connect is control.Panel.Connect; errors are worded.
func (c *Client) Connect(ctx context.Context, ask control.Connecting) (out control.SignedIn, err error) {
	token, err := ask.Credential.Written()
	if err != nil {
		return out, fmt.Errorf("writing the credential: %w", err)
	}
	body, err := json.Marshal(connecting{
		Service: ask.Service, User: ask.User, Server: ask.Server, Name: ask.Name, Params: ask.Params, Token: token.Reveal(), Budget: ask.Budget, Look: ask.Look,
	})
	if err != nil {
		return out, fmt.Errorf("writing what is asked for: %w", err)
	}
	s := sending{kind: "application/json", body: bytes.NewReader(body), within: slowWithin, told: tells(ask.Told)}
	return out, c.send(ctx, http.MethodPost, "connect", nil, s, &out)
}

// TestNotify sends a test message to each address of the operator's.
func (c *Client) TestNotify(ctx context.Context) ([]control.Told, error) {
	var out struct{ Told []control.Told }
	err := c.slow(ctx, "notify/test", struct{}{}, &out)
	return out.Told, err
}

// Import sends an export that was recognised here, to be imported there.
func (c *Client) Import(ctx context.Context, x *bring.Export, o bring.Options) (*bring.Report, error) {
	body, to := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := x.Pack(to)
		to.CloseWithError(err) // nil is the end of the file
		packed <- err
	}()
	query := asked("name", x.Name(), "format", x.Format.Name, "into", o.Into, "user", o.User, "part", o.Part, "asOf", x.Made.Format(time.RFC3339Nano), "dryRun", word(o.DryRun, "true"))
	var out bring.Report
	err := c.send(ctx, http.MethodPost, "import", query, sending{kind: "application/octet-stream", body: body, within: importWithin, large: true, told: tells(c.told)}, &out)
	_ = body.CloseWithError(errNotRead) // it returns nil always
	if failed := <-packed; err != nil && failed != nil && !errors.Is(failed, errNotRead) && !errors.Is(failed, io.ErrClosedPipe) {
		return nil, failed // it could not be sent, whatever was answered to what came of it
	}
	return &out, err
}

// errNotRead ends the packing of what the collector did not read to its end.
var errNotRead = errors.New("the collector does not read it")
