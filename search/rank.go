package search

import (
	"slices"
	"strings"
)

// Ranking tells how well items answer a query. The zero value ranks nothing.
//
// The score is of the item and the query alone, never of what else is stored, so
// that a list keeps its order while items come and go: page after page of it can
// be read, and two stores show the same.
type Ranking struct {
	terms [][]string // words and phrases that are asked for, each once
	line  []string   // all of them, one after the other
}

// What counts in a score.
const (
	inTitle = 6 // of each word or phrase that stands in the title
	inName  = 3 // of each other one that stands in a tag or in the author's name
	inOrder = 2 // where all of them, in the order of the query, stand in the title side by side
	whole   = 4 // where the title is made of them alone; less by the share of other words
)

// RankingOf returns the ranking of a query; ok is false where there is nothing to
// rank by: the query asks for no word and no phrase, or it holds a beginning of a
// word, which is for looking through what begins so.
func RankingOf(e Expr) (r Ranking, ok bool) {
	ok = r.gather(e) && len(r.terms) > 0
	return r, ok
}

// gather takes the words that are asked for; it is false where a beginning stands.
func (r *Ranking) gather(e Expr) bool {
	switch e := e.(type) {
	case And:
		return !slices.ContainsFunc(e, func(part Expr) bool { return !r.gather(part) })
	case Or:
		return !slices.ContainsFunc(e, func(part Expr) bool { return !r.gather(part) })
	case Not:
		return (&Ranking{}).gather(e.Expr)
	case Prefix:
		return false
	case Word:
		r.add([]string{string(e)})
	case Phrase:
		r.add(e)
	}
	return true
}

func (r *Ranking) add(term []string) {
	if len(term) > 0 && !slices.ContainsFunc(r.terms, func(t []string) bool { return slices.Equal(t, term) }) {
		r.terms, r.line = append(r.terms, term), append(r.line, term...)
	}
}

// Score says how well an item answers: the more, the better; 0 where no word of
// the query stands in its title, its tags or the name of its author.
func (r Ranking) Score(title, author string, tags []string) int {
	var words []string
	if r.Mentions(title) {
		words = Words(title)
	}
	var names [][]string
	for _, name := range append([]string{author}, tags...) {
		if r.Mentions(name) {
			names = append(names, Words(name))
		}
	}
	if words == nil && names == nil {
		return 0
	}
	score := 0
	covered := make([]bool, len(words))
	for _, term := range r.terms {
		switch at := index(words, term); {
		case at >= 0:
			score += inTitle
			for ; at >= 0 && at < len(words); at = next(words, term, at) {
				for i := range term {
					covered[at+i] = true
				}
			}
		case slices.ContainsFunc(names, func(n []string) bool { return index(n, term) >= 0 }):
			score += inName
		}
	}
	if n := count(covered); n > 0 {
		score += whole * n / len(words)
	}
	if len(r.terms) > 1 && index(words, r.line) >= 0 {
		score += inOrder
	}
	return score
}

// index is where a term begins among words, -1 if it does not stand there.
func index(words, term []string) int {
	for i := range len(words) - len(term) + 1 {
		if slices.Equal(words[i:i+len(term)], term) {
			return i
		}
	}
	return -1
}

// next is where a term begins again after a place, -1 if it does not.
func next(words, term []string, after int) int {
	if i := index(words[after+1:], term); i >= 0 {
		return after + 1 + i
	}
	return -1
}

func count(of []bool) int {
	n := 0
	for _, is := range of {
		if is {
			n++
		}
	}
	return n
}

// Mentions is false where no word of the query stands in a text. It is quick, and
// may be true where none does: a text beyond plain ASCII is not looked into.
func (r Ranking) Mentions(text string) bool {
	start := -1
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 0x80 || c == '\\': // to be folded, or an escape of JSON
			return true
		case '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			if start < 0 {
				start = i
			}
		case start >= 0:
			if r.asks(text[start:i]) {
				return true
			}
			start = -1
		}
	}
	return start >= 0 && r.asks(text[start:])
}

// asks tells whether an ASCII word, in any case, is one of the query's.
func (r Ranking) asks(word string) bool {
	for _, w := range r.line {
		if len(w) == len(word) && strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}
