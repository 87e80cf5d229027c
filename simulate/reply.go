package simulate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"net/http"
	"strconv"
)

// reply is an answer that is not sent yet, so that faults can spoil it.
type reply struct {
	status int
	header http.Header
	body   []byte
	free   bool // costs no quota: a 304
	bare   bool // tells nothing of quotas
	list   bool // a page of likes
	abort  bool // the connection breaks after the body so far
	length int  // Content-Length to claim; 0 the true one
	// stream writes what no buffer can hold; it ends with the request's context.
	stream func(w http.ResponseWriter, r *http.Request)
}

// jsonReply encodes a value as an answer.
func jsonReply(status int, v any) *reply {
	b, err := json.Marshal(v)
	if err != nil {
		b, status = []byte(`{"message":"Server Error"}`), http.StatusInternalServerError
	}
	rep := &reply{status: status, header: http.Header{}, body: b}
	rep.header.Set("Content-Type", "application/json; charset=utf-8")
	return rep
}

// writeAll writes likes one after the other, with commas between them.
func writeAll(b *bytes.Buffer, likes []like, write func(like)) {
	for i, l := range likes {
		if i > 0 {
			b.WriteByte(',')
		}
		write(l)
	}
}

func empty(status int) *reply { return &reply{status: status, header: http.Header{}} }

// tag gives a reply an ETag and turns it into a 304 where the caller has it.
// free says whether that costs no quota.
func (rep *reply) tag(c *call, free bool) *reply {
	etag := fmt.Sprintf(`W/"%016x%x"`, crc64.Checksum(rep.body, crc64.MakeTable(crc64.ECMA)), len(rep.body))
	rep.header.Set("ETag", etag)
	if c.r.Header.Get("If-None-Match") == etag {
		rep.status, rep.body, rep.free = http.StatusNotModified, nil, free
		rep.header.Del("Content-Type")
	}
	return rep
}

// pack compresses a body. An answer that a fault has cut is left as it is.
func (rep *reply) pack() {
	if len(rep.body) == 0 || rep.abort || rep.stream != nil || rep.header.Get("Content-Encoding") != "" {
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(rep.body); err != nil || z.Close() != nil {
		return // a buffer does not fail
	}
	rep.body = b.Bytes()
	rep.header.Set("Content-Encoding", "gzip")
	rep.header.Add("Vary", "Accept-Encoding")
}

func (rep *reply) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for k, v := range rep.header {
		h[k] = v
	}
	switch {
	case rep.length > 0:
		h.Set("Content-Length", strconv.Itoa(rep.length))
	case rep.stream == nil && rep.status != http.StatusNotModified && rep.status != http.StatusNoContent:
		h.Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	if rep.status != 0 {
		w.WriteHeader(rep.status)
	}
	if len(rep.body) > 0 {
		if _, err := w.Write(rep.body); err != nil {
			return // the caller is gone
		}
	}
	if rep.stream != nil {
		rep.stream(w, r)
	}
	if rep.abort {
		if len(rep.body) > 0 {
			flush(w)
		}
		panic(http.ErrAbortHandler) // how net/http is told to break the connection
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
