package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Span is a piece of a text, text[From:To].
type Span struct{ From, To int } // bytes

// placed is a folded word and the piece of a text that it stands for.
type placed struct {
	word string
	Span
}

// places returns the Words of a text and where they stand in it. Words itself, which each item
// that is stored goes through, does without the places: three times as fast, and a test holds
// both to each other.
func places(text string) []placed {
	var words []placed
	var word []byte // the folded letters of the last word, while it goes on
	end := func() {
		if len(word) > 0 {
			words[len(words)-1].word = string(word)
			word = word[:0]
		}
	}
	add := func(letter string, of Span) {
		if len(word) == 0 {
			words = append(words, placed{Span: of})
		}
		word = append(word, letter...)
		words[len(words)-1].To = of.To
	}
	for at := 0; at < len(text); {
		of := Span{at, at + 1} // a letter with its diacritics, which are beyond ASCII
		if text[at] >= utf8.RuneSelf || of.To < len(text) && text[of.To] >= utf8.RuneSelf {
			of.To = at + max(1, norm.NFKC.NextBoundaryInString(text[at:], true))
		}
		at = of.To
		letters := Fold(text[of.From:of.To])
		for i, r := range letters {
			switch {
			case single(r):
				end()
				words = append(words, placed{string(r), of})
			case unicode.IsLetter(r) || unicode.IsNumber(r):
				add(letters[i:i+utf8.RuneLen(r)], of)
			default:
				end()
			}
		}
	}
	end()
	return words
}

// Found returns what of a text an expression looks for, in the order of the text and without
// overlap: its words, words that begin as it says, and phrases whole. Nothing is looked for
// behind a Not, nor in a text by a Field or a Time.
func Found(e Expr, text string) []Span {
	var spans []Span
	var words []placed
	find(e, func(long int, is func([]placed) bool) {
		if words == nil {
			words = places(text)
		}
		for i := 0; i+long <= len(words); i++ {
			if is(words[i : i+long]) {
				spans = append(spans, Span{words[i].From, words[i+long-1].To})
			}
		}
	})
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// find calls look with each thing that an expression looks for: how many words long it is,
// and whether so many words are it.
func find(e Expr, look func(long int, is func([]placed) bool)) {
	switch e := e.(type) {
	case And:
		for _, part := range e {
			find(part, look)
		}
	case Or:
		for _, part := range e {
			find(part, look)
		}
	case Word:
		look(1, func(at []placed) bool { return at[0].word == string(e) })
	case Prefix:
		look(1, func(at []placed) bool { return strings.HasPrefix(at[0].word, string(e)) })
	case Phrase:
		if len(e) > 0 {
			look(len(e), func(at []placed) bool {
				return slices.EqualFunc(at, e, func(p placed, word string) bool { return p.word == word })
			})
		}
	}
}
