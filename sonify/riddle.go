package sonify

import (
	"math"
	"math/cmplx"
)

// riddle is what is hidden in the sound; docs/SOUND.md asks for it.
const riddle = "-. --- - .... .. -. --. / -.-- --- ..- / .-.. --- ...- . -.. / .. ... / .-.. --- ... -"

const (
	riddlePitch = 9000 // hertz, above all notes
	riddleLevel = .006 // -44 dBFS: to be seen rather than heard
)

// marks are the steps of the riddle in which its tone sounds.
var marks = signs(riddle)

// signs turns a text in Morse code into steps (ITU-R M.1677-1, section 2): a dash is
// as long as three dots, between signs is one, between letters three, between words
// seven. Fifteen part the end from the next beginning.
func signs(text string) []bool {
	var out []bool
	gap := func(n int) { out = append(out, make([]bool, n)...) }
	for _, r := range text {
		switch r {
		case '.':
			out = append(out, true, false)
		case '-':
			out = append(out, true, true, true, false)
		case ' ':
			gap(2)
		case '/':
			gap(2) // with the two blanks around it and what follows a sign: seven
		}
	}
	gap(14)
	return out
}

// riddle adds its tone, which swells and falls within some milliseconds.
func (m *mix) riddle(sum *[frames][Channels]float64, step int64) {
	target := 0.0
	if marks[step%int64(len(marks))] {
		target = riddleLevel
	}
	turn := cmplx.Rect(1, 2*math.Pi*riddlePitch/Rate)
	for i := range sum {
		m.glow += (target - m.glow) / (.004 * Rate)
		m.tone *= turn
		for c := range Channels {
			sum[i][c] += m.glow * imag(m.tone)
		}
	}
	m.tone /= complex(cmplx.Abs(m.tone), 0) // what rounding adds up to in a step
}
