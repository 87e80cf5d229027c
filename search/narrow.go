package search

import (
	"slices"
	"time"
)

// Narrow returns the expression that also asks for a field's value, as one does who
// chooses "Go" beside what was found: Narrow(e, "lang", "Go"). The field "liked" takes
// a year, month or day. What is asked for already is not asked for twice. A nil e is
// everything; a value that no query can ask for leaves e as it is (see Askable).
func Narrow(e Expr, name, value string) Expr {
	one := asked(name, value)
	if one == nil {
		return e
	}
	parts, is := e.(And)
	if !is {
		parts = And{e}
	}
	if e != nil && slices.ContainsFunc(parts, func(part Expr) bool { return Same(part, one) }) {
		return e
	}
	return Both(e, one)
}

// Same tells whether two expressions ask for the same, however they are written: lang:go and
// lang:Go, liked:2025 and liked:2025-01..2025-12. What is made of parts is compared as it reads.
func Same(a, b Expr) bool {
	switch a := a.(type) {
	case Field:
		b, is := b.(Field)
		return is && a.Name == b.Name && FieldKey(a.Value) == FieldKey(b.Value)
	case Time:
		b, is := b.(Time)
		return is && a.From.Equal(b.From) && a.To.Equal(b.To)
	case Not:
		b, is := b.(Not)
		return is && Same(a.Expr, b.Expr)
	}
	return a.String() == b.String()
}

// Both returns the expression that asks for what each of two asks for. A nil one is
// everything.
func Both(a, b Expr) Expr {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	var out And
	for _, e := range []Expr{a, b} {
		if parts, is := e.(And); is {
			out = append(out, parts...)
		} else {
			out = append(out, e)
		}
	}
	return out
}

// Askable tells whether a query can ask for a field's value: a value may hold a quote,
// for which the grammar has no escape, or nothing that is compared.
func Askable(name, value string) bool { return asked(name, value) != nil }

// asked is the expression for a field's value, as it comes back from its own text; nil
// where it does not.
func asked(name, value string) Expr {
	if name == "liked" {
		e, bad := Parse("liked:"+value, time.Time{})
		if t, is := e.(Time); is && bad == nil {
			return t
		}
		return nil
	}
	f := Field{Name: name, Value: value}
	e, bad := Parse(f.String(), time.Time{})
	back, is := e.(Field)
	if !is || bad != nil || back.Name != f.Name || FieldKey(back.Value) != FieldKey(f.Value) {
		return nil
	}
	return back
}

// Looser is an expression that asks for less than the one it was made from.
type Looser struct {
	Expr    Expr
	Without Expr // the part that was left out
}

// Loosen leaves out one part of an expression at a time: what to try where nothing was
// found. Of an expression that is one part alone there is nothing to leave out.
func Loosen(e Expr) []Looser {
	parts, is := e.(And)
	if !is || len(parts) < 2 {
		return nil
	}
	var out []Looser
	for i, part := range parts {
		rest := slices.Delete(slices.Clone(parts), i, i+1)
		less := Looser{Expr: rest, Without: part}
		if len(rest) == 1 {
			less.Expr = rest[0]
		}
		out = append(out, less)
	}
	return out
}
