package search

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFound shows in brackets what a query looks for.
func TestFound(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"raft", "The Raft paper, rafting on a RAFT", "The [Raft] paper, rafting on a [RAFT]"},
		{"raft*", "The Raft paper, rafting on a craft", "The [Raft] paper, [rafting] on a craft"},
		{"go or gopher", "go-go Gopher", "[go]-[go] [Gopher]"},
		{"cafe", "Sin café, e\u0301 un cafe\u0301", "Sin [café], e\u0301 un [cafe\u0301]"},
		{"schöne", "“Schöne Grüße”, schone", "“[Schöne] Grüße”, [schone]"},
		{"grusse", "Grüße, Grüsse", "Grüße, [Grüsse]"}, // ß is a letter of its own
		{"fine", "a ﬁne day", "a [ﬁne] day"},
		{"1⁄2", "1½ and ½", "1½ and [½]"},
		{`"consensus algorithm"`, "A Consensus, algorithm; consensus", "A [Consensus, algorithm]; consensus"},
		{"東京", "東京都と京都、東", "[東京]都と京都、東"},
		{"ガラ", "カラ ｶﾞﾗ", "カラ [ｶﾞﾗ]"},
		{"각", "각 ㄱ", "[각] ㄱ"},
		{"raft -paper", "raft paper", "[raft] paper"},
		{"in:github by:raft #raft liked:2025", "raft github 2025", "raft github 2025"},
		{"raft", "\xffraft \xff", "\xff[raft] \xff"},
		{"", "nothing", "nothing"},
		{"x", "", ""},
	} {
		e, problem := Parse(c.query, time.Time{})
		if problem != nil {
			t.Fatalf("%q: %v", c.query, problem)
		}
		var b strings.Builder
		at := 0
		for _, s := range Found(e, c.text) {
			b.WriteString(c.text[at:s.From] + "[" + c.text[s.From:s.To] + "]")
			at = s.To
		}
		if b.WriteString(c.text[at:]); b.String() != c.want {
			t.Errorf("%s: %q, want %q", c.query, b.String(), c.want)
		}
	}
}

// placesAre holds that what is shown as found in a text is what the text is found by.
func placesAre(t *testing.T, text string) {
	t.Helper()
	var words []string
	at := 0
	for _, p := range places(text) {
		if p.From < 0 || p.To <= p.From || p.To > len(text) || p.From < at && p.To < at {
			t.Fatalf("%q: %q at %v", text, p.word, p.Span)
		}
		words, at = append(words, p.word), p.From
	}
	if want := Words(text); !slices.Equal(words, want) {
		t.Errorf("%q: the words %q are placed, want %q", text, words, want)
	}
}
