package pds

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Refusal is an answer that is not 200: the error object of an XRPC reply
// (https://atproto.com/specs/xrpc#error-responses).
type Refusal struct {
	Method  string `json:"-"`
	Status  int    `json:"-"`
	Name    string `json:"error"`
	Message string `json:"message"`
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s answered %d %s: %s", r.Method, r.Status, r.Name, r.Message)
}

// call makes one XRPC call: a procedure (POST) when in is not nil or post is set,
// else a query. It decodes a 200 reply into out and returns any other as *Refusal.
func call(ctx context.Context, origin, method, token string, post bool, query url.Values, in, out any) error {
	verb, body := http.MethodGet, io.Reader(nil)
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("calling %s: %w", method, err)
		}
		body = bytes.NewReader(data)
	}
	if post || in != nil {
		verb = http.MethodPost
	}
	address := origin + "/xrpc/" + method
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, verb, address, body)
	if err != nil {
		return fmt.Errorf("calling %s: %w", method, err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("calling %s: %w", method, err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading the reply of %s: %w", method, err)
	}
	if resp.StatusCode != http.StatusOK {
		refused := &Refusal{}
		if json.Unmarshal(data, refused) != nil {
			refused.Message = string(data)
		}
		refused.Method, refused.Status = method, resp.StatusCode
		return refused
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("reading the reply of %s: %w", method, err)
	}
	return nil
}
