package search

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Problem says what in a query could not be understood. It fails nothing: what
// was understood is searched all the same.
type Problem struct {
	Offset int    // in bytes from the start of Text
	Text   string // the query as it was given
	Reason string // what is wrong and what would be right
}

// Error is the reason with its place, in one line.
func (p *Problem) Error() string {
	at := utf8.RuneCountInString(p.Text[:min(p.Offset, len(p.Text))]) + 1
	return fmt.Sprintf("character %d of the query: %s", at, p.Reason)
}

// Caret is the query with a caret below the mistake and the reason behind it,
// in two lines for a terminal. Control characters are shown as spaces.
func (p *Problem) Caret() string {
	plain := func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}
	columns := 0
	for _, r := range strings.Map(plain, p.Text[:min(p.Offset, len(p.Text))]) {
		switch kind := width.LookupRune(r).Kind(); {
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			columns += 2
		case !unicode.Is(unicode.Mn, r):
			columns++
		}
	}
	return strings.Map(plain, p.Text) + "\n" + strings.Repeat(" ", columns) + "^ " + strings.Map(plain, p.Reason)
}
