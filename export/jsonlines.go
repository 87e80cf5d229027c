package export

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"collector/control"
	"collector/control/words"
	"collector/store"
)

// jsonLines writes one object a line. What a terminal could obey is escaped, as JSON allows.
type jsonLines struct {
	streamed
	buf       *bufio.Writer
	line      bytes.Buffer
	out       *json.Encoder
	simulated bool
}

func newJSONLines(w io.Writer, simulated bool) *jsonLines {
	j := &jsonLines{buf: bufio.NewWriterSize(w, 64<<10), simulated: simulated}
	j.out = json.NewEncoder(&j.line)
	j.out.SetEscapeHTML(false)
	return j
}

func (j *jsonLines) Write(_ context.Context, it store.Liked) error {
	j.line.Reset()
	if err := j.out.Encode(control.ItemOf(it, j.simulated)); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err := j.buf.Write(words.EscapedJSON(j.line.Bytes()))
	return err
}

func (j *jsonLines) Flush(context.Context) error { return j.buf.Flush() }
