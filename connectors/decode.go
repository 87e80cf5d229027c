package connectors

import (
	"bytes"
	"encoding/json"
	"strings"

	gojson "github.com/goccy/go-json"

	"collector/fault"
	"collector/item"
)

// Decode reads a JSON body into a pointer; anything else is Malformed. The
// decoder behind it is goccy/go-json, eight times faster on full pages than
// encoding/json, which stays the reference of the damage test.
func Decode(r Reply, into any) error {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return fault.New(fault.Malformed, "the reply has no body where JSON is documented")
	}
	if err := gojson.Unmarshal(r.Body, into); err != nil {
		return fault.New(fault.Malformed, "reading a body of %d bytes as JSON: %w", len(r.Body), err)
	}
	return nil
}

// Map adds to p the item that to makes of each object in list, a JSON array.
// The whole array is decoded at once; only when that fails object by object. An
// object that does not decode, or whose item lacks ID or URL, goes to p.Bad
// with the id that id can still read from it. A list that is missing or null is
// Malformed, and so is one of which more than half (of at least 4) cannot be
// mapped: shape drift must not look like the end of the list.
func Map[T any](p *Page, list json.RawMessage, to func(T) item.Item, id func(json.RawMessage) string) error {
	trimmed := bytes.TrimSpace(list)
	if len(trimmed) == 0 || trimmed[0] != '[' {
		return fault.New(fault.Malformed, "the reply has no list of items")
	}
	var raws []json.RawMessage
	if err := gojson.Unmarshal(trimmed, &raws); err != nil {
		return fault.New(fault.Malformed, "reading the list of items: %w", err)
	}
	var typed []T
	whole := gojson.Unmarshal(trimmed, &typed) == nil && len(typed) == len(raws)
	good, bad := len(p.Items), len(p.Bad)
	for i, raw := range raws {
		var one T
		if whole {
			one = typed[i]
		} else if err := gojson.Unmarshal(raw, &one); err != nil {
			p.Bad = append(p.Bad, Bad{ID: id(raw), Raw: raw, Reason: err.Error()})
			continue
		}
		it := to(one)
		it.Raw = raw
		if it.ID == "" || !strings.HasPrefix(it.URL, "http") {
			p.Bad = append(p.Bad, Bad{ID: it.ID, Raw: raw, Reason: "no id or no address"})
			continue
		}
		p.Items = append(p.Items, it)
	}
	good, bad = len(p.Items)-good, len(p.Bad)-bad
	if n := good + bad; bad > 0 && (good == 0 || n >= 4 && bad > n/2) {
		return fault.New(fault.Malformed, "%d of %d objects could not be mapped, the first because: %s", bad, n, p.Bad[len(p.Bad)-bad].Reason)
	}
	return nil
}
