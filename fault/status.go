package fault

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode"
)

// maxMessage is how much of a service's own words a Reason repeats, in runes.
const maxMessage = 300

// maxErrorBody is how much of an error's body is looked at, in bytes.
const maxErrorBody = 64 << 10

// FromStatus classifies a reply by its HTTP status alone (RFC 9110, RFC 6585,
// RFC 7725, and 520 to 530 as Cloudflare uses them). It returns nil for 200 to
// 299 and for 304. service is the name that stands in the text and the command
// that is proposed; body gives the service's own words, cut to 300 characters
// and without control characters. The words decide nothing: they are
// localised and change. What the status alone does not tell is for a
// connectors.Faulter.
func FromStatus(service string, status int, body []byte) *Error {
	e := &Error{Status: status, Whose: service}
	switch {
	case status >= 200 && status <= 299, status == http.StatusNotModified:
		return nil
	case status == http.StatusUnauthorized:
		e.Kind, e.Whose, e.Next = Unauthorized, "you", "sign in again: collector connect "+service
	case status == http.StatusForbidden, status == http.StatusPaymentRequired:
		e.Kind, e.Whose, e.Next = Forbidden, "you", "grant the missing permission at "+service+", then: collector connect "+service
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusUnavailableForLegalReasons:
		e.Kind, e.Next = Gone, "check that the account and its server still exist; collector accounts remove ends collecting"
	case status == http.StatusTooManyRequests:
		e.Kind, e.Next = RateLimited, "nothing: the collector waits and goes on"
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly,
		status == http.StatusMisdirectedRequest, status == http.StatusLocked,
		status >= 500 && status <= 599:
		e.Kind, e.Next = Temporary, "nothing: the collector tries again"
	case status == http.StatusProxyAuthRequired:
		e.Kind, e.Whose, e.Next = Temporary, "this server", "let the collector through the proxy"
	default: // a redirect that was not followed, or a request that the service does not understand
		e.Kind, e.Whose, e.Next = Malformed, "collector", "report it with the output of collector explain"
	}
	e.Reason = answered(service, status, body)
	return e
}

// answered is "github answered 404 Not Found: no such list".
func answered(service string, status int, body []byte) string {
	s := service + " answered " + strconv.Itoa(status)
	if text := http.StatusText(status); text != "" {
		s += " " + text
	}
	if m := Message(body); m != "" {
		s += ": " + m
	}
	return s
}

// Message returns a service's own words in an error body: the usual members of
// a JSON object, or the text itself; "a page of HTML" for markup. At most 300
// characters, one line, no control or formatting characters, and nothing that
// looks like a key.
func Message(body []byte) string {
	text := strings.TrimSpace(string(body[:min(len(body), maxErrorBody)]))
	switch {
	case text == "":
		return ""
	case text[0] == '<':
		return "a page of HTML"
	case text[0] == '{' || text[0] == '[':
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return "a body that is not JSON"
		}
		text = words(v, 0)
	}
	return scrub(text)
}

// words looks for a text in the members that services use for it.
func words(v any, depth int) string {
	if depth > 4 {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		if len(v) > 0 {
			return words(v[0], depth+1)
		}
	case map[string]any:
		var said []string
		for _, name := range []string{"error", "message", "error_description", "title", "detail", "error_message", "errors"} {
			if s := words(v[name], depth+1); s != "" && len(said) < 2 {
				said = append(said, s)
			}
		}
		return strings.Join(said, ": ")
	}
	return ""
}

// scrub makes one short line of s and hides what may be a key: 32 or more
// letters and digits in a row, both among them.
func scrub(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))), " ")
	var b strings.Builder
	for len(s) > 0 {
		n := strings.IndexFunc(s, func(r rune) bool { return !keyRune(r) })
		if n < 0 {
			n = len(s)
		}
		if run := s[:n]; n >= 32 && strings.ContainsAny(run, "0123456789") {
			b.WriteString("(removed)")
		} else {
			b.WriteString(run)
		}
		s = s[n:]
		other := strings.IndexFunc(s, keyRune)
		if other < 0 {
			other = len(s)
		}
		b.WriteString(s[:other])
		s = s[other:]
	}
	if r := []rune(b.String()); len(r) > maxMessage {
		return string(r[:maxMessage-1]) + "…"
	}
	return b.String()
}

func keyRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_' || r == '-'
}
