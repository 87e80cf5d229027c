package search

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"collector/item"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"Raft consensus, in Go!":    "raft consensus in go",
		"naïve CAFÉ Ångström":       "naive cafe angstrom",
		"e\u0301le\u0300ve":         "eleve",
		"ﬁne ①② x² ½":               "fine 12 x2 1 2",
		"İstanbul Straße ΣΊΣΥΦΟΣ ς": "istanbul straße σισυφοσ σ",
		"v1.2.3-rc_4":               "v1 2 3 rc 4",
		"日本語のテスト":                   "日 本 語 の テ ス ト",
		"データベース ﾃﾞｰﾀ":               "デ ー タ ベ ー ス デ ー タ",
		"go言語2026":                  "go 言 語 2026",
		"한국어 검색":                    "한국어 검색",
		"ภาษา":                      "ภ า ษ า",
		"हिन्दी":                    "हनद",
		"a\x00b\xffc\u200bd":        "a b c d",
		"👍 C++ C#":                  "c c",
		"@ada@social.example #raft": "ada social example raft",
		"Ꭰ ꭰ Ω ω":                   "ꭰ ꭰ ω ω",
	} {
		if got := strings.Join(Words(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// stable is what lets a store index joined words with a tokenizer of its own.
func stable(t interface{ Fatalf(string, ...any) }, text string) {
	words := Words(text)
	if again := Words(strings.Join(words, " ")); !slices.Equal(words, again) {
		t.Fatalf("%q: words %q, and of them %q", text, words, again)
	}
	for _, w := range words {
		if w == "" || strings.ContainsAny(w, " \"*()") {
			t.Fatalf("%q: the word %q", text, w)
		}
	}
	if once := Fold(text); Fold(once) != once {
		t.Fatalf("%q folds to %q and then to %q", text, once, Fold(once))
	}
}

func TestWordsOfWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { stable(t, rapid.String().Draw(t, "text")) })
}

func TestWordsOfEveryCharacter(t *testing.T) {
	var text strings.Builder
	for r := rune(0); r < 0xe0200; r++ {
		if r == 0x33400 {
			r = 0xe0000 // no characters are assigned between these, nor beyond the end but for private use
		}
		text.WriteString(string(r) + " a" + string(r) + "e ")
		if r%256 == 255 {
			stable(t, text.String())
			placesAre(t, text.String())
			text.Reset()
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Raft", "é", "e\u0301", "İ", "ﬁ", "日本", "ガ", "\u3099", "ς", "\xff", "1½", "각"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stable(t, text)
		placesAre(t, text)
	})
}

func TestItemWords(t *testing.T) {
	got := ItemWords(item.Item{
		ID: "secret", Title: "Raft in Go", Text: "A log", Author: item.Author{Name: "@ada@x.example", URL: "https://hidden.example"},
		Tags: []string{"distributed-systems"}, URL: "https://git.example:8080/path?q", Language: "go", Kind: "repository",
	})
	const want = "raft in go a log ada x example distributed systems git example"
	if list := strings.Join(got, " "); list != want {
		t.Errorf("%q, want %q", list, want)
	}
	if got := ItemWords(item.Item{URL: "::not an address"}); len(got) != 0 {
		t.Errorf("a broken address gives %q", got)
	}
}

func TestMatch(t *testing.T) {
	doc := DocOf(item.Item{
		Title: "Raft consensus", Text: "the paper", Author: item.Author{Name: "@Ada@social.example"}, Tags: []string{"go", "distributed systems"},
		Language: "Go", Kind: "repository", Private: true, LikedAt: time.Date(2025, time.February, 1, 0, 0, 0, 0, time.UTC), URL: "https://git.example/raft",
	}, "github", "Octo-Cat", false)
	for query, want := range map[string]bool{
		"":     true,
		"raft": true, "RÁFT": true, "paxos": false, "raf": false, "raf*": true, "pax*": false,
		"raft paper": true, "raft paxos": false, "raft or paxos": true, "paxos or zab": false,
		"-raft": false, "-paxos": true, "-(raft paxos)": true, "raft -(paxos or zab)": true,
		`"raft consensus"`: true, `"consensus raft"`: false, `"raft paper"`: false, "git.example": true,
		"in:github": true, "in:GitHub": true, "in:git": false, "account:octo-cat": true, "account:@octo-cat": true, "account:octo": false,
		"by:ada@social.example": true, "by:@ADA@social.example": true, "by:ada": false, "#go": true, `#"Distributed Systems"`: true, "#rust": false,
		"lang:go": true, "lang:g": false, "kind:Repository": true, "kind:post": false, "is:private": true, "is:removed": false, "-is:removed": true,
		"liked:2025-02": true, "liked:2025-01": false, "liked:>2025-01": true, "liked:<2025-02": false, "liked:<=2025-02-01": true,
		"liked:2024-12..2025-01": false, "liked:2025-01..2025-02": true, "liked:2025-02-01": true, "age:<30d": false, "age:>30d": true,
	} {
		e, problem := Parse(query, noon)
		if problem != nil {
			t.Errorf("%q: %v", query, problem)
		}
		if got := Match(e, doc); got != want {
			t.Errorf("%q matches: %v, want %v", query, got, want)
		}
	}
}

func TestAsksRemoved(t *testing.T) {
	for query, want := range map[string]bool{
		"": false, "removed": false, "is:private": false, "is:removed": true, "raft is:REMOVED": true,
		"raft or (log -is:removed)": true, "-(-is:removed)": true, "in:removed": false,
	} {
		e, _ := Parse(query, noon)
		if got := AsksRemoved(e); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}
