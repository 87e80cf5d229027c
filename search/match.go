package search

import (
	"slices"
	"strings"
	"time"

	"collector/item"
)

// Doc is what an expression is compared with.
type Doc struct {
	Words   []string // see ItemWords
	Service string
	Account string // name of the account
	Author  string
	Tags    []string
	Lang    string
	Kind    string
	Private bool
	Removed bool
	LikedAt time.Time
}

// DocOf returns the Doc of an item as it is stored: with a like time.
func DocOf(it item.Item, service, account string, removed bool) Doc {
	return Doc{
		Words:   ItemWords(it),
		Service: service, Account: account,
		Author: it.Author.Name, Tags: it.Tags, Lang: it.Language, Kind: it.Kind,
		Private: it.Private, Removed: removed, LikedAt: it.LikedAt,
	}
}

// Match tells whether a document matches an expression. It is the meaning of
// the grammar: what a store's index answers must be the same.
func Match(e Expr, d Doc) bool {
	switch e := e.(type) {
	case nil:
		return true
	case And:
		return !slices.ContainsFunc(e, func(part Expr) bool { return !Match(part, d) })
	case Or:
		return slices.ContainsFunc(e, func(part Expr) bool { return Match(part, d) })
	case Not:
		return !Match(e.Expr, d)
	case Word:
		return slices.Contains(d.Words, string(e))
	case Prefix:
		return slices.ContainsFunc(d.Words, func(w string) bool { return strings.HasPrefix(w, string(e)) })
	case Phrase:
		for i := range d.Words {
			if len(d.Words)-i >= len(e) && slices.Equal(d.Words[i:i+len(e)], e) {
				return true
			}
		}
		return len(e) == 0
	case Field:
		return d.field(e)
	case Time:
		return !d.LikedAt.Before(e.From) && (e.To.IsZero() || d.LikedAt.Before(e.To))
	}
	return false
}

func (d Doc) field(f Field) bool {
	want := FieldKey(f.Value)
	switch f.Name {
	case "in":
		return FieldKey(d.Service) == want
	case "account":
		return FieldKey(d.Account) == want
	case "by":
		return FieldKey(d.Author) == want
	case "tag":
		return slices.ContainsFunc(d.Tags, func(t string) bool { return FieldKey(t) == want })
	case "lang":
		return FieldKey(d.Lang) == want
	case "kind":
		return FieldKey(d.Kind) == want
	case "is":
		return want == "removed" && d.Removed || want == "private" && d.Private
	}
	return false
}

// FieldKey is the form in which values of fields are compared: folded, without
// the "@" before a name or the "#" before a tag.
func FieldKey(value string) string {
	return strings.TrimLeft(Fold(value), "@#")
}

// AsksRemoved tells whether an expression speaks of removed likes anywhere, so
// that they are searched too.
func AsksRemoved(e Expr) bool {
	switch e := e.(type) {
	case And:
		return slices.ContainsFunc(e, AsksRemoved)
	case Or:
		return slices.ContainsFunc(e, AsksRemoved)
	case Not:
		return AsksRemoved(e.Expr)
	case Field:
		return e.Name == "is" && FieldKey(e.Value) == "removed"
	}
	return false
}
