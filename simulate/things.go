package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// thing is a liked repository or post, invented from its number alone: nothing
// of it is kept.
type thing struct {
	author   human
	title    string // repositories: owner-less name
	text     string // plain text
	tags     []string
	language string // programming language, or BCP 47 tag of the text
	private  bool
	count    int // stars, favourites
}

// regulars is how many authors an account likes again and again.
const regulars = 24

// dice returns the chance that makes the thing k of an account.
func (s *Sim) dice(a *account, k uint32) *rand.Rand {
	return rand.New(rand.NewPCG(s.opt.Seed^uint64(a.index)<<32, uint64(k)))
}

// author returns who made the thing k: often one of a few.
func (s *Sim) author(a *account, k uint32, r *rand.Rand) human {
	n := uint64(k) + regulars
	if r.IntN(5) < 2 {
		n = rand.NewZipf(r, 1.2, 2, regulars-1).Uint64()
	}
	return s.person(uint64(a.index)*100_000_000 + n + 1)
}

// repository invents a repository. Its full name is its own: the name is
// different for each k of an account, the owner's login for each account.
func (s *Sim) repository(a *account, k uint32) thing {
	r := s.dice(a, k)
	t := thing{author: s.author(a, k, r)}
	adj, noun := s.words.adjectives, s.words.nouns
	combos := uint32(len(adj) * len(noun))
	mixed := uint32(uint64(k%combos) * 7919 % uint64(combos)) // 7919 is a prime, so each number comes once
	t.title = adj[mixed%uint32(len(adj))] + "-" + noun[mixed/uint32(len(adj))]
	if k >= combos {
		t.title += fmt.Sprintf("-%d", k/combos+1)
	}
	t.language = zipf(r, s.words.languages)
	t.tags = some(r, s.words.topics, r.IntN(5))
	t.text = fmt.Sprintf("%s %s that %s your %s", title(article(zipf(r, adj))), zipf(r, noun), zipf(r, s.words.verbs), zipf(r, noun))
	switch r.IntN(4) {
	case 0:
		t.text += ", written in " + t.language
	case 1:
		t.text += fmt.Sprintf(", with %s %s", article(zipf(r, adj)), zipf(r, noun))
	case 2:
		t.text += ". " + title(zipf(r, adj)) + " " + zipf(r, noun) + " included."
	}
	t.private = r.IntN(40) == 0
	t.count = int(rand.NewZipf(r, 1.3, 20, 90_000).Uint64())
	if a.spec.Nasty && k%8 == 3 {
		t.text = nasty(k) + t.text
	}
	return t
}

// nasty returns the beginning of a text that attacks who shows it.
func nasty(k uint32) string {
	texts := []string{
		"\x1b[2J\x1b]0;owned\x07", "=HYPERLINK(\"https://elsewhere.example\") ", "<script>alert(1)</script> ",
		"\u202egnp.exe ", "+1+1 ", "line one\r\nSet-Cookie: a=b ", "javascript:alert(1) ", "' OR 1=1; -- ",
		"\"><img src=x onerror=alert(1)> ", "</script><svg onload=alert(1)> ", "\" autofocus onfocus=alert(1) x=\" ",
	}
	return texts[int(k/8)%len(texts)]
}

func title(s string) string {
	if s == "" {
		return s
	}
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

// headline is what a text begins with, as the title of a video: as many words as 40
// characters have room for, and an ellipsis where there are more.
func headline(text string) string {
	const most = 40
	letters := []rune(text)
	if len(letters) <= most {
		return title(text)
	}
	start := string(letters[:most-1])
	if at := strings.LastIndexByte(start, ' '); at > 0 && letters[most-1] != ' ' {
		start = start[:at]
	}
	return title(strings.TrimRight(start, " .,:;")) + "…"
}

// article puts "a" or "an" before an English word.
func article(word string) string {
	if strings.ContainsAny(word[:1], "aeio") || strings.HasPrefix(word, "um") || strings.HasPrefix(word, "un") || strings.HasPrefix(word, "honest") {
		return "an " + word
	}
	return "a " + word
}
