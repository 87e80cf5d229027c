package search

import (
	"math/rand/v2"
	"strings"
)

// vocabulary is how many words there are.
const vocabulary = 100_000

// Shape of Zipf's law here: the word of rank k stands in a text in proportion to
// 1/(zipfShift+k)^zipfPower, rank 0 in half of the items.
const (
	zipfPower = 1.1
	zipfShift = 4
)

// writer makes texts of such words. The same seed gives the same texts.
type writer struct {
	rnd  *rand.Rand
	zipf *rand.Zipf
}

func newWriter(seed uint64) *writer {
	rnd := rand.New(rand.NewPCG(seed, 2))
	return &writer{rnd: rnd, zipf: rand.NewZipf(rnd, zipfPower, zipfShift, vocabulary-1)}
}

// text is so many words with blanks between them.
func (w *writer) text(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = word(int(w.zipf.Uint64()))
	}
	return strings.Join(words, " ")
}

// word is the word of a rank, 0 the most common one. It is made of syllables, so that
// beginnings of any length cover common and rare words alike.
func word(rank int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	const syllables = len(consonants) * len(vowels)
	var b strings.Builder
	for n := rank + syllables; n > 0; n /= syllables {
		b.WriteByte(consonants[n%syllables%len(consonants)])
		b.WriteByte(vowels[n%syllables/len(consonants)])
	}
	return b.String()
}
