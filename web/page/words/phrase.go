package words

import (
	"strings"
	"time"
)

// Phrase is a sentence or two.
type Phrase []Part

// Part is a piece of a phrase.
type Part struct {
	Text string
	// Strong is what the eye should find first: the clock of a wait.
	Strong bool
	// At is the moment that Text names; zero where it names none.
	At time.Time
	// Code is text that is typed or was read as it stands: a query, a command.
	Code bool
}

// Plain is a phrase of one part without weight.
func Plain(text string) Phrase {
	if text == "" {
		return nil
	}
	return Phrase{{Text: text}}
}

// Strong is a phrase of one strong part.
func Strong(text string) Phrase { return Phrase{{Text: text, Strong: true}} }

// Code is a phrase of one part that is typed.
func Code(text string) Phrase { return Phrase{{Text: text, Code: true}} }

// Moment is a time in words, as a phrase of one part.
func Moment(at time.Time, text string) Phrase { return Phrase{{Text: text, At: at}} }

// And appends what follows, as it stands: who calls it adds the space.
func (p Phrase) And(more ...Phrase) Phrase {
	out := append(Phrase(nil), p...)
	for _, m := range more {
		out = append(out, m...)
	}
	return out
}

// String is the phrase without weight, for titles and terminals.
func (p Phrase) String() string {
	var b strings.Builder
	for _, part := range p {
		b.WriteString(part.Text)
	}
	return b.String()
}
