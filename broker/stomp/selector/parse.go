package selector

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser reads a condition by descent, a function for each level of binding.
type parser struct {
	tokens []token
	next   int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != end {
		p.next++
	}
	return t
}

// accept takes the token if it is that operator or keyword.
func (p *parser) accept(what string) bool {
	ok := p.peek().is(what)
	if ok {
		p.next++
	}
	return ok
}

func (p *parser) unexpected(wanted string) error {
	t := p.peek()
	if t.kind == end {
		return fmt.Errorf("%w: it ends where %s should follow", ErrSyntax, wanted)
	}
	return fmt.Errorf("%w: %q at byte %d stands where %s should", ErrSyntax, t.text, t.at+1, wanted)
}

func (p *parser) expect(what string) error {
	if !p.accept(what) {
		return p.unexpected(what)
	}
	return nil
}

// deeper counts how far expressions stand in each other.
func (p *parser) deeper(read func() (expression, error)) (expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("%w: more than %d conditions stand in each other", ErrSyntax, maxDepth)
	}
	defer func() { p.depth-- }()
	return read()
}

// chain reads operands between operators of one level, which bind from the left.
func (p *parser) chain(operand func() (expression, error), combine func(operator string, a, b value) value, operators ...string) (expression, error) {
	left, err := operand()
	for err == nil {
		i := slices.IndexFunc(operators, p.accept)
		if i < 0 {
			return left, nil
		}
		var right expression
		if right, err = operand(); err == nil {
			a, b, operator := left, right, operators[i]
			left = func(h Headers) value { return combine(operator, a(h), b(h)) }
		}
	}
	return nil, err
}

func (p *parser) or() (expression, error) {
	return p.chain(p.and, func(_ string, a, b value) value { return or(a, b) }, "OR")
}

func (p *parser) and() (expression, error) {
	return p.chain(p.not, func(_ string, a, b value) value { return and(a, b) }, "AND")
}

func (p *parser) not() (expression, error) {
	if !p.accept("NOT") {
		return p.predicate()
	}
	e, err := p.deeper(p.not)
	return negated(e, err == nil), err
}

func negated(e expression, yes bool) expression {
	if !yes {
		return e
	}
	return func(h Headers) value { return not(e(h)) }
}

func (p *parser) predicate() (expression, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	for _, operator := range []string{"=", "<>", "<=", ">=", "<", ">"} {
		if p.accept(operator) {
			right, err := p.sum()
			return func(h Headers) value { return compare(operator, left(h), right(h)) }, err
		}
	}
	if p.accept("IS") {
		inverted := p.accept("NOT")
		return func(h Headers) value { return truth((left(h).kind == unknown) != inverted) }, p.expect("NULL")
	}
	inverted := p.accept("NOT")
	var e expression
	switch {
	case p.accept("BETWEEN"):
		e, err = p.between(left)
	case p.accept("IN"):
		e, err = p.in(left)
	case p.accept("LIKE"):
		e, err = p.like(left)
	case inverted:
		return nil, p.unexpected("BETWEEN, IN or LIKE")
	default:
		return left, nil
	}
	return negated(e, inverted && err == nil), err
}

func (p *parser) between(left expression) (expression, error) {
	low, err := p.sum()
	if err == nil {
		err = p.expect("AND")
	}
	if err != nil {
		return nil, err
	}
	high, err := p.sum()
	return func(h Headers) value {
		v := left(h)
		return and(compare(">=", v, low(h)), compare("<=", v, high(h)))
	}, err
}

func (p *parser) in(left expression) (expression, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var list []string
	for {
		s, err := p.literal()
		if err != nil {
			return nil, err
		}
		list = append(list, s)
		if p.accept(",") {
			continue
		}
		return func(h Headers) value {
			v := left(h)
			if v.kind != characters {
				return value{}
			}
			return truth(slices.Contains(list, v.s))
		}, p.expect(")")
	}
}

// like compiles a pattern, in which % is any text and _ any one character.
func (p *parser) like(left expression) (expression, error) {
	pattern, err := p.literal()
	if err != nil {
		return nil, err
	}
	escape := utf8.RuneError
	if p.accept("ESCAPE") {
		s, err := p.literal()
		if err != nil {
			return nil, err
		}
		if utf8.RuneCountInString(s) != 1 {
			return nil, fmt.Errorf("%w: ESCAPE wants one character", ErrSyntax)
		}
		escape, _ = utf8.DecodeRuneInString(s)
	}
	var b strings.Builder
	b.WriteString("(?s)^")
	literally := false
	for _, r := range pattern {
		switch {
		case !literally && r == escape:
			literally = true
			continue
		case !literally && r == '%':
			b.WriteString(".*")
		case !literally && r == '_':
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		literally = false
	}
	b.WriteByte('$')
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("%w: the pattern is too long", ErrSyntax)
	}
	return func(h Headers) value {
		v := left(h)
		if v.kind != characters {
			return value{}
		}
		return truth(re.MatchString(v.s))
	}, nil
}

// literal reads a string in single quotes.
func (p *parser) literal() (string, error) {
	if p.peek().kind != text {
		return "", p.unexpected("a text in single quotes")
	}
	return p.take().text, nil
}

func (p *parser) sum() (expression, error) { return p.chain(p.term, calculate, "+", "-") }

func (p *parser) term() (expression, error) { return p.chain(p.factor, calculate, "*", "/") }

func (p *parser) factor() (expression, error) {
	for _, s := range []string{"-", "+"} {
		if p.accept(s) {
			e, err := p.deeper(p.factor)
			return func(h Headers) value { return calculate(s, value{kind: numeric}, e(h)) }, err
		}
	}
	return p.primary()
}

// reserved are the words that are no names of headers unless they are quoted.
var reserved = []string{"AND", "OR", "NOT", "BETWEEN", "IN", "LIKE", "ESCAPE", "IS", "NULL"}

func (p *parser) primary() (expression, error) {
	t := p.peek()
	switch {
	case p.accept("("):
		e, err := p.deeper(p.or)
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case p.accept("TRUE"):
		return constant(truth(true)), nil
	case p.accept("FALSE"):
		return constant(truth(false)), nil
	case t.kind == text:
		p.take()
		return constant(value{kind: characters, s: t.text}), nil
	case t.kind == digits:
		p.take()
		n, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %s at byte %d is too large", ErrSyntax, t.text, t.at+1)
		}
		return constant(value{kind: numeric, n: n}), nil
	case t.kind == quoted, t.kind == word && !slices.ContainsFunc(reserved, t.is):
		p.take()
		return func(h Headers) value {
			if s, ok := h(t.text); ok {
				return value{kind: characters, s: s}
			}
			return value{}
		}, nil
	}
	return nil, p.unexpected("a header, a text, a number or a parenthesis")
}
