package words

import (
	"bytes"
	"fmt"
)

// EscapedJSON writes the characters of texts in JSON that a terminal could obey as \u….
// Outside texts JSON has none of them but line feeds and tabs, which stay.
func EscapedJSON(b []byte) []byte {
	if bytes.IndexFunc(b, Unsafe) < 0 {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		if Unsafe(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}
