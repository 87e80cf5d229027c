package sonifytest

import (
	"math"
	"testing"
)

// TestListening holds what listens to sounds that are known: a sine of half the level, noise
// elsewhere, letters.
func TestListening(t *testing.T) {
	const rate = 8000
	var sine []float64
	for i := range rate {
		sine = append(sine, .5*math.Sin(2*math.Pi*440*float64(i)/rate))
	}
	if got := Level(sine, rate, 440); math.Abs(got-.5) > .001 {
		t.Errorf("the sine is at %.4f, want 0.5", got)
	}
	if got := Level(sine, rate, 880); got > .001 {
		t.Errorf("its octave is at %.4f", got)
	}
	if got := DB(RMS(sine)); math.Abs(got+9.03) > .01 {
		t.Errorf("a sine of half the level is at %.2f dB, want -9.03", got)
	}
	if got := Samples([]byte{0, 0x80, 0, 0x40, 0, 0}); len(got) != 3 || got[0] != -1 || got[1] != .5 || got[2] != 0 {
		t.Error(got)
	}
	if got := Morse("# # #   ### ### ###   # # #       ### #   "); got != "SOS N" {
		t.Errorf("%q", got)
	}
	if Solves("SOS") || Solves("") {
		t.Error("anything solves the riddle")
	}
}
