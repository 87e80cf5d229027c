package recording

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// nock reads fixtures of nock (https://github.com/nock/nock), raw (headers as a
// flat list of names and values) or normalized (headers as an object).
func nock(data []byte) ([]Exchange, error) {
	var calls []struct {
		Scope, Method, Path string
		Body                json.RawMessage
		Status              int
		Response            json.RawMessage
		RawHeaders          []string
		Headers             map[string]json.RawMessage
	}
	if json.Unmarshal(data, &calls) != nil || len(calls) == 0 || calls[0].Scope == "" {
		return nil, errOther
	}
	var out []Exchange
	for i, c := range calls {
		h, err := headers(c.Headers)
		if err != nil {
			return nil, fmt.Errorf("reply %d: %w", i, err)
		}
		if len(c.RawHeaders)%2 != 0 {
			return nil, fmt.Errorf("reply %d: a header name without a value", i)
		}
		for n := 0; n+1 < len(c.RawHeaders); n += 2 {
			h.Add(c.RawHeaders[n], c.RawHeaders[n+1])
		}
		out = append(out, Exchange{Method: c.Method, URL: c.Scope + c.Path, Sent: text(c.Body), Status: c.Status, Header: h, Body: text(c.Response)})
	}
	return out, nil
}

// list reads a JSON array of {request {method, url, body}, response {status,
// headers, body}}, the form in which replies were recorded for this project. A
// request of a server that anybody may run names a path and a query instead.
func list(data []byte) ([]Exchange, error) {
	var calls []struct {
		Request struct {
			Method, URL, Path string
			Query             map[string]string
			Body              json.RawMessage
		}
		Response struct {
			Status  int
			Headers map[string]json.RawMessage
			Body    json.RawMessage
		}
	}
	if json.Unmarshal(data, &calls) != nil || len(calls) == 0 || calls[0].Request.URL+calls[0].Request.Path == "" {
		return nil, errOther
	}
	var out []Exchange
	for i, c := range calls {
		if c.Request.URL == "" {
			q := url.Values{}
			for name, value := range c.Request.Query {
				q.Set(name, value)
			}
			c.Request.URL = "https://server.example" + c.Request.Path + "?" + q.Encode()
		}
		h, err := headers(c.Response.Headers)
		if err != nil {
			return nil, fmt.Errorf("reply %d: %w", i, err)
		}
		e := Exchange{Method: c.Request.Method, URL: c.Request.URL, Status: c.Response.Status, Header: h}
		if s := string(c.Request.Body); s != "null" {
			e.Sent = text(c.Request.Body)
		}
		if s := string(c.Response.Body); s != "null" {
			e.Body = text(c.Response.Body)
		}
		out = append(out, e)
	}
	return out, nil
}

// wiremock reads one mapping of WireMock (https://wiremock.org/docs/stubbing).
// Its templates stay in the headers and the body until Exchange.At fills them.
func wiremock(data []byte) ([]Exchange, error) {
	var m struct {
		Request *struct {
			Method, URL, URLPath string
		}
		Response *struct {
			Status   int
			Body     string
			JSONBody json.RawMessage
			Headers  map[string]json.RawMessage
		}
	}
	if json.Unmarshal(data, &m) != nil || m.Request == nil || m.Response == nil || m.Response.Status == 0 {
		return nil, errOther
	}
	h, err := headers(m.Response.Headers)
	if err != nil {
		return nil, err
	}
	body := []byte(m.Response.Body)
	if len(body) == 0 {
		body = m.Response.JSONBody
	}
	where := m.Request.URL
	if where == "" {
		where = m.Request.URLPath
	}
	if where == "" {
		return nil, fmt.Errorf("the mapping names no address")
	}
	if m.Request.Method == "" {
		m.Request.Method = http.MethodGet
	}
	return []Exchange{{Method: m.Request.Method, URL: where, Status: m.Response.Status, Header: h, Body: body}}, nil
}
