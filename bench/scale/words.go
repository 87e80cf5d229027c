package scale

import (
	"math/rand/v2"
	"strings"
)

// vocabulary is how many words there are; how often each is used follows Zipf's
// law, as in texts of people.
const vocabulary = 100_000

// writer makes texts of Zipf words. The same seed gives the same texts.
type writer struct {
	rnd  *rand.Rand
	zipf *rand.Zipf
}

func newWriter(seed uint64) *writer {
	rnd := rand.New(rand.NewPCG(seed, 1))
	return &writer{rnd: rnd, zipf: rand.NewZipf(rnd, 1.1, 4, vocabulary-1)}
}

// text is so many words with blanks between them.
func (w *writer) text(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word(int(w.zipf.Uint64())))
	}
	return b.String()
}

// word is the word of a rank, 0 the most common one. Words of neighbouring ranks
// begin differently, so that a beginning covers common and rare words alike.
func word(rank int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	var b strings.Builder
	for n := rank + len(consonants)*len(vowels); n > 0; n /= len(consonants) * len(vowels) {
		s := n % (len(consonants) * len(vowels))
		b.WriteByte(consonants[s%len(consonants)])
		b.WriteByte(vowels[s/len(consonants)])
	}
	return b.String()
}
