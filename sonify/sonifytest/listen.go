// Package sonifytest listens to sound for tests: how loud it is, at which pitch, and what is
// keyed in it.
package sonifytest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
)

// Samples are signed 16-bit samples, little-endian, as numbers from -1 to 1.
func Samples(pcm []byte) []float64 {
	out := make([]float64, len(pcm)/2)
	for i := range out {
		out[i] = float64(int16(binary.LittleEndian.Uint16(pcm[2*i:]))) / 32768
	}
	return out
}

// Level is how strong a frequency in hertz is in samples, rate of them a second (Goertzel's
// algorithm under a Hann window): of a sine that lasts it is the amplitude.
func Level(samples []float64, rate, freq float64) float64 {
	c := 2 * math.Cos(2*math.Pi*freq/rate)
	var a, b float64
	for i, x := range samples {
		hann := 1 - math.Cos(2*math.Pi*float64(i)/float64(len(samples)))
		a, b = x*hann+c*a-b, a
	}
	return 2 / float64(len(samples)) * math.Sqrt(max(0, a*a+b*b-c*a*b))
}

// RMS is the root of the mean square.
func RMS(samples []float64) float64 {
	sum := 0.0
	for _, x := range samples {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(samples)))
}

// DB is a level in decibels below full scale, at least -180.
func DB(level float64) float64 { return 20 * math.Log10(max(level, 1e-9)) }

// Morse reads what is keyed, a letter for each dot's time: # is on, a blank is off.
func Morse(keyed string) string {
	signs := strings.NewReplacer("###", "-", "#", ".", "       ", " / ", "   ", " ", " ", "").Replace(strings.TrimRight(keyed, " "))
	letters := map[string]string{"/": " "}
	for i, code := range strings.Fields(".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..") {
		letters[code] = string(rune('A' + i))
	}
	var text strings.Builder
	for _, code := range strings.Fields(signs) {
		text.WriteString(letters[code])
	}
	return text.String()
}

// Solves says whether a text is what is hidden in every sound, in capitals. The answer is
// not here, only its digest.
func Solves(text string) bool {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]) == "93cc6b2cceed5dbff64b04ab7636f5cfa7371624a93a7bcbdbe0fa174018b0fb"
}
