package sonify

import "math"

// motifSteps is how long a motif takes; the same one of the same service does not
// begin again before.
const motifSteps = 10

// tone is one note of a motif.
type tone struct {
	step  int     // when it begins, in steps of the motif
	ratio float64 // to the lowest note of the service
	level float64
}

// motifs are figures that no run of likes makes: a tritone, a fall by a fifth.
var motifs = [kinds][]tone{
	Removal: {{0, 1, .06}, {2, 1. / 2, .08}},                                        // falls by an octave, softly
	Limit:   {{0, 1, .10}, {3, 2. / 3, .12}},                                        // a sigh: falls by a fifth
	Failure: {{0, 1, .12}, {1, math.Sqrt2, .12}, {2, 1, .12}, {3, math.Sqrt2, .12}}, // trembles by a tritone
	Call:    {{0, 1, .14}, {1, 1, .14}, {3, 3. / 2, .15}, {5, 2, .16}},              // knocks twice, then rises to the octave
}

// likes plays n likes that came in one step: one is a note, more are a run of up to
// three within the register, the louder the more there are.
func (m *mix) likes(p, n int) {
	level := .08 * (1 + .3*math.Log10(float64(n)))
	run := 1
	if n > 1 {
		run = 2
	}
	if n >= 10 {
		run = 3
	}
	for i := range run {
		m.play(p, note(register(p), i), level, i*frames/3, likeVoices)
	}
}

// motif plays the figure of a kind of event.
func (m *mix) motif(p int, k Kind) {
	for _, t := range motifs[k] {
		m.play(p, t.ratio*note(register(p), 0), t.level, t.step*frames, maxVoices)
	}
}
