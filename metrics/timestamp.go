package metrics

import (
	"bytes"
	"encoding/json"
	"time"
)

// timestamp reads the member "timestamp" of the object that a webhook is called with, zero
// where there is none. Nothing behind it is looked at: a body may be large.
func timestamp(body []byte) (at time.Time) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return at
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return at
		}
		if name == "timestamp" {
			if err := d.Decode(&at); err != nil {
				return time.Time{}
			}
			return at
		}
		var passed json.RawMessage
		if err := d.Decode(&passed); err != nil {
			return at
		}
	}
	return at
}
