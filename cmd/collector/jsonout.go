package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"collector/control/words"
)

// jsonOut writes JSON values, one a line or indented. What a terminal could obey
// is escaped, as JSON allows: a program reads the very text that was collected.
type jsonOut struct {
	w   io.Writer
	buf bytes.Buffer
	enc *json.Encoder
}

func newJSONOut(w io.Writer, indent bool) *jsonOut {
	j := &jsonOut{w: w}
	j.enc = json.NewEncoder(&j.buf)
	j.enc.SetEscapeHTML(false)
	if indent {
		j.enc.SetIndent("", "  ")
	}
	return j
}

// writeLines writes one object a line.
func writeLines[T any](w io.Writer, views []T) error {
	out := newJSONOut(w, false)
	for _, v := range views {
		if err := out.write(v); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonOut) write(v any) error {
	j.buf.Reset()
	if err := j.enc.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err := j.w.Write(words.EscapedJSON(j.buf.Bytes()))
	return err
}
