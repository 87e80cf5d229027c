package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// flat reads replies as objects of their own, one or a JSON array of them: {method,
// url, status, headers, body}, where the call may be left out.
func flat(data []byte) ([]Exchange, error) {
	type reply struct {
		Method, URL string
		Status      int
		Headers     map[string]json.RawMessage
		Body        json.RawMessage
	}
	var calls []reply
	if data = bytes.TrimSpace(data); bytes.HasPrefix(data, []byte("{")) {
		calls = make([]reply, 1)
		if json.Unmarshal(data, &calls[0]) != nil {
			return nil, errOther
		}
	} else if json.Unmarshal(data, &calls) != nil {
		return nil, errOther
	}
	if len(calls) == 0 || calls[0].Status == 0 || calls[0].Headers == nil {
		return nil, errOther
	}
	var out []Exchange
	for i, c := range calls {
		h, err := headers(c.Headers)
		if err != nil {
			return nil, fmt.Errorf("reply %d: %w", i, err)
		}
		if c.Method == "" {
			c.Method = http.MethodGet
		}
		out = append(out, Exchange{Method: c.Method, URL: c.URL, Status: c.Status, Header: h, Body: text(c.Body)})
	}
	return out, nil
}
