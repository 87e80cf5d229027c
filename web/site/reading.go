package site

import (
	"time"

	"collector/search"
	"collector/web/page/words"
)

// reading says in words how a query was understood; nothing of an empty one.
func (v *visit) reading(e search.Expr) words.Phrase {
	if e == nil {
		return nil
	}
	return v.said(e).And(words.Plain("."))
}

func (v *visit) said(e search.Expr) words.Phrase {
	strong := func(before, text string) words.Phrase { return words.Plain(before).And(words.Strong(text)) }
	switch e := e.(type) {
	case search.And:
		return v.joined(e, ", ")
	case search.Or:
		return v.joined(e, " or ")
	case search.Not:
		before := "without "
		switch e.Expr.(type) {
		case search.Field, search.Time:
			before = "not "
		}
		return words.Plain(before).And(v.said(e.Expr))
	case search.Word:
		return strong("the word ", string(e))
	case search.Prefix:
		return strong("a word that begins with ", string(e))
	case search.Phrase:
		return strong("the words ", e.String())
	case search.Field:
		return v.saidField(e)
	case search.Time:
		return v.saidTime(e)
	}
	return nil
}

func (v *visit) joined(parts []search.Expr, between string) words.Phrase {
	var out words.Phrase
	for i, part := range parts {
		if i > 0 {
			out = out.And(words.Plain(between))
		}
		said := v.said(part)
		if _, or := part.(search.Or); or {
			said = words.Plain("(").And(said, words.Plain(")"))
		}
		out = out.And(said)
	}
	return out
}

// saidField reads a field.
func (v *visit) saidField(f search.Field) words.Phrase {
	before := map[string]string{
		"in": "of ", "account": "of the account ", "by": "by ", "tag": "tagged ", "lang": "in language ", "kind": "of the kind ",
	}
	if f.Name == "is" {
		if search.FieldKey(f.Value) == "removed" {
			return words.Strong("taken back or gone")
		}
		return words.Strong("private")
	}
	value := f.Value
	if f.Name == "in" {
		value = v.service(search.FieldKey(f.Value)).Title
	}
	return words.Plain(before[f.Name]).And(words.Strong(value))
}

// saidTime reads a time: days of the calendar that likes are compared by, which is that
// of UTC.
func (v *visit) saidTime(t search.Time) words.Phrase {
	day := func(at time.Time) string { return words.Date(at, v.now.UTC()) }
	last := func(to time.Time) string { return day(to.Add(-time.Second)) }
	switch {
	case t.To.IsZero():
		return words.Plain("liked since ").And(words.Strong(day(t.From)))
	case t.From.IsZero():
		return words.Plain("liked up to ").And(words.Strong(last(t.To)))
	case t.From.AddDate(1, 0, 0).Equal(t.To):
		return words.Plain("liked in ").And(words.Strong(t.From.Format("2006")))
	case t.From.AddDate(0, 1, 0).Equal(t.To):
		return words.Plain("liked in ").And(words.Strong(t.From.Format("January 2006")))
	case day(t.From) == last(t.To):
		return words.Plain("liked on ").And(words.Strong(day(t.From)))
	}
	return words.Plain("liked from ").And(words.Strong(day(t.From)), words.Plain(" to "), words.Strong(last(t.To)))
}
