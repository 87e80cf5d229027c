package search

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxDepth = 20  // parentheses within each other
	maxTerms = 200 // words and fields in one query
)

// Parse reads a query; now is what ages are counted from. Whatever the query
// is, the Expr holds all that could be understood of it, nil when that is
// nothing; Problem is the first mistake, nil if there is none.
//
//	query  = either { "or" either }
//	either = { [ "-" ] one }
//	one    = "(" query ")" | "#" value | name ":" value | `"` words `"` | beginning "*" | word
//	value  = characters | `"` characters `"`
func Parse(query string, now time.Time) (Expr, *Problem) {
	p := &parser{query: query, now: now.UTC().Truncate(time.Second)}
	e := p.either()
	if e == nil && p.problem == nil && strings.TrimSpace(query) != "" {
		p.mistake(0, "nothing to search for: write a letter or a digit")
	}
	return e, p.problem
}

type parser struct {
	query   string
	at      int // next byte to read
	now     time.Time
	depth   int
	terms   int
	problem *Problem
}

// mistake notes the first mistake.
func (p *parser) mistake(offset int, format string, a ...any) {
	if p.problem == nil {
		p.problem = &Problem{Offset: offset, Text: p.query, Reason: fmt.Sprintf(format, a...)}
	}
}

// either reads alternatives up to the end, or to the closing parenthesis.
func (p *parser) either() Expr {
	var parts Or
	for first := true; ; first = false {
		start := p.at
		e := p.both()
		if p.skip(); e == nil && (!first || p.atOr()) {
			p.mistake(start, "“or” needs something on both sides")
		}
		switch e := e.(type) {
		case nil:
		case Or:
			parts = append(parts, e...)
		default:
			parts = append(parts, e)
		}
		if !p.atOr() {
			break
		}
		p.at += len("or")
	}
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return parts
}

// both reads what has to match together.
func (p *parser) both() Expr {
	var parts And
	for p.skip(); !p.ended() && !p.atOr(); p.skip() {
		switch e := p.negatable().(type) {
		case nil:
		case And:
			parts = append(parts, e...)
		default:
			parts = append(parts, e)
		}
	}
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	return parts
}

// ended is true at the end of the query and of a group. A parenthesis that
// closes nothing is passed over.
func (p *parser) ended() bool {
	for p.depth == 0 && p.next() == ')' {
		p.mistake(p.at, "this parenthesis closes nothing")
		p.at++
		p.skip()
	}
	return p.at == len(p.query) || p.next() == ')'
}

func (p *parser) negatable() Expr {
	rest := p.query[p.at:]
	if len(rest) < 2 || rest[0] != '-' || rest[1] == '-' || rest[1] == ')' || space(rest[1:]) {
		return p.one()
	}
	p.at++
	if e := p.one(); e != nil {
		return Not{e}
	}
	return nil
}

func (p *parser) one() Expr {
	start := p.at
	switch p.next() {
	case '(':
		p.at++
		if p.depth == maxDepth {
			p.mistake(start, "more than %d parentheses within each other", maxDepth)
			return nil
		}
		p.depth++
		e := p.either()
		p.depth--
		if p.next() == ')' {
			p.at++
		} else {
			p.mistake(start, "this parenthesis is never closed")
		}
		return e
	case '"':
		return p.phrase(start, p.quoted())
	case '#':
		p.at++
		if value := p.value(); FieldKey(value) != "" {
			return p.field(start, "tag", value)
		}
		return nil
	}
	token := p.token()
	if name, value, ok := strings.Cut(token, ":"); ok && fieldName(name) {
		name = strings.ToLower(name)
		if known(name) {
			p.at = start + len(name) + 1
			return p.field(start, name, p.value())
		}
		if r, _ := utf8.DecodeRuneInString(value); unicode.IsLetter(r) || unicode.IsNumber(r) {
			p.mistake(start, "there is no field %s:, %s", name, instead(name))
		}
	}
	if beginning := strings.TrimRight(token, "*"); beginning != token {
		return p.prefix(start, beginning)
	}
	return p.phrase(start, token)
}

// phrase makes an expression of the words of a text.
func (p *parser) phrase(start int, text string) Expr {
	words := Words(text)
	if left := maxTerms - p.terms; len(words) > left {
		p.mistake(start, "more than %d words: the others are left out", maxTerms)
		words = words[:left]
	}
	p.terms += len(words)
	switch len(words) {
	case 0:
		return nil
	case 1:
		return Word(words[0])
	}
	return Phrase(words)
}

// prefix makes an expression of the beginning of a word. If it is several
// words, the last one is the beginning.
func (p *parser) prefix(start int, text string) Expr {
	words := Words(text)
	if len(words) == 0 {
		return nil
	}
	last := words[len(words)-1]
	r, size := utf8.DecodeRuneInString(last)
	switch {
	case size == len(last) && single(r): // its phrase finds every longer text
		return p.phrase(start, text)
	case size == len(last):
		p.mistake(start, "a star needs at least 2 characters before it")
		return p.phrase(start, text)
	case p.terms >= maxTerms:
		return p.phrase(start, text)
	}
	p.terms++
	before := p.phrase(start, strings.Join(words[:len(words)-1], " "))
	if before == nil {
		return Prefix(last)
	}
	return And{before, Prefix(last)}
}
