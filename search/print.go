package search

import "strings"

// String is the query that parses to e: parts one after the other.
func (e And) String() string {
	return join(e, " ", func(part Expr) bool { _, or := part.(Or); return or })
}

// String is the query that parses to e: parts with "or" between them.
func (e Or) String() string { return join(e, " or ", func(Expr) bool { return false }) }

func join(parts []Expr, between string, grouped func(Expr) bool) string {
	var out []string
	for _, part := range parts {
		s := part.String()
		if grouped(part) {
			s = "(" + s + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, between)
}

// String is the query that parses to e: a dash before its part.
func (e Not) String() string {
	switch part := e.Expr.(type) {
	case And, Or, Not:
		return "-(" + part.String() + ")"
	default:
		return "-" + part.String()
	}
}

// String is the word, in quotes where it would read as an operator.
func (e Word) String() string {
	if isOr(string(e)) {
		return quote(string(e))
	}
	return string(e)
}

// String is the beginning of the word with a star.
func (e Prefix) String() string { return string(e) + "*" }

// String is the words in quotes.
func (e Phrase) String() string { return quote(strings.Join(e, " ")) }

// String is name:value, or #tag.
func (e Field) String() string {
	value := e.Value
	if strings.ContainsFunc(value, delimits) {
		value = quote(value)
	}
	if e.Name == "tag" {
		return "#" + value
	}
	return e.Name + ":" + value
}

// String is the text as written.
func (e Time) String() string { return e.Text }

// quote needs no escapes: neither words nor values hold a quote.
func quote(s string) string { return `"` + s + `"` }
