// Package search is the one query grammar of the program: the command line,
// the API, the pages and the feeds parse with it, and each store translates the
// parsed expression into its own index. A query that cannot be parsed names the
// place of the mistake and still searches for its plain words.
package search

import (
	"fmt"
	"time"
)

// Expr is one node of a parsed query: And, Or, Not, Word, Prefix, Phrase or
// Field or Time. A nil Expr matches everything. Its String is a query that
// parses to the same expression again.
type Expr interface {
	fmt.Stringer
	expr()
}

// And matches what all of its parts match.
type And []Expr

// Or matches what any of its parts matches.
type Or []Expr

// Not matches what its part does not match.
type Not struct{ Expr Expr }

// Word is one folded word (see Words).
type Word string

// Prefix is the folded beginning of a word, at least 2 characters: "raf*".
type Prefix string

// Phrase is folded words that follow each other: "consensus algorithm".
type Phrase []string

// Field compares a field: in:github (service), account:name, by:author,
// #tag, lang:go, kind:repository, is:removed, is:private.
type Field struct {
	Name  string // "in", "account", "by", "tag", "lang", "kind", "is"
	Value string // as written; compared without case
}

// Time compares the like time: From <= likedAt < To; a zero bound is open.
// Text is as written ("liked:>2025-01", "age:<30d") so that printing and
// parsing again gives the same query.
type Time struct {
	From, To time.Time
	Text     string
}

func (And) expr()    {}
func (Or) expr()     {}
func (Not) expr()    {}
func (Word) expr()   {}
func (Prefix) expr() {}
func (Phrase) expr() {}
func (Field) expr()  {}
func (Time) expr()   {}
