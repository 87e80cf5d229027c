package recording

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"
)

// vcrYAML reads the cassettes of vcrpy (https://vcrpy.readthedocs.io): binary
// bodies are !!binary, headers are lists.
func vcrYAML(data []byte) ([]Exchange, error) {
	var tape struct {
		Interactions []struct {
			Request struct {
				Method, URI string
				Body        any
			}
			Response struct {
				Body    struct{ String string }
				Headers map[string][]string
				Status  struct{ Code int }
			}
		}
	}
	if json.Valid(data) || yaml.Unmarshal(data, &tape) != nil || tape.Interactions == nil {
		return nil, errOther
	}
	var out []Exchange
	for _, x := range tape.Interactions {
		e := Exchange{Method: x.Request.Method, URL: x.Request.URI, Status: x.Response.Status.Code, Header: http.Header{}, Body: []byte(x.Response.Body.String)}
		if sent, ok := x.Request.Body.(string); ok {
			e.Sent = []byte(sent)
		}
		for name, values := range x.Response.Headers {
			for _, v := range values {
				e.Header.Add(name, v)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// vcrBody is a body of VCR or Betamax: text, or base64 where bytes matter.
type vcrBody struct {
	String string `json:"string"`
	Base64 string `json:"base64_string"`
}

func (b vcrBody) bytes() ([]byte, error) {
	if b.Base64 == "" {
		return []byte(b.String), nil
	}
	return base64.StdEncoding.DecodeString(b.Base64)
}

// vcrJSON reads the JSON cassettes of VCR for Ruby (https://benoittgt.github.io/vcr)
// and of Betamax (https://betamax.readthedocs.io), which have one shape under two names.
func vcrJSON(data []byte) ([]Exchange, error) {
	type interaction struct {
		Request struct {
			Method, URI string
			Body        json.RawMessage
		}
		Response struct {
			Body    vcrBody
			Headers map[string]json.RawMessage
			Status  struct{ Code int }
		}
	}
	var tape struct {
		VCR     []interaction `json:"http_interactions"`
		Betamax []interaction `json:"interactions"`
	}
	if json.Unmarshal(data, &tape) != nil || tape.VCR == nil && tape.Betamax == nil {
		return nil, errOther
	}
	var out []Exchange
	for i, x := range append(tape.VCR, tape.Betamax...) {
		body, err := x.Response.Body.bytes()
		if err != nil {
			return nil, fmt.Errorf("body of reply %d: %w", i, err)
		}
		h, err := headers(x.Response.Headers)
		if err != nil {
			return nil, fmt.Errorf("reply %d: %w", i, err)
		}
		e := Exchange{Method: x.Request.Method, URL: x.Request.URI, Status: x.Response.Status.Code, Header: h, Body: body}
		var sent vcrBody
		if json.Unmarshal(x.Request.Body, &sent) == nil {
			if e.Sent, err = sent.bytes(); err != nil {
				return nil, fmt.Errorf("body of request %d: %w", i, err)
			}
		} else if len(x.Request.Body) > 0 {
			e.Sent = text(x.Request.Body)
		}
		out = append(out, e)
	}
	return out, nil
}
