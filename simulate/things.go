package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
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
	n := uint64(a.index)<<32 | uint64(k) + regulars
	if r.IntN(5) < 2 {
		n = uint64(a.index)<<32 | rand.NewZipf(r, 1.2, 2, regulars-1).Uint64()
	}
	return s.person(n + 1)
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
	t.text = fmt.Sprintf("A %s %s that %s your %s", zipf(r, adj), zipf(r, noun), zipf(r, s.words.verbs), zipf(r, noun))
	switch r.IntN(4) {
	case 0:
		t.text += ", written in " + t.language
	case 1:
		t.text += fmt.Sprintf(", with a %s %s", zipf(r, adj), zipf(r, noun))
	case 2:
		t.text += fmt.Sprintf(". %s %s included.", title(zipf(r, adj)), zipf(r, noun))
	}
	t.private = r.IntN(40) == 0
	t.count = int(rand.NewZipf(r, 1.3, 20, 90_000).Uint64())
	if a.spec.Nasty && k%8 == 3 {
		t.text = nasty(k) + t.text
	}
	return t
}

// post invents a short message.
func (s *Sim) post(a *account, k uint32) thing {
	r := s.dice(a, k)
	t := thing{author: s.author(a, k, r), language: "en"}
	adj, noun, verb := s.words.adjectives, s.words.nouns, s.words.verbs
	one := func() string { return zipf(r, adj) + " " + zipf(r, noun) }
	var lines []string
	for range 1 + r.IntN(3) {
		switch r.IntN(9) {
		case 0:
			lines = append(lines, fmt.Sprintf("Today I learned that a %s %s a %s.", one(), zipf(r, verb), one()))
		case 1:
			lines = append(lines, fmt.Sprintf("Does anybody know a %s that %s a %s?", one(), zipf(r, verb), zipf(r, noun)))
		case 2:
			lines = append(lines, fmt.Sprintf("New post: how my %s became %s.", zipf(r, noun), zipf(r, adj)))
		case 3:
			lines = append(lines, fmt.Sprintf("Unpopular opinion: every %s needs a %s.", zipf(r, noun), one()))
		case 4:
			lines = append(lines, fmt.Sprintf("%s, %s & a %s: what more do you want?", title(one()), zipf(r, noun), zipf(r, noun)))
		case 5:
			lines = append(lines, fmt.Sprintf("Spent the weekend with the %s. It %s now!", one(), zipf(r, verb)))
		case 6:
			t.language = "de"
			lines = append(lines, fmt.Sprintf("Schöne Grüße vom %s: es läuft wieder.", title(zipf(r, noun))))
		case 7:
			t.language = "es"
			lines = append(lines, fmt.Sprintf("¿Quién quiere un %s mañana?", zipf(r, noun)))
		default:
			lines = append(lines, fmt.Sprintf("Version %d.%d of %s is out, more %s than ever.", r.IntN(9), r.IntN(20), one(), zipf(r, adj)))
		}
	}
	t.text = strings.Join(lines, " ")
	t.tags = some(r, s.words.topics, r.IntN(4))
	t.private = r.IntN(60) == 0
	t.count = int(rand.NewZipf(r, 1.4, 8, 9_000).Uint64())
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
	}
	return texts[int(k/8)%len(texts)]
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
