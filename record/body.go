package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"collector/connectors"
)

// The parts of a body, decoded so that order and repetition stay.
type (
	object []member
	array  []any
	member struct {
		key   string
		value any // object, array, string, json.Number, bool or nil
	}
)

var errNoJSON = errors.New("the body is not JSON")

// decode reads a body of JSON, within the depth that connectors read.
func decode(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoJSON
	}
	return v, nil
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, errNoJSON
	}
	if depth > connectors.MaxDepth {
		return nil, errNoJSON
	}
	switch token {
	case json.Delim('{'):
		out := object{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, errNoJSON
			}
			value, err := decodeValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			name, _ := key.(string) // the keys of an object are texts
			out = append(out, member{name, value})
		}
		_, err = dec.Token()
		return out, err
	case json.Delim('['):
		out := array{}
		for dec.More() {
			value, err := decodeValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		_, err = dec.Token()
		return out, err
	}
	return token, nil
}

// body is what stands for a body. One that is not JSON keeps its marks and loses all
// that it says.
func (d *disguise) body(body []byte) []byte {
	v, err := decode(body)
	if err != nil {
		return mask(body)
	}
	var b bytes.Buffer
	d.write(&b, "", v, "\n")
	b.WriteByte('\n')
	return b.Bytes()
}

var (
	element = regexp.MustCompile(`(?i)<!doctype html\b|` + elements)
	said    = regexp.MustCompile(`[\pL\pM]|[^\x00-\x7F]`)
	number  = regexp.MustCompile(`\pN`)
)

// mask takes the words out of a text.
func mask(body []byte) []byte {
	var b strings.Builder
	rest := string(body)
	hide := func(s string) string { return number.ReplaceAllString(said.ReplaceAllString(s, "x"), "0") }
	for rest != "" {
		at := element.FindStringIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		b.WriteString(hide(rest[:at[0]]))
		b.WriteString(rest[at[0]:at[1]])
		rest = rest[at[1]:]
	}
	return []byte(b.String())
}

// write writes a disguised part, one blank deeper a level.
func (d *disguise) write(b *bytes.Buffer, key string, v any, line string) {
	switch v := v.(type) {
	case object:
		between := "{"
		for _, m := range v {
			b.WriteString(between + line + " ")
			quote(b, d.key(m))
			b.WriteString(": ")
			d.write(b, m.key, m.value, line+" ")
			between = ","
		}
		closeWith(b, between, "{", line, "}")
	case array:
		between := "["
		for _, one := range v {
			b.WriteString(between + line + " ")
			d.write(b, key, one, line+" ")
			between = ","
		}
		closeWith(b, between, "[", line, "]")
	case string:
		quote(b, d.text(key, v))
	case json.Number:
		b.WriteString(d.number(key, v.String()))
	case bool:
		if v {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	default:
		b.WriteString("null")
	}
}

// closeWith ends a list; one without members is written in one line.
func closeWith(b *bytes.Buffer, between, open, line, end string) {
	if between == open {
		b.WriteString(open + end)
		return
	}
	b.WriteString(line + end)
}

// quote writes a text as JSON does, without escaping what only HTML needs escaped.
func quote(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)       // of a text, into a buffer: neither fails
	b.Truncate(b.Len() - 1) // the line that Encode ends
}

var (
	called  = regexp.MustCompile(`(?i)(name|title|slug|login|^key|^id)$`)
	field   = regexp.MustCompile(`^[$#@_A-Za-z][\w$#@:.-]{0,60}$`)
	digital = regexp.MustCompile(`[0-9].*[0-9].*[0-9].*[0-9]`)
)

// key is what stands for the name of a field. Where a list is written as an object its
// names are data: they are no names of a program's, or stand again inside.
func (d *disguise) key(m member) string {
	data := !field.MatchString(m.key) || digital.MatchString(m.key)
	if inside, ok := m.value.(object); ok {
		for _, one := range inside {
			if text, is := one.value.(string); is && text == m.key && called.MatchString(one.key) {
				data = true
			}
		}
	}
	if !data || m.key == "" {
		return m.key
	}
	return d.text("id", m.key)
}

// number is what stands for a number.
func (d *disguise) number(key, n string) string {
	switch {
	case placing.MatchString(key):
		return "0"
	case !digits.MatchString(n) || n == "0" || !naming.MatchString(key) && !d.ids[n]:
		return n
	}
	return d.word(n)
}

// learn looks for hosts and ids in all that is to be disguised.
func (d *disguise) learn(got Replies) {
	all := append([]connectors.Reply{}, got.Pages...)
	for _, r := range []*connectors.Reply{got.Identity, got.Details} {
		if r != nil {
			all = append(all, *r)
		}
	}
	for _, r := range all {
		if v, err := decode(r.Body); err == nil {
			d.note("", v)
		}
	}
}

var addressed = regexp.MustCompile(`https?://([A-Za-z0-9.-]+(?::[0-9]+)?)`)

func (d *disguise) note(key string, v any) {
	switch v := v.(type) {
	case object:
		for _, m := range v {
			d.note(m.key, m.value)
		}
	case array:
		for _, one := range v {
			d.note(key, one)
		}
	case string:
		for _, m := range addressed.FindAllStringSubmatch(v, -1) {
			d.host(m[1])
		}
		d.noteID(key, v)
	case json.Number:
		d.noteID(key, v.String())
	}
}

func (d *disguise) noteID(key, n string) {
	if !digits.MatchString(n) || !naming.MatchString(key) {
		return
	}
	if len(n) >= 5 {
		d.ids[n] = true
	}
	if n[0] != '0' {
		d.numbers[n] = true
	}
}
