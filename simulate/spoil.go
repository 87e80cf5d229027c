package simulate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
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
		rep.body = bomb(atLeast(f.Bytes, 256<<20))
		rep.header.Set("Content-Encoding", "gzip")
	case EndlessBody:
		rep.body = nil
		rep.stream = endless
	case Deep:
		n := atLeast(f.Bytes, 100_000)
		rep.body = []byte(strings.Repeat("[", n) + strings.Repeat("]", n))
	case Big, BadObject, WrongType, Drift:
		rep.body = reshape(rep.body, f)
	}
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

// bomb packs a JSON text of n zeros.
func bomb(n int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := bytes.Repeat([]byte("0"), 1<<16)
	for put := 0; put < n; put += len(zeros) {
		if _, err := z.Write(zeros); err != nil {
			break // a buffer does not fail
		}
	}
	if z.Close() != nil {
		return nil
	}
	return b.Bytes()
}

// reshape changes the objects of the list in a body.
func reshape(body []byte, f *Fault) []byte {
	var whole any
	if json.Unmarshal(body, &whole) != nil {
		return body
	}
	list, isList := whole.([]any)
	fields, isObject := whole.(map[string]any)
	if isObject {
		list, isList = fields["records"].([]any)
	}
	if !isList || len(list) == 0 {
		return body
	}
	for i := range list {
		one, ok := list[i].(map[string]any)
		if !ok || f.Kind == Big || i > 0 && f.Kind != Drift || f.Kind == Drift && i%5 == 4 {
			continue
		}
		damage(one, f.Kind == WrongType)
	}
	if f.Kind == Big {
		for n := atLeast(f.Bytes, 100_000); len(list) < n; {
			list = append(list, list[:min(len(list), n-len(list))]...)
		}
		whole = list
		if isObject {
			fields["records"] = list
			whole = fields
		}
	}
	out, err := json.Marshal(whole)
	if err != nil {
		return body
	}
	return out
}

// damage takes the id of an object: of GitHub's repositories (with and without
// a star's time), of posts and of records.
func damage(one map[string]any, wrongType bool) {
	inner := one
	for _, name := range []string{"repo", "value"} {
		if in, ok := one[name].(map[string]any); ok {
			inner = in
		}
	}
	for _, name := range []string{"id", "subject"} {
		if _, has := inner[name]; !has {
			continue
		}
		delete(inner, name)
		if wrongType {
			inner[name] = []any{1, "two"}
		}
	}
}

// astray answers a list as a fault wants it to go on.
func (s *Sim) astray(c *call, sh shape, f *Fault) *reply {
	if f.Kind == ForeignNext {
		rep := sh.answer(s, c)
		sh.next(c, rep, s.Foreign()+c.r.URL.Path+"?page=2")
		return rep
	}
	was := place(c.r.URL.Query())
	s.mu.Lock()
	count := 0
	for _, other := range s.faults {
		if other.Kind == f.Kind {
			count += other.done
		}
	}
	s.mu.Unlock()
	start := *c
	start.r = c.r.Clone(c.r.Context())
	start.r.Header.Del("If-None-Match")
	q := start.r.URL.Query()
	for _, name := range []string{"page", "cursor", "max_id", "min_id", "since_id"} {
		q.Del(name)
	}
	start.r.URL.RawQuery = q.Encode()
	to := fmt.Sprint(900_000 + count)
	switch f.Kind {
	case SelfNext:
		if to = was; to == "" {
			to = "1"
		}
	case CycleNext:
		if to = "900001"; was == to {
			to = "900002"
		}
	case Growing:
		start.invent = 1_000_000_000 + 1000*count
	}
	rep := sh.answer(s, &start)
	if rep.list && f.Kind == EmptyNext {
		rep.body = emptied(rep.body)
	}
	if rep.list {
		sh.next(c, rep, to)
	}
	return rep
}

func emptied(body []byte) []byte {
	if bytes.HasPrefix(body, []byte("{")) {
		return []byte(`{"records":[]}`)
	}
	return []byte("[]")
}
