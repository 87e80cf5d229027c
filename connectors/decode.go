package connectors

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	gojson "github.com/goccy/go-json"

	"collector/fault"
	"collector/item"
)

// Limits on a body, beside the size that the shared client allows.
const (
	MaxDepth = 64     // nested arrays and objects
	MaxItems = 1_000  // objects of a list, unless a Mapping says more
	MostEver = 50_000 // objects of a list, whatever a Mapping says
)

// Decode reads a JSON body into a pointer; anything else is Malformed. The
// decoder behind it is goccy/go-json, eight times faster on full pages than
// encoding/json, which stays the reference of the damage test.
func Decode(r Reply, into any) error {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return fault.New(fault.Malformed, "the reply has no body where JSON is documented")
	}
	if _, err := outline(r.Body); err != nil {
		return err
	}
	if err := decode(r.Body, into); err != nil {
		return fault.New(fault.Malformed, "reading a body of %d bytes as JSON: %w", len(r.Body), err)
	}
	return nil
}

// decode is the one place that names the decoder.
func decode(body []byte, into any) error { return gojson.Unmarshal(body, into) }

// Mapping says how the objects of a service's list become items.
type Mapping[T any] struct {
	// To makes an item of one decoded object. An error, and an item without ID
	// or http(s) URL, quarantines the object.
	To func(T) (item.Item, error)
	// ID reads the id of an object that To could not map, "" if it cannot.
	ID func(json.RawMessage) string
	// Most is how many objects a page may have; 0 means MaxItems.
	Most int
}

// Map adds to p the items of list, a JSON array. The whole array is decoded at
// once, and only when that fails object by object. An object that cannot be
// mapped goes to p.Bad with the id that can still be read from it; one whose id
// stands in p already adds nothing. A list that is missing, null or too long is
// Malformed, and so is one of which more than half (of at least 4) cannot be
// mapped, or nothing at all is recognised: shape drift must not look like the end of the list.
// The Raw of an item is a part of list; nothing else of the page is.
func (m Mapping[T]) Map(p *Page, list json.RawMessage) error {
	list = bytes.TrimSpace(list)
	if len(list) == 0 || list[0] != '[' {
		return fault.New(fault.Malformed, "the reply has no list of items")
	}
	raws, err := outline(list)
	if err != nil {
		return err
	}
	most := min(MostEver, max(m.Most, MaxItems))
	if len(raws) > most {
		return fault.New(fault.Malformed, "the reply lists %d objects, more than %d", len(raws), most)
	}
	var typed []T
	whole := decode(list, &typed) == nil && len(typed) == len(raws)
	if !whole {
		raws = nil
		if err := decode(list, &raws); err != nil {
			return fault.New(fault.Malformed, "reading the list of items: %w", err)
		}
	}
	seen := make(map[string]bool, len(p.Items)+len(raws))
	for _, it := range p.Items {
		seen[it.ID] = true
	}
	var good, known int
	bad := p.Bad
	p.Items = slices.Grow(p.Items, len(raws))
	for i, raw := range raws {
		var it item.Item
		var err error
		if whole {
			it, err = m.finish(typed[i], raw)
		} else {
			it, err = m.one(raw)
		}
		if err != nil {
			b := Bad{ID: m.ID(raw), Raw: bytes.Clone(raw), Reason: Cut(Line(valid(err.Error())), 300)}
			if len(raw) > MaxRow {
				b.Raw, b.Reason = nil, b.Reason+" (the object is too large to be kept)"
			}
			if b.ID != "" {
				known++
			}
			bad = append(bad, b)
			continue
		}
		good++
		if !seen[it.ID] {
			seen[it.ID] = true
			p.Items = append(p.Items, it)
		}
	}
	if n := len(bad) - len(p.Bad); n > 0 && (good+known == 0 || good+n >= 4 && n > (good+n)/2) {
		return fault.New(fault.Malformed, "%d of %d objects could not be mapped, the first because: %s", n, good+n, bad[len(p.Bad)].Reason)
	}
	p.Bad = bad
	return nil
}

// One maps a single object by the same rules: what a Remapper answers for an
// object from quarantine.
func (m Mapping[T]) One(raw json.RawMessage) (item.Item, error) {
	if _, err := outline(raw); err != nil {
		return item.Item{}, err
	}
	it, err := m.one(raw)
	if err != nil {
		return item.Item{}, fault.New(fault.Malformed, "mapping the object: %w", err)
	}
	return it, nil
}

func (m Mapping[T]) one(raw json.RawMessage) (item.Item, error) {
	var from T
	if err := decode(raw, &from); err != nil {
		return item.Item{}, err
	}
	return m.finish(from, raw)
}

// finish maps a decoded object and holds the item to its form.
func (m Mapping[T]) finish(from T, raw json.RawMessage) (item.Item, error) {
	it, err := m.To(from)
	if err != nil {
		return item.Item{}, err
	}
	it.Raw = raw
	if why := clean(&it); why != "" {
		return item.Item{}, fault.New(fault.Malformed, "%s", why)
	}
	return it, nil
}

// RawID reads the member at path (names of nested objects) of a JSON object as
// an id: a text or a whole number. It returns "" where there is none.
func RawID(raw json.RawMessage, path ...string) string {
	for _, name := range path {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return ""
		}
		raw = object[name]
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return Cut(valid(text), maxID)
	}
	var n int64
	if json.Unmarshal(raw, &n) == nil && n != 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// outline refuses a body that nests deeper than MaxDepth and returns where the
// elements of an outermost array stand. It does not validate: on text that the
// decoder refuses the elements mean nothing.
func outline(body []byte) ([]json.RawMessage, error) {
	var out []json.RawMessage
	depth, begin, array := 0, -1, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '"':
			if depth == 1 && begin < 0 {
				begin = i
			}
			i = TextEnd(body, i)
		case '[', '{':
			if depth == 0 {
				array = c == '['
			} else if depth == 1 && begin < 0 {
				begin = i
			}
			if depth++; depth > MaxDepth {
				return nil, fault.New(fault.Malformed, "the reply nests deeper than %d levels", MaxDepth)
			}
		case ']', '}':
			if depth == 1 && begin >= 0 && array {
				out = append(out, bytes.TrimSpace(body[begin:i:i]))
			}
			if depth--; depth <= 0 {
				begin = -1
			}
		case ',':
			if depth == 1 && array && begin >= 0 {
				out = append(out, bytes.TrimSpace(body[begin:i:i]))
				begin = -1
			}
		case ' ', '\t', '\n', '\r', ':':
		default:
			if depth == 1 && begin < 0 {
				begin = i
			}
		}
	}
	return out, nil
}

// TextEnd returns the index of the quote that ends the JSON text which begins
// with the quote at i, len(body) where there is none.
func TextEnd(body []byte, i int) int {
	first := i + 1
	for i = first; ; i++ {
		n := bytes.IndexByte(body[i:], '"')
		if n < 0 {
			return len(body)
		}
		i += n
		escapes := 0
		for j := i - 1; j >= first && body[j] == '\\'; j-- {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}

// Many makes a list of one object that stands by itself, as services write it that
// made their JSON from XML; a list stays as it is.
func Many(raw json.RawMessage) json.RawMessage {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '{' {
		return slices.Concat([]byte("["), raw, []byte("]"))
	}
	return raw
}
