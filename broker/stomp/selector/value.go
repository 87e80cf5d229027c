package selector

import (
	"strconv"
	"strings"
)

type valueKind int

const (
	unknown valueKind = iota // NULL of SQL
	boolean
	numeric
	characters // a string literal or a header
)

// value is what an expression comes to.
type value struct {
	kind valueKind
	b    bool
	n    float64
	s    string
}

// expression is a parsed part of a selector.
type expression func(Headers) value

func truth(b bool) value          { return value{kind: boolean, b: b} }
func constant(v value) expression { return func(Headers) value { return v } }

// truth reads a value as a condition: a header may say true or false.
func (v value) truth() value {
	if v.kind == characters {
		switch {
		case strings.EqualFold(v.s, "true"):
			return truth(true)
		case strings.EqualFold(v.s, "false"):
			return truth(false)
		}
	}
	if v.kind == boolean {
		return v
	}
	return value{}
}

// number reads a value as a number.
func (v value) number() (float64, bool) {
	switch v.kind {
	case numeric:
		return v.n, true
	case characters:
		n, err := strconv.ParseFloat(strings.TrimSpace(v.s), 64)
		return n, err == nil
	case unknown, boolean:
	}
	return 0, false
}

// compare is a comparison of two values. What cannot be compared is unknown: text is equal
// or not, and has no order unless both sides are numbers.
func compare(operator string, a, b value) value {
	if a.kind == unknown || b.kind == unknown {
		return value{}
	}
	equality := operator == "=" || operator == "<>"
	switch {
	case a.kind == boolean || b.kind == boolean:
		a, b = a.truth(), b.truth()
		if !equality || a.kind == unknown || b.kind == unknown {
			return value{}
		}
		return truth((a.b == b.b) == (operator == "="))
	case equality && a.kind == characters && b.kind == characters:
		return truth((a.s == b.s) == (operator == "="))
	}
	x, ok := a.number()
	y, also := b.number()
	if !ok || !also {
		return value{}
	}
	switch operator {
	case "=":
		return truth(x == y)
	case "<>":
		return truth(x != y)
	case "<":
		return truth(x < y)
	case "<=":
		return truth(x <= y)
	case ">":
		return truth(x > y)
	}
	return truth(x >= y)
}

// calculate is arithmetic of two values.
func calculate(operator string, a, b value) value {
	x, ok := a.number()
	y, also := b.number()
	if !ok || !also || operator == "/" && y == 0 {
		return value{}
	}
	switch operator {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	default:
		x /= y
	}
	return value{kind: numeric, n: x}
}

// not, and, or are those of three values.
func not(v value) value {
	v = v.truth()
	v.b = !v.b && v.kind == boolean
	return v
}

func and(a, b value) value {
	a, b = a.truth(), b.truth()
	switch {
	case a.kind == boolean && !a.b, b.kind == boolean && !b.b:
		return truth(false)
	case a.kind == unknown || b.kind == unknown:
		return value{}
	}
	return truth(true)
}

func or(a, b value) value { return not(and(not(a), not(b))) }
