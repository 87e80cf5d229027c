package trace

import (
	"time"
	"unicode/utf8"
	"unsafe"
)

// Kind is what a step did.
type Kind uint8

// The kinds, in the order in which a run mostly has them.
const (
	Claimed Kind = iota // the network was taken in hand
	Paced               // a call waited for its turn
	Asked               // a service was called
	Read                // its reply was understood
	Saved               // what was read was stored
	Removed             // likes were marked as gone
	Limited             // a quota ended the run
	Failed              // something else did
	Next                // the next run was planned
)

// String is the word for a kind.
func (k Kind) String() string {
	return [...]string{"claimed", "paced", "asked", "read", "saved", "removed", "limited", "failed", "next"}[k]
}

// Step is one step of a run. Of its fields those are set that its kind has.
type Step struct {
	Kind   Kind
	Status int16 // Asked: of the reply; 0: there was none

	At   time.Duration // when it began, since the run began
	Took time.Duration

	By   string        // Claimed: the instance
	Late time.Duration // Claimed: after its due time; below 0: it was not due yet, a person asked

	Rate float64 // Paced: calls a second that a quota allows

	What   string // Asked, Saved: what of, in words: "page 2"
	Method string // Asked
	Path   string // Asked: without host and query, which may hold more than is anybody's business
	Quota  *Quota // Asked: the tightest of those that were spent; nil: none is known

	Items, New, Changed int32 // Read: likes on the page; of them those that were not known, and those that look different now
	Gone                int32 // Read, Removed: likes that the service says are gone
	Bad                 int32 // Read: objects that could not be understood

	Text  string    // Failed, Limited: what happened; Next: why then
	Whose string    // Failed: whose fault it is
	Do    string    // Failed: the next step of a person
	Then  time.Time // Next: when it is; zero: never by itself
}

// Quota is what a call left of a quota.
type Quota struct {
	Name, Unit    string
	Before, After int // what was left; Before is -1 where nobody knew
	Of            int
}

// How long texts are kept, in bytes.
const (
	mostText = 500
	mostPath = 200
	mostWord = 100
)

// cut shortens the texts that others made.
func (s *Step) cut() {
	s.By, s.What, s.Method = short(s.By, mostWord), short(s.What, mostWord), short(s.Method, mostWord)
	s.Path = short(s.Path, mostPath)
	s.Text, s.Whose, s.Do = short(s.Text, mostText), short(s.Whose, mostText), short(s.Do, mostText)
}

// scrub takes secrets out of the texts that others made.
func (s *Step) scrub(clean func(string) string) {
	for _, text := range []*string{&s.What, &s.Path, &s.Text, &s.Whose, &s.Do} {
		*text = clean(*text)
	}
}

// short cuts a text to at most n bytes, between letters.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const dots = "…"
	n -= len(dots)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + dots
}

// beside is what a step takes in memory beside itself, in bytes, at most: texts may be shared.
func (s *Step) beside() int {
	n := len(s.By) + len(s.What) + len(s.Method) + len(s.Path) + len(s.Text) + len(s.Whose) + len(s.Do)
	if s.Quota != nil {
		n += int(unsafe.Sizeof(*s.Quota))
	}
	return n
}
