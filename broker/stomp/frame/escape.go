package frame

import "strings"

// unescape decodes the name or the value of a header (1.2, Value Encoding). An
// escape that the version does not define is an error.
func unescape(s string, v Version) (string, error) {
	at := strings.IndexByte(s, '\\')
	if at < 0 || v != V11 && v != V12 {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for at >= 0 {
		b.WriteString(s[:at])
		if at+1 == len(s) {
			return "", malformed("a header ends in a single backslash")
		}
		switch c := s[at+1]; {
		case c == 'n':
			b.WriteByte('\n')
		case c == 'c':
			b.WriteByte(':')
		case c == '\\':
			b.WriteByte('\\')
		case c == 'r' && v == V12:
			b.WriteByte('\r')
		default:
			return "", malformed("\\%c is no escape of STOMP %s", c, v)
		}
		s = s[at+2:]
		at = strings.IndexByte(s, '\\')
	}
	b.WriteString(s)
	return b.String(), nil
}

// appendEscaped is the reverse of unescape.
func appendEscaped(dst []byte, s string, v Version) []byte {
	if v != V11 && v != V12 || !strings.ContainsAny(s, "\\\n\r:") {
		return append(dst, s...)
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			dst = append(dst, `\\`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == ':':
			dst = append(dst, `\c`...)
		case c == '\r' && v == V12:
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// writable says whether a version can carry a header at all: without escapes a
// line end cannot stand in it, nor a colon in its name, and a NUL byte would end
// the frame for many a client.
func (h Header) writable(v Version) bool {
	if h.Name == "" || strings.IndexByte(h.Name, 0) >= 0 || strings.IndexByte(h.Value, 0) >= 0 {
		return false
	}
	switch v {
	case V12:
		return true
	case V11: // no escape for a carriage return, which at the end of a line could be taken for a part of it
		return !strings.HasSuffix(h.Value, "\r")
	case Unknown, V10:
	}
	return !strings.ContainsAny(h.Name, ":\r\n") && !strings.ContainsAny(h.Value, "\r\n")
}
