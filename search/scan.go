package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// next is the next byte, 0 at the end.
func (p *parser) next() byte {
	if p.at == len(p.query) {
		return 0
	}
	return p.query[p.at]
}

func (p *parser) skip() {
	p.at = len(p.query) - len(strings.TrimLeftFunc(p.query[p.at:], unicode.IsSpace))
}

// atOr is true before the operator.
func (p *parser) atOr() bool {
	rest := p.query[p.at:]
	end := strings.IndexFunc(rest, delimits)
	if end < 0 {
		end = len(rest)
	}
	return isOr(rest[:end])
}

func isOr(token string) bool { return strings.EqualFold(token, "or") }

// token reads up to what delimits one.
func (p *parser) token() string {
	rest := p.query[p.at:]
	end := strings.IndexFunc(rest, delimits)
	if end < 0 {
		end = len(rest)
	}
	p.at += end
	return rest[:end]
}

// value reads the value of a field.
func (p *parser) value() string {
	if p.next() == '"' {
		return strings.TrimSpace(p.quoted())
	}
	return p.token()
}

// quoted reads what is between quotes; the end of the query closes them too.
func (p *parser) quoted() string {
	start := p.at
	text, rest, closed := strings.Cut(p.query[start+1:], `"`)
	if !closed {
		p.mistake(start, "this quote is never closed")
	}
	p.at = len(p.query) - len(rest)
	return text
}

func delimits(r rune) bool { return r == '(' || r == ')' || r == '"' || unicode.IsSpace(r) }

func space(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}
