package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"collector/auth"
)

// sendRead is how many bytes an answer of Send may have.
const sendRead = 8 << 20

// Message is a call to a server that a user named, signed with the token that the user has
// for it.
type Message struct {
	Method  string
	Address string
	Scheme  string // of the Authorization: "Bearer", "Token"
	Token   auth.Secret
	Body    []byte // JSON; nil for none
}

// Answer is what came back.
type Answer struct {
	Status     int
	RetryAfter string
	Body       []byte
}

// Send makes a call through the address guard. Redirects are not followed, so the token
// reaches the server that was named and no other. What is said of errors at Post holds here.
func (c *Client) Send(ctx context.Context, m Message) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("Authorization", m.Scheme+" "+m.Token.Reveal())
	if m.Body != nil {
		h.Set("Content-Type", "application/json")
	}
	got, err := c.toTarget(ctx, m.Method, m.Address, h, m.Body)
	if err != nil {
		return Answer{}, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, sendRead+1))
	host := got.Request.URL.Host
	switch {
	case err != nil && ctx.Err() != nil:
		return Answer{}, fmt.Errorf("%s did not answer within %v", host, postTime)
	case err != nil:
		return Answer{}, fmt.Errorf("%s broke off its answer", host)
	case len(body) > sendRead:
		return Answer{}, fmt.Errorf("%s answered with more than %d MB", host, sendRead>>20)
	}
	return Answer{Status: got.StatusCode, RetryAfter: got.Header.Get("Retry-After"), Body: body}, nil
}
