package connectortest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"testing"

	"collector/connectors"
	"collector/fault"
)

// Fuzz feeds all that reads replies with damaged ones. Seeds are the recorded
// replies. Nothing may panic, a refusal is Malformed, and what comes out keeps
// to the form of an item.
func Fuzz(f *testing.F, c connectors.Connector) {
	k, err := load(c, os.DirFS("testdata"))
	if err != nil {
		f.Fatal(err)
	}
	for _, w := range []connectors.Walk{connectors.Backfill, connectors.Poll} {
		steps, err := k.steps(w)
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range steps {
			f.Add(compact(s.reply.Body), s.reply.Header.Get("Link"), s.reply.Status, uint8(w), string(s.q.Cursor))
		}
	}
	for _, r := range k.single {
		f.Add(compact(r.reply.Body), "", r.reply.Status, uint8(0), "")
	}
	for _, x := range k.golden.Faults {
		f.Add([]byte(x.Body), "", x.Status, uint8(0), "")
	}
	f.Fuzz(func(t *testing.T, body []byte, link string, status int, walk uint8, at string) {
		q := k.query(connectors.Walk(walk%3), connectors.Cursor(at), "")
		if request, err := c.Request(q); err == nil {
			checkCall(k, "fuzzed cursor", request, t.Errorf)
		}
		if _, err := connectors.Opaque(at); err != nil {
			q.Cursor = "" // a cursor that no connector gives would come back as it is
		}
		r := connectors.Reply{Status: status, Header: http.Header{}, Body: slices.Clip(body)}
		if link != "" {
			r.Header.Set("Link", link)
		}
		page, err := c.Parse(q, r)
		if kind := fault.KindOf(err); err != nil && kind != fault.Malformed && kind != fault.Bug {
			t.Errorf("Parse: %v is %v", err, kind)
		}
		checkPlace("fuzzed reply", page.Next, t.Errorf)
		checkPlace("fuzzed reply", page.Resume, t.Errorf)
		seen := map[string]bool{}
		for _, it := range page.Items {
			checkForm("fuzzed reply", it, t.Errorf)
			if seen[it.ID] {
				t.Errorf("item %q twice in a page", it.ID)
			}
			seen[it.ID] = true
		}
		k.fuzzPowers(r)
	})
}

// compact makes a seed small, since the fuzzer minimizes what it finds.
func compact(body []byte) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, body); err != nil {
		return body
	}
	return b.Bytes()
}

// fuzzPowers calls each optional power for its panics alone.
func (k *kit) fuzzPowers(r connectors.Reply) {
	if p, ok := k.c.(connectors.Faulter); ok {
		_ = p.Fault(r)
	}
	if p, ok := k.c.(connectors.Identifier); ok {
		_, _ = p.Identity(r)
	}
	if p, ok := k.c.(connectors.Checker); ok {
		_, _ = p.Liked(r)
	}
	if p, ok := k.c.(connectors.Hydrator); ok {
		_, _ = p.Fill([]string{"a", "b"}, r)
	}
	if p, ok := k.c.(connectors.Remapper); ok {
		_, _ = p.Remap(k.query(connectors.Backfill, "", ""), r.Body)
	}
}
