package simulate

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"
	"time"
	"unicode/utf16"
)

// spoil damages an answer that was right.
func (s *Sim) spoil(c *call, f *Fault, rep *reply) {
	switch f.Kind {
	case Skew:
		rep.header.Set("Date", s.Now().Add(f.Wait).Format(http.TimeFormat))
		return
	case Echo:
		echo(c, rep)
		return
	}
	if rep.status != http.StatusOK || rep.bare || rep.stream != nil {
		return
	}
	at, _ := s.siteOf(c.service)
	switch f.Kind {
	case Cut:
		rep.length, rep.abort = len(rep.body), true
		rep.body = rep.body[:len(rep.body)/2]
	case CutJSON:
		rep.body = rep.body[:len(rep.body)/2]
	case Empty:
		rep.body = nil
	case Null:
		rep.body = []byte("null")
	case HTML:
		rep.body = []byte("<!DOCTYPE html><html><body><h1>Welcome</h1><p>Please enable JavaScript.</p></body></html>")
		rep.header.Set("Content-Type", "text/html; charset=utf-8")
	case Drip:
		body, pause := rep.body, f.Wait
		if pause <= 0 {
			pause = time.Second
		}
		rep.body = nil
		rep.stream = func(w http.ResponseWriter, r *http.Request) { s.drip(w, r, body, pause) }
	case Bomb:
		rep.body = s.bomb(atLeast(f.Bytes, 256<<20))
		rep.header.Set("Content-Encoding", "gzip")
	case EndlessBody:
		rep.body = nil
		rep.stream = endless
	case Deep:
		n := atLeast(f.Bytes, 100_000)
		rep.body = []byte(strings.Repeat("[", n) + strings.Repeat("]", n))
	case Nul:
		for _, name := range []string{`"description":"`, `"content":"`, `"text":"`} {
			rep.body = bytes.ReplaceAll(rep.body, []byte(name), []byte(name+"\\u0000\\u0007\xff\xfe"))
		}
	case Charset:
		rep.body = wide(rep.body)
		rep.header.Set("Content-Type", "application/json; charset=utf-16")
	case BadObject, WrongType, Drift:
		rep.body = at.form.reshape(rep.body, f)
	case Big:
		if stream := at.form.big(rep.body, atLeast(f.Bytes, 100_000)); stream != nil {
			rep.body, rep.stream = nil, stream
		}
	}
}

// wide writes a text in UTF-16, the low byte first, with its mark.
func wide(text []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

func atLeast(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// echo repeats what the caller sent as a secret, as careless servers do.
func echo(c *call, rep *reply) {
	secret := c.token
	if secret == "" {
		secret = string(c.body)
	}
	bad := jsonReply(http.StatusBadRequest, map[string]string{
		"error": "InvalidRequest", "message": "cannot work with " + secret + " (Authorization: " + c.r.Header.Get("Authorization") + ")",
	})
	rep.status, rep.body, rep.stream = bad.status, bad.body, nil
	rep.header.Set("X-Debug-Token", strings.ReplaceAll(secret, "\n", ""))
	rep.header.Set("Location", originOf(c.r)+"/login?access_token="+strings.ReplaceAll(secret, "\n", ""))
}

// drip sends a byte, waits, and so on.
func (s *Sim) drip(w http.ResponseWriter, r *http.Request, body []byte, pause time.Duration) {
	for i := range body {
		if _, err := w.Write(body[i : i+1]); err != nil || r.Context().Err() != nil {
			return
		}
		flush(w)
		s.wait(r.Context(), pause)
	}
}

// endless sends one JSON list that does not end.
func endless(w http.ResponseWriter, r *http.Request) {
	chunk := []byte(strings.Repeat(`{"id":1},`, 4000))
	_, err := w.Write([]byte("["))
	for err == nil && r.Context().Err() == nil {
		_, err = w.Write(chunk)
		flush(w)
	}
}

// bomb returns the packed text of n zeros.
func (s *Sim) bomb(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bombs[n] == nil {
		s.bombs[n] = bomb(n)
	}
	return s.bombs[n]
}

// bomb packs n zeros, rounded up to a whole piece. Packing them one after the
// other takes seconds; but a flushed piece of zeros after zeros is packed into the
// same bytes each time (RFC 1951: it refers to nothing but the zeros before it), so
// the second piece is packed once and repeated.
func bomb(n int) []byte {
	var b bytes.Buffer
	zeros := bytes.Repeat([]byte("0"), 1<<16)
	pieces := max(2, (n+len(zeros)-1)/len(zeros))
	b.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}) // RFC 1952: deflated, no name, no time
	f, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil // the level is one that exists
	}
	sum := crc32.NewIEEE()
	piece := 0
	for range 2 {
		piece = b.Len()
		if _, err := f.Write(zeros); err != nil || f.Flush() != nil {
			return nil // a buffer does not fail
		}
		sum.Write(zeros)
	}
	again := bytes.Clone(b.Bytes()[piece:])
	for range pieces - 2 {
		b.Write(again)
		sum.Write(zeros)
	}
	if f.Close() != nil {
		return nil
	}
	end := binary.LittleEndian.AppendUint32(b.AvailableBuffer(), sum.Sum32())
	b.Write(binary.LittleEndian.AppendUint32(end, uint32(pieces*len(zeros))))
	return b.Bytes()
}
