// Package words writes numbers, times and collected texts as people read them, the same on
// every surface: "3,014", "2m ago", "1 network". What came from outside is made safe for a
// terminal by Plain and Line.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Plain makes text from outside safe to print at a terminal: control characters
// (ESC among them, which could move the cursor or retitle the window), invalid
// UTF-8 and the marks that reverse the direction of text are dropped. Line feeds
// and tabs stay.
func Plain(s string) string {
	clean := true
	for _, r := range s {
		if Unsafe(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if Unsafe(r) {
			return -1
		}
		return r
	}, s)
}

// Unsafe says whether a character could be obeyed by a terminal, or turns the text around.
func Unsafe(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r == utf8.RuneError, unicode.Is(unicode.Cc, r):
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return true // directional marks, embeddings, overrides and isolates
	case r == 0x2028 || r == 0x2029:
		return true // line and paragraph separators
	}
	return false
}

// Line is plain text on one line.
func Line(s string) string { return strings.Join(strings.Fields(Plain(s)), " ") }

// Short cuts a line to at most n characters.
func Short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// Count writes a number with its thousands: 3,014.
func Count(n int) string {
	s := strconv.Itoa(n)
	if n < 0 && n != math.MinInt { // of that the other sign cannot be written
		return "-" + Count(-n)
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Many writes a number and its noun.
func Many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + more
}

// List joins words as a sentence does: "a", "a and b", "a, b and c".
func List(of []string) string {
	switch len(of) {
	case 0:
		return ""
	case 1:
		return of[0]
	}
	return strings.Join(of[:len(of)-1], ", ") + " and " + of[len(of)-1]
}

// Bytes writes a size by its largest unit: 1.2 GB.
func Bytes(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	size := float64(n)
	for len(units) > 1 && size >= 1000 {
		size, units = size/1000, units[1:]
	}
	if units[0] == "bytes" {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " " + units[0]
}

// Ago says how long before now t was: "2m ago"; "-" for the zero time.
func Ago(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	d := now.Sub(t)
	if d < time.Second {
		return "now"
	}
	return Span(d) + " ago"
}

// Until says how long after now t is: "in 13m"; "now" when it is past.
func Until(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	if d := t.Sub(now); d >= time.Second {
		return "in " + Span(d)
	}
	return "now"
}

// Span writes a duration by its largest unit, two where the first is small.
func Span(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 10*time.Hour && int(d.Minutes())%60 != 0:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

// Clock writes a duration as a running clock: 00:13, 1:02:09.
func Clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// Stamp cuts a time to what JSON output carries: UTC, to the millisecond;
// nil for the zero time, so that it is null.
func Stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

// Percent of pages read; below 100 as long as one is missing. of is above 0.
func Percent(done, of int) string {
	p := 100 * done / of
	if done < of {
		p = min(p, 99)
	}
	return fmt.Sprintf("%d %%", min(p, 100))
}
