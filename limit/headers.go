package limit

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"collector/connectors"
)

// maxWait is the longest wait that is believed: 40 days. What is longer was
// written by a wrong clock or in another unit.
const maxWait = 40 * 24 * time.Hour

// ReadHeaders returns what the headers say of q, and whether they say anything.
// now is the time of the answer in the clock in which Usage.Reset is wanted: the
// server's.
// A value that cannot be read counts as missing: a quota is never taken as
// unlimited because a header was odd.
func ReadHeaders(h http.Header, q connectors.Quota, now time.Time) (Usage, bool) {
	var u Usage
	if n, ok := number(h, q.Report.Limit); ok && n > 0 {
		u.Limit = int(n)
	}
	if n, ok := number(h, q.Report.Remaining); ok && n >= 0 {
		left := int(n) // a fraction of a call is not a call
		u.Left = &left
	}
	if n, ok := number(h, q.Report.Used); ok && n >= 0 {
		used := int(n)
		u.Used = &used
	}
	if u.Limit == 0 && q.Report.Limit == "" && u.Left != nil && u.Used != nil {
		u.Limit = *u.Left + *u.Used
	}
	if text := value(h, q.Report.Reset); q.Report.Reset != "" && text != "" {
		u.Reset = reset(text, q.Report.Unit, now)
	}
	return u, u.Left != nil || u.Used != nil
}

// value is a header, or the parameter of one that follows a semicolon in name.
func value(h http.Header, name string) string {
	name, parameter, found := strings.Cut(name, ";")
	text := strings.TrimSpace(h.Get(name))
	if !found {
		return text
	}
	for part := range strings.SplitSeq(text, ";") {
		if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok && strings.EqualFold(k, parameter) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func number(h http.Header, name string) (float64, bool) {
	if name == "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(value(h, name), 64)
	return n, err == nil && n < 1e15 && n > -1e15 && n == n
}

// reset reads one reset header in the unit of its service; the zero time when
// it is unreadable or not within maxWait of now.
func reset(text string, unit connectors.ResetUnit, now time.Time) time.Time {
	var at time.Time
	t, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case unit == connectors.ISO8601 && err == nil:
		at = t
	default: // where ISO 8601 is the rule, too: Vimeo's documents have both
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n < 0 || n > 1e15 || n != n {
			return time.Time{}
		}
		switch {
		case unit == connectors.SecondsToGo:
			if n > maxWait.Seconds() {
				return time.Time{}
			}
			if !strings.Contains(text, ".") {
				n++ // cut to whole seconds
			}
			at = now.Add(time.Duration(n * float64(time.Second)))
		case n > 1e11: // milliseconds
			at = time.UnixMilli(int64(n))
		default:
			at = time.Unix(int64(n), 0)
		}
	}
	if at.Before(now.Add(-maxWait)) || at.After(now.Add(maxWait)) {
		return time.Time{}
	}
	return at.UTC()
}

// Asked is how a Retry-After header (RFC 9110, 10.2.3) was to be understood.
type Asked uint8

// What a Retry-After header said.
const (
	NotAsked   Asked = iota // there is none
	AskedTime               // a usable wait
	Unreadable              // negative, longer than 40 days, or not a number or date
)

// RetryAfter returns how long a reply asks to wait from its arrival: seconds
// (decimals allowed) or an HTTP date, which is compared with the reply's own
// Date header where there is one, so that a wrong local clock does no harm.
func RetryAfter(h http.Header, now time.Time) (time.Duration, Asked) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, NotAsked
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if n < 0 || n > maxWait.Seconds() || n != n {
			return 0, Unreadable
		}
		return time.Duration(n * float64(time.Second)), AskedTime
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, Unreadable
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	wait := at.Sub(now)
	if wait < 0 || wait > maxWait {
		return 0, Unreadable
	}
	return wait, AskedTime
}
