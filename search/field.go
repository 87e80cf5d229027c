package search

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const fieldList = "in: account: by: tag: lang: kind: is: liked: age:"

func known(name string) bool { return slices.Contains(strings.Fields(fieldList), name+":") }

// instead says what to write for a field that there is not: the field that has this
// name elsewhere, or all that there are.
func instead(name string) string {
	switch name {
	case "service", "source", "network", "site":
		return "write in:github"
	case "author", "user", "from", "owner":
		return "write by:ada"
	case "tags", "label", "topic", "hashtag":
		return "write #databases"
	case "language", "langs":
		return "write lang:go"
	case "type":
		return "write kind:repository"
	case "since", "after":
		return "write liked:>2025-01"
	case "until", "before":
		return "write liked:<2025-01"
	case "date", "year", "month", "created":
		return "write liked:2025"
	}
	return "only " + fieldList
}

// fieldName tells whether a text could name a field.
func fieldName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}

// field makes an expression of a known field. A value that says nothing is a
// mistake, and the field is left out.
func (p *parser) field(start int, name, value string) Expr {
	if p.terms == maxTerms {
		p.mistake(start, "more than %d words and fields: the others are left out", maxTerms)
		return nil
	}
	switch name {
	case "liked", "age":
		return p.time(start, name, strings.ToLower(value))
	case "tag":
		value = strings.TrimLeftFunc(value, func(r rune) bool { return r == '#' || unicode.IsSpace(r) })
	case "is":
		if !slices.Contains([]string{"removed", "private"}, FieldKey(value)) {
			p.mistake(start, "is: can be is:removed or is:private")
			return nil
		}
	}
	if FieldKey(value) == "" {
		p.mistake(start, "%s: needs a value right after it", name)
		return nil
	}
	p.terms++
	return Field{Name: name, Value: value}
}

// time makes an expression of liked: and age:.
func (p *parser) time(start int, name, value string) Expr {
	var from, to time.Time
	var ok bool
	var example string
	if name == "liked" {
		from, to, ok = likedRange(value)
		example = "liked:2025, liked:>2025-01, liked:<=2025-01-31 or liked:2025-01..2025-03"
	} else {
		from, to, ok = p.ageRange(value)
		example = "age:<30d or age:>1y (h, d, w, m, y)"
	}
	if !ok {
		p.mistake(start, "this is no time: write %s", example)
		return nil
	}
	if !to.IsZero() && !from.Before(to) {
		p.mistake(start, "this range ends before it begins")
		return nil
	}
	p.terms++
	return Time{From: from, To: to, Text: name + ":" + value}
}

// comparison splits ">=2025" into its operator and the rest.
func comparison(value string) (operator, rest string) {
	for _, operator := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(value, operator); ok {
			return operator, rest
		}
	}
	return "", value
}

// likedRange reads a comparison with, or a range of, years, months or days.
// A comparison is with the whole period: >2025 begins in 2026.
func likedRange(value string) (from, to time.Time, ok bool) {
	if first, last, isRange := strings.Cut(value, ".."); isRange {
		okFirst, okLast := first == "", last == ""
		if !okFirst {
			from, _, okFirst = period(first)
		}
		if !okLast {
			_, to, okLast = period(last)
		}
		return from, to, okFirst && okLast && value != ".."
	}
	operator, rest := comparison(value)
	begin, end, ok := period(rest)
	switch operator {
	case ">":
		return end, time.Time{}, ok
	case ">=":
		return begin, time.Time{}, ok
	case "<":
		return time.Time{}, begin, ok
	case "<=":
		return time.Time{}, end, ok
	}
	return begin, end, ok
}

// period reads a year, month or day and returns where it begins and ends.
func period(s string) (begin, end time.Time, ok bool) {
	for _, p := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {"2006-01-02", 0, 0, 1}} {
		if t, err := time.Parse(p.layout, s); err == nil && !t.Before(dawn()) {
			return t, t.AddDate(p.years, p.months, p.days), true
		}
	}
	return time.Time{}, time.Time{}, false
}

// dawn is before every like. Earlier years are no times, so that none is taken
// for a zero bound, which is open.
func dawn() time.Time { return time.Unix(0, 0).UTC() }

// ageRange reads how long ago something was liked.
func (p *parser) ageRange(value string) (from, to time.Time, ok bool) {
	operator, rest := comparison(value)
	if rest == "" || operator == "=" {
		return from, to, false
	}
	n, err := strconv.ParseUint(rest[:len(rest)-1], 10, 16)
	if err != nil {
		return from, to, false
	}
	count := int(n)
	t := p.now
	switch rest[len(rest)-1] {
	case 'h':
		t = t.Add(-time.Duration(count) * time.Hour)
	case 'd':
		t = t.AddDate(0, 0, -count)
	case 'w':
		t = t.AddDate(0, 0, -7*count)
	case 'm':
		t = t.AddDate(0, -count, 0)
	case 'y':
		t = t.AddDate(-count, 0, 0)
	default:
		return from, to, false
	}
	if t.Before(dawn()) {
		t = dawn()
	}
	if strings.HasPrefix(operator, ">") {
		return from, t, true
	}
	return t, to, true
}
