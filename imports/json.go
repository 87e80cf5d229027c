package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// elements calls fn for each element of the JSON array that a script assigns.
func (p Part) elements(list List, fn func(where string, raw json.RawMessage) error, bad func(Entry) error) error {
	in, err := p.Open()
	if err != nil {
		return bad(failed(list, p.Name, "%w", err))
	}
	defer in.Close()                                      // it was only read
	feed := &rationed{r: text(in, ""), most: longestLike} // the decoder looks at blanks again and again
	dec := json.NewDecoder(&after{r: feed, sign: '='})
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return bad(failed(list, p.Name, "it assigns no list"))
	}
	for n := 1; dec.More(); n++ {
		feed.next()
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return bad(failed(list, fmt.Sprintf("%s, entry %d", p.Base(), n), "from here on it cannot be read: %w", err))
		}
		if err := fn(fmt.Sprintf("%s, entry %d", p.Base(), n), raw); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return bad(failed(list, p.Name, "its end is missing: %w", ended(err)))
	}
	return nil
}

// ended names the end of a file that comes too early.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// after reads what stands behind the first sign.
type after struct {
	r    io.Reader
	sign byte
	past bool
}

func (a *after) Read(b []byte) (int, error) {
	n, err := a.r.Read(b)
	if a.past || n == 0 {
		return n, err
	}
	i := strings.IndexByte(string(b[:n]), a.sign)
	if i < 0 {
		return 0, err
	}
	a.past = true
	return copy(b, b[i+1:n]), err
}

// plainly words what is wrong with a JSON value.
func plainly(err error) error {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		name := "the whole"
		if kind.Field != "" {
			name = fmt.Sprintf("%q", kind.Field)
		}
		return fmt.Errorf("%s is a JSON %s", name, kind.Value)
	}
	return err
}
