package sonify

import (
	"hash/fnv"
	"math"
	"slices"
)

// A place is a register and an instrument: registers of three neighbouring notes of
// the pentatonic scale, from C3 to C7, in which no two notes clash.
const (
	registers   = 7
	instruments = 4
	places      = registers * instruments
)

// known are the services by place. The order is that in which they came, so that
// none changes its sound: append only. The first seven differ in register and are
// those that most people have.
var known = []string{
	"github", "mastodon", "bluesky", "reddit", "youtube", "spotify", "twitter",
	"gitlab", "mastodon-bookmarks", "bluesky-bookmarks", "reddit-upvoted", "raindrop", "lastfm", "twitter-bookmarks",
	"gitea", "pinboard", "stackexchange", "forem", "huggingface", "subsonic", "gist",
	"vimeo",
}

// Known tells whether a service has a place of its own. Others share theirs with
// one of the known, chosen by the name.
func Known(service string) bool { return slices.Contains(known, service) }

// place is where a service sounds.
func place(service string) int {
	if i := slices.Index(known, service); i >= 0 {
		return i
	}
	h := fnv.New32a()
	h.Write([]byte(service))
	return int(h.Sum32() % places)
}

// register of a place, from 0, the lowest. Neighbours in known are far apart.
func register(p int) int { return p * 3 % registers }

// note is the frequency in hertz of one of the three notes of a register.
func note(register, degree int) float64 {
	n := 3*register + degree
	semitones := 12*(n/5) + []int{0, 2, 4, 7, 9}[n%5]
	return 130.8128 * math.Exp2(float64(semitones)/12) // from C3, equal temperament at A4 = 440 Hz
}

// instrument is a timbre: partials that ring out, each at its own rate.
type instrument struct {
	attack   float64 // seconds until the full level
	partials []partial
}

type partial struct {
	ratio float64 // of the frequency of the note
	level float64 // the levels of an instrument are scaled to a sum of 1
	decay float64 // seconds until 1/e of the level
}

// orchestra holds an instrument for every seven places.
var orchestra = [instruments]instrument{
	{0.003, []partial{{1, 1, .30}, {2, .5, .18}, {3, .25, .12}, {4, .12, .08}}},   // a plucked string
	{0.003, []partial{{1, 1, .40}, {2.756, .45, .25}, {5.404, .15, .12}}},         // a bell, whose partials are those of a bar
	{0.040, []partial{{1, .8, .30}, {3, .55, .28}, {5, .35, .22}, {7, .15, .16}}}, // a reed: odd partials only
	{0.015, []partial{{1, 1, .40}, {4, .30, .30}}},                                // a glass
}

// pan is where a place stands, from -0.6, left, to 0.6.
func pan(p int) float64 { return 0.2 * float64(p*2%registers-3) }
