package sonify

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

const (
	maxVoices  = 160 // notes at once
	likeVoices = 96  // beyond so many a like is left out, so that a motif is not

	loud    = 2.5  // of notes, over their own levels
	clear6k = 6000 // hertz; partials end below
)

// mix is all that sounds.
type mix struct {
	voices []voice
	noise  *rand.Rand
	wind   [Channels]float64 // the state of the low-pass filter
	gust   float64           // level of the wind now
	glow   float64           // level of the tone of the riddle now
	tone   complex128
	peak   float64 // follower of the limiter
}

func newMix() mix {
	return mix{noise: rand.New(rand.NewPCG(1, 2)), gust: calm, tone: 1}
}

// voice is one note. Each partial is a number that turns and shrinks.
type voice struct {
	wait        int // frames until it begins
	age, attack int
	left        int // frames until it has faded
	pan         [Channels]float64
	now, turn   [4]complex128
	n           int
}

// play begins a note of a place after wait frames, if fewer than limit sound.
func (m *mix) play(p int, freq, level float64, wait, limit int) {
	if len(m.voices) >= limit {
		return
	}
	in := orchestra[p/registers]
	sum, longest := 0.0, 0.0
	for _, q := range in.partials {
		sum += q.level
		longest = max(longest, q.decay)
	}
	// The ear is less keen on low notes.
	level *= loud * math.Pow(freq/500, -.2)
	v := voice{wait: wait, attack: int(in.attack * Rate), left: int(7 * longest * Rate)} // to -60 dB
	angle := (pan(p) + 1) * math.Pi / 4
	v.pan = [Channels]float64{math.Cos(angle), math.Sin(angle)}
	for _, q := range in.partials {
		f := freq * q.ratio
		if f >= clear6k {
			continue
		}
		v.now[v.n] = complex(level*q.level/sum, 0)
		shrink := math.Exp(-1 / (q.decay * Rate))
		sin, cos := math.Sincos(2 * math.Pi * f / Rate)
		v.turn[v.n] = complex(shrink*cos, shrink*sin)
		v.n++
	}
	m.voices = append(m.voices, v)
}

// next is the next sample of a note.
func (v *voice) next() float64 {
	s := 0.0
	for i := range v.n {
		s += imag(v.now[i])
		v.now[i] *= v.turn[i]
	}
	if v.age < v.attack {
		s *= float64(v.age) / float64(v.attack)
	}
	v.age++
	v.left--
	return s
}

// The wind is noise below 500 Hz or so. Its levels are those of the noise before
// the filter, which takes away 12 dB.
const (
	calm  = .04
	storm = .4
)

// sound renders one step into out.
func (m *mix) sound(step int64, load int, out []byte) {
	var sum [frames][Channels]float64
	m.air(&sum, load)
	m.riddle(&sum, step)
	kept := m.voices[:0]
	for _, v := range m.voices {
		for i := min(v.wait, frames); i < frames && v.left > 0; i++ {
			s := v.next()
			sum[i][0] += s * v.pan[0]
			sum[i][1] += s * v.pan[1]
		}
		v.wait = max(v.wait-frames, 0)
		if v.left > 0 {
			kept = append(kept, v)
		}
	}
	m.voices = kept
	m.limit(&sum, out)
}

// air adds the wind, which follows the load within a second.
func (m *mix) air(sum *[frames][Channels]float64, load int) {
	target := calm + (storm-calm)*min(1, math.Log2(1+float64(load))/10) // a thousand pages are a storm
	for i := range sum {
		m.gust += (target - m.gust) / (Rate / 2)
		for c := range Channels {
			m.wind[c] += .12 * (m.gust*(2*m.noise.Float64()-1) - m.wind[c])
			sum[i][c] += m.wind[c]
		}
	}
}

// limit turns what sounds into samples, and turns it down where it would pass
// Ceiling: at once, and up again within half a second.
func (m *mix) limit(sum *[frames][Channels]float64, out []byte) {
	release := math.Exp(-1 / (.25 * Rate))
	for i, f := range sum {
		m.peak = max(m.peak*release, math.Abs(f[0]), math.Abs(f[1]))
		gain := 1.0
		if m.peak > Ceiling {
			gain = Ceiling / m.peak
		}
		for c := range Channels {
			binary.LittleEndian.PutUint16(out[(i*Channels+c)*2:], uint16(int16(math.Round(f[c]*gain*32767))))
		}
	}
}
