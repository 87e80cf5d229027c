// Package stomptest is a small STOMP 1.2 client for long tests and for measurements, of
// this server and of others. It has no goroutine of its own and holds nothing but a frame
// that is not whole, so thousands of them fit into a process.
package stomptest

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"collector/broker/stomp/frame"
)

// Client is one session. Its reading is for one goroutine at a time, its writing too.
type Client struct {
	net.Conn
	Server string // what the server calls itself, as name/version

	in   *frame.Decoder
	stop func() bool
}

// Dial opens a session; lines are headers of CONNECT, such as "login:guest". Once ctx ends
// whatever the session does fails.
func Dial(ctx context.Context, address string, lines ...string) (*Client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the STOMP server: %w", err)
	}
	c := &Client{Conn: conn, in: frame.NewDecoder(frame.Defaults())}
	c.stop = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // a closed connection has ended
	head := append([]string{"accept-version:1.2"}, lines...)
	f, err := c.ask(frame.Connect + "\n" + strings.Join(head, "\n") + "\n\n\x00")
	if err == nil && f.Command != frame.Connected {
		err = fmt.Errorf("%s came instead of %s", f.Command, frame.Connected)
	}
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("logging in at the STOMP server: %w", err)
	}
	c.Server = f.Value("server")
	c.in.Speak(frame.V12, frame.Defaults())
	return c, nil
}

// Close ends the connection without a word.
func (c *Client) Close() error {
	c.stop()
	return c.Conn.Close()
}

// Say writes frames as they stand, in which ^ stands for the NUL byte at the end of one.
func (c *Client) Say(frames ...string) error {
	_, err := io.WriteString(c, strings.ReplaceAll(strings.Join(frames, ""), "^", "\x00"))
	return err
}

// ask writes a frame and returns the next one that comes.
func (c *Client) ask(text string) (*frame.Frame, error) {
	if _, err := io.WriteString(c, text); err != nil {
		return nil, err
	}
	return c.Next()
}

// Fill reads once, what there is.
func (c *Client) Fill() error {
	n, err := c.in.Fill(c.Conn)
	if n > 0 {
		return nil
	}
	return err
}

// Take returns the next frame that Fill has brought whole, nil where there is none. A frame
// ERROR is an error.
func (c *Client) Take() (*frame.Frame, error) {
	f, err := c.in.Next()
	if err == nil && f != nil && f.Command == frame.Error {
		err = fmt.Errorf("the STOMP server refuses: %s: %s", f.Value("message"), f.Body)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Next waits for the next frame.
func (c *Client) Next() (*frame.Frame, error) {
	for {
		if f, err := c.Take(); f != nil || err != nil {
			return f, err
		}
		if err := c.Fill(); err != nil {
			return nil, err
		}
	}
}

// Want waits for the next frame, which has to be of that command.
func (c *Client) Want(command string) (*frame.Frame, error) {
	f, err := c.Next()
	if err == nil && f.Command != command {
		err = fmt.Errorf("%s %q came, and %s was waited for", f.Command, f.Headers, command)
	}
	return f, err
}
