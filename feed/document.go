package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// Document is a feed as it is sent.
type Document struct {
	Type     string    // the content type
	ETag     string    // strong: another document has another (RFC 9110, 8.8.3)
	Modified time.Time // of the newest entry, never later than the moment it was made
	Body     []byte
}

// Formats are the endings of addresses, and the names for Document.
func Formats() []string { return []string{"atom", "rss", "json"} }

// Document writes the feed in one of the Formats.
func (f Feed) Document(format string, now time.Time) (Document, error) {
	d := Document{Modified: f.Updated}
	if now.Before(d.Modified) { // RFC 9110, 8.8.2.1
		d.Modified = now
	}
	var err error
	switch format {
	case "atom":
		d.Type = "application/atom+xml; charset=utf-8"
		d.Body, err = f.atom()
	case "rss":
		d.Type = "application/rss+xml; charset=utf-8"
		d.Body, err = f.rss()
	case "json":
		d.Type = "application/feed+json"
		d.Body, err = f.json()
	default:
		return d, fmt.Errorf("there is no feed format %q, only atom, rss and json", format)
	}
	sum := sha256.Sum256(d.Body)
	d.ETag = `"` + hex.EncodeToString(sum[:16]) + `"`
	return d, err
}

// ServeHTTP answers with the document, or with 304 Not Modified whoever has it. A reader
// that sends no ETag back is told by the time alone, which what was taken away from a feed
// does not change.
func (d Document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", d.Type)
	h.Set("ETag", d.ETag)
	http.ServeContent(w, r, "", d.Modified, bytes.NewReader(d.Body))
}
