package site

import (
	"strings"
	"unicode/utf8"

	plain "collector/control/words"
	"collector/search"
)

// textRead is how far into a long text a page looks for what was searched, in bytes.
const textRead = 1 << 16

// excerpt is the part of a text that a page shows, so many letters: its beginning, or where what was searched
// for is neither in the title nor there, the part around the place where it first is, a fifth of
// it before that.
func excerpt(title, text string, shown int, e search.Expr) string {
	short := plain.Short(text, shown)
	if short == text || len(search.Found(e, title)) > 0 || len(search.Found(e, short)) > 0 {
		return short
	}
	read := text[:min(len(text), textRead)]
	found := search.Found(e, read)
	if len(found) == 0 {
		return short
	}
	from := found[0].From
	for range shown / 5 {
		_, n := utf8.DecodeLastRuneInString(read[:from])
		from -= n
	}
	if word := strings.IndexByte(read[from:found[0].From], ' '); word >= 0 { // not within a word
		from += word + 1
	}
	return "…" + plain.Short(text[from:], shown-1)
}
