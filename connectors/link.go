package connectors

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"collector/fault"
)

// ErrForeignLink is the cause of the Malformed error of a paging link that
// leads to another origin. The walk is then stalled, not finished.
var ErrForeignLink = errors.New("stalled: next link leads to another host")

// Links reads the Link headers (RFC 8288, section 3) into relation -> target.
// Relations are in lower case; the first target of a relation wins, as
// the RFC asks for. A header that cannot be read is Malformed: a lost "next"
// would look like the end of the list. Commas inside targets and unquoted
// relations, both legal, are read as they stand.
func Links(h http.Header) (map[string]string, error) {
	out := map[string]string{}
	for _, line := range h.Values("Link") {
		rest := strings.TrimLeft(line, ", \t")
		for rest != "" {
			target, after, ok := strings.Cut(strings.TrimPrefix(rest, "<"), ">")
			if rest[0] != '<' || !ok {
				return nil, fault.New(fault.Malformed, "the reply's Link header cannot be read")
			}
			rels, after, ok := linkParams(after)
			if !ok {
				return nil, fault.New(fault.Malformed, "the reply's Link header cannot be read")
			}
			for _, rel := range strings.Fields(strings.ToLower(rels)) {
				if _, again := out[rel]; !again {
					out[rel] = strings.TrimSpace(target)
				}
			}
			rest = strings.TrimLeft(after, ", \t")
		}
	}
	return out, nil
}

// linkParams reads ";name=value" up to the comma that ends the link and returns
// the value of rel.
func linkParams(s string) (rel, rest string, ok bool) {
	found := false
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == ',' {
			return rel, s, true
		}
		if s[0] != ';' {
			return "", "", false
		}
		s = strings.TrimLeft(s[1:], " \t")
		end := strings.IndexAny(s, "=;,")
		if end < 0 {
			end = len(s)
		}
		name := strings.ToLower(strings.TrimSpace(s[:end]))
		s = s[end:]
		value := ""
		if strings.HasPrefix(s, "=") {
			if value, s, ok = linkValue(strings.TrimLeft(s[1:], " \t")); !ok {
				return "", "", false
			}
		}
		if name == "rel" && !found {
			rel, found = value, true
		}
	}
}

// linkValue reads a token or a quoted string.
func linkValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return strings.TrimSpace(s[:end]), s[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// Link returns the target of relation rel, or nil where the reply has none. Its
// origin must be one that the connector may ask (https at info.Hosts, or the
// account's own server), or the one that answered, which differs where the base
// address is overridden. Any other origin is a Malformed error that wraps
// ErrForeignLink. A target without origin is of the page's own.
func Link(info Info, q Query, r Reply, rel string) (*url.URL, error) {
	links, err := Links(r.Header)
	if err != nil {
		return nil, err
	}
	target, ok := links[strings.ToLower(rel)]
	if !ok {
		return nil, nil
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") {
		return nil, fault.New(fault.Malformed, "the reply's %s link is not an address", rel)
	}
	if u.Scheme == "" && u.Host == "" {
		return u, nil
	}
	if !slices.Contains(origins(info, q, r), origin(u)) {
		return nil, fault.New(fault.Malformed, "%w", ErrForeignLink)
	}
	return u, nil
}

// Follow is Link as a Cursor: the target's path and query, unchanged.
func Follow(info Info, q Query, r Reply, rel string) (Cursor, error) {
	u, err := Link(info, q, r, rel)
	if err != nil || u == nil {
		return "", err
	}
	return Opaque(u.RequestURI())
}

// MaxCursor is the longest cursor that is kept, in bytes.
const MaxCursor = 2048

// Opaque takes a service's own cursor as a Cursor. One that is longer than
// MaxCursor or holds control characters or spaces is Malformed.
func Opaque(s string) (Cursor, error) {
	if len(s) > MaxCursor || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f && !unicode.IsPrint(r) }) {
		return "", fault.New(fault.Malformed, "the reply's cursor is %d bytes long or not plain text", len(s))
	}
	return Cursor(s), nil
}

// Address is the inverse of Follow: the absolute address of a path cursor at
// origin. A cursor that would leave the origin is refused.
func Address(origin string, at Cursor) (string, error) {
	s := string(at)
	if _, err := url.Parse(s); err != nil || !strings.HasPrefix(s, "/") || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == '#' }) {
		return "", fault.New(fault.Bug, "the stored cursor is not a path")
	}
	return origin + s, nil
}

// origins are the origins that a paging link may name.
func origins(info Info, q Query, r Reply) []string {
	var out []string
	for _, h := range info.Hosts {
		out = append(out, "https://"+strings.ToLower(h))
	}
	for _, s := range []string{q.Server, r.Origin} {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			out = append(out, origin(u))
		}
	}
	return out
}

// origin is scheme://host[:port] in lower case, without a default port.
func origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	for _, d := range [][2]string{{"https", ":443"}, {"http", ":80"}} {
		if scheme == d[0] {
			host = strings.TrimSuffix(host, d[1])
		}
	}
	return scheme + "://" + host
}
