package recording

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	template  = regexp.MustCompile(`\{\{\s*(now|testStartDate)\b([^}]*)\}\}`)
	attribute = regexp.MustCompile(`(\w+)='([^']*)'`)
)

// At returns the exchange as it is answered at the time now: the date templates
// of WireMock mappings are filled in, everything else is as recorded.
func (e Exchange) At(now time.Time) (Exchange, error) {
	filled := e
	filled.Header = http.Header{}
	for name, values := range e.Header {
		for _, v := range values {
			s, err := fill(v, now)
			if err != nil {
				return e, fmt.Errorf("%s, header %s: %w", e.Name(), name, err)
			}
			filled.Header.Add(name, s)
		}
	}
	body, err := fill(string(e.Body), now)
	if err != nil {
		return e, fmt.Errorf("%s, body: %w", e.Name(), err)
	}
	filled.Body = []byte(body)
	return filled, nil
}

// fill replaces the templates of one text.
func fill(s string, now time.Time) (string, error) {
	var bad error
	out := template.ReplaceAllStringFunc(s, func(call string) string {
		at, layout := now, ""
		for _, a := range attribute.FindAllStringSubmatch(template.FindStringSubmatch(call)[2], -1) {
			switch a[1] {
			case "offset":
				shift, err := offset(a[2])
				if err != nil {
					bad = err
				}
				at = at.Add(shift)
			case "format":
				layout = a[2]
			}
		}
		switch {
		case layout == "unix":
			return strconv.FormatInt(at.Unix(), 10)
		case strings.HasPrefix(layout, "EEE, dd MMM yyyy HH:mm:ss"):
			return at.UTC().Format(http.TimeFormat)
		}
		bad = fmt.Errorf("the date format %q of %s is not known here", layout, call)
		return call
	})
	return out, bad
}

// offset reads "8 seconds".
func offset(s string) (time.Duration, error) {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(number)
	units := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	each, known := units[strings.TrimSuffix(unit, "s")]
	if err != nil || !known {
		return 0, fmt.Errorf("the offset %q is not a number and a unit", s)
	}
	return time.Duration(n) * each, nil
}
