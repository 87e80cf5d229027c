package record

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"collector/connectors"
)

// format writes a call and its reply in the form of package connectortest: the call
// as "> GET https://…" and "> Name: value" lines, below it the reply as HTTP/1.1 writes
// it, without the headers that describe the bytes on the wire.
func format(call connectors.Request, r connectors.Reply) []byte {
	var b bytes.Buffer
	method := call.Method
	if method == "" {
		method = http.MethodGet
	}
	fmt.Fprintf(&b, "> %s %s\n", method, call.URL)
	lines(&b, "> ", call.Header)
	fmt.Fprintf(&b, "\nHTTP/1.1 %d %s\n", r.Status, http.StatusText(r.Status))
	lines(&b, "", r.Header)
	b.WriteByte('\n')
	b.Write(r.Body)
	return b.Bytes()
}

func lines(b *bytes.Buffer, before string, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			fmt.Fprintf(b, "%s%s: %s\n", before, name, value)
		}
	}
}
