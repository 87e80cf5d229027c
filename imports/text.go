package imports

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// text reads a part as UTF-8: a byte order mark tells UTF-8 and UTF-16, else the
// declared encoding counts, "" being UTF-8. What is no text becomes U+FFFD.
func text(r io.Reader, declared string) io.Reader {
	var e encoding.Encoding = unicode.UTF8
	if c := encodings()[strings.ToLower(declared)]; c != nil {
		e = c
	}
	return transform.NewReader(r, unicode.BOMOverride(e.NewDecoder()))
}

// encodings are those that old bookmark files declare.
func encodings() map[string]encoding.Encoding {
	return map[string]encoding.Encoding{
		"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1252": charmap.Windows1252,
		"iso-8859-1": charmap.Windows1252, "latin1": charmap.Windows1252, // as browsers take it (WHATWG Encoding, 4.2)
		"iso-8859-2": charmap.ISO8859_2, "iso-8859-15": charmap.ISO8859_15, "koi8-r": charmap.KOI8R,
	}
}

var charsetPattern = regexp.MustCompile(`(?i)charset\s*=\s*["']?([a-z0-9_-]+)`)

// declaredIn is the encoding that the head of an HTML file declares, "" for none.
func declaredIn(head string) (string, error) {
	m := charsetPattern.FindStringSubmatch(head)
	if m == nil || strings.EqualFold(m[1], "utf-8") || strings.EqualFold(m[1], "utf8") {
		return "", nil
	}
	name := strings.ToLower(m[1])
	if encodings()[name] == nil && !strings.HasPrefix(name, "utf-16") {
		return "", fmt.Errorf("it is written in %s, which is not read: save it as UTF-8", name)
	}
	return name, nil
}

// longestAddress of a web page, in bytes.
const longestAddress = 8 << 10

// address returns a web address, or why there is none: left where it is a reference
// of another kind (a bookmarklet, a page of the browser), err where it is broken.
func address(s string) (addr, left string, err error) {
	s = strings.TrimSpace(s)
	scheme, _, colon := strings.Cut(s, ":")
	switch scheme = strings.ToLower(scheme); {
	case s == "":
		return "", "", fmt.Errorf("there is no address")
	case colon && scheme != "http" && scheme != "https" && schemePattern.MatchString(scheme):
		return "", "no web page (" + scheme + ":)", nil
	case len(s) > longestAddress:
		return "", "", fmt.Errorf("the address is longer than %d bytes", longestAddress)
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", fmt.Errorf("the address is no web address")
	}
	return s, "", nil
}

var schemePattern = regexp.MustCompile(`^[a-z][a-z0-9+.-]{0,30}$`)

// tags brings tags into the form of an item's: lower case, each once.
func tags(words []string) []string {
	var out []string
	for _, w := range words {
		w = strings.ToLower(strings.Join(strings.Fields(w), " "))
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// oneLine is a title.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Years outside which a time is a mistake of whoever wrote it.
const (
	earliest = 1970
	latest   = 2200
)

// unix reads a time counted from 1970: in seconds, or in milli- or microseconds,
// which some browsers write; by its size it is plain which. Zero for none.
func unix(s string) time.Time {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	t := time.Unix(n, 0)
	switch {
	case n >= 1e14:
		t = time.UnixMicro(n)
	case n >= 1e11:
		t = time.UnixMilli(n)
	}
	return sane(t)
}

// stamp reads a time as Google and others write it. Zero for none.
func stamp(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return sane(t)
		}
	}
	return time.Time{}
}

func sane(t time.Time) time.Time {
	if y := t.UTC().Year(); y < earliest || y > latest {
		return time.Time{}
	}
	return t.UTC()
}
