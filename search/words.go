package search

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"collector/item"
)

// Fold makes texts that people take for the same equal: compatibility forms
// become plain ("ﬁ" is fi), upper case becomes lower, diacritics go ("é" is e).
// Folding twice changes nothing.
func Fold(text string) string {
	if ascii(text) {
		return strings.ToLower(text)
	}
	text = strings.ToValidUTF8(text, " ") // a broken byte would keep its neighbour from being decomposed
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r == '\u3099' || r == '\u309a': // Japanese voicing marks tell letters apart
		case unicode.Is(unicode.M, r):
			continue
		case r == 'ς':
			r = 'σ'
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return norm.NFKC.String(b.String())
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Words returns the folded words of a text: runs of letters and digits. Of
// scripts that are written without spaces every character is a word, so that a
// phrase finds any part of such a text. Every store indexes these words and
// nothing else, joined by spaces; a store's own tokenizer must only split at
// spaces (FTS5: tokenize = 'ascii'). Words of joined Words are the same words.
func Words(text string) []string {
	if ascii(text) {
		return plainWords(strings.ToLower(text))
	}
	folded := Fold(text)
	var words []string
	start := -1
	end := func(at int) {
		if start >= 0 {
			words = append(words, folded[start:at])
			start = -1
		}
	}
	for at, r := range folded {
		switch {
		case single(r):
			end(at)
			words = append(words, string(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if start < 0 {
				start = at
			}
		default:
			end(at)
		}
	}
	end(len(folded))
	return words
}

// plainWords are the words of a text of lower-case ASCII.
func plainWords(text string) []string {
	words := make([]string, 0, len(text)/6+1)
	start := -1
	for at := range len(text) {
		if c := text[at]; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			if start < 0 {
				start = at
			}
		} else if start >= 0 {
			words = append(words, text[start:at])
			start = -1
		}
	}
	if start >= 0 {
		words = append(words, text[start:])
	}
	return words
}

// single tells whether a character is a word of its own.
func single(r rune) bool {
	return r >= 0x0e00 && unicode.IsLetter(r) &&
		(r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
			unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// ItemWords returns the words under which an item is found: those of its title,
// text, author, tags and the host of its address, in this order.
func ItemWords(it item.Item) []string {
	words := append(Words(it.Title), Words(it.Text)...)
	words = append(words, Words(it.Author.Name)...)
	for _, tag := range it.Tags {
		words = append(words, Words(tag)...)
	}
	if u, err := url.Parse(it.URL); err == nil {
		words = append(words, Words(u.Hostname())...)
	}
	return words
}
