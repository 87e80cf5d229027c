package site

import (
	"strings"
	"unicode/utf8"

	plain "collector/control/words"
	"collector/search"
)

// How far into a long text a page looks for what was searched, and how many letters it shows
// before that.
const (
	textRead   = 1 << 16 // bytes
	textBefore = 80      // letters
)

// excerpt is the part of a text that a page shows: its beginning, or where what was searched
// for is neither in the title nor there, the part around the place where it first is.
func excerpt(title, text string, e search.Expr) string {
	short := plain.Short(text, textShown)
	if short == text || len(search.Found(e, title)) > 0 || len(search.Found(e, short)) > 0 {
		return short
	}
	read := text[:min(len(text), textRead)]
	found := search.Found(e, read)
	if len(found) == 0 {
		return short
	}
	from := found[0].From
	for range textBefore {
		_, n := utf8.DecodeLastRuneInString(read[:from])
		from -= n
	}
	if word := strings.IndexByte(read[from:found[0].From], ' '); word >= 0 { // not within a word
		from += word + 1
	}
	return "…" + plain.Short(text[from:], textShown-1)
}
